-- mount, umount and spa_sync wait for each other in a ring (H01).
--
-- umount holds the superblock and waits for a txg; mount holds the pool's config lock and
-- wants that superblock; the sync wants the config lock. All three are in D, and from then
-- on every `zfs list` joins them: a waiting writer shuts out new readers.
-- Source: openzfs/zfs #7598, #7659, #7691, #7693, fixed by ac09630d8b (2018).
machine { cores = 4 }

local drop_first = param("drop_first", false, { help = "mount drops the config lock before it looks up the superblock" })
local mounts = param("mounts", true)

local tank = pool "tank" { disks = 1, disk = "ssd" }
local cfg = tank:lock "dp_config"
local s_umount = rwsem "s_umount"

local umount = syscall "umount" (function()
  s_umount:write()
  sleep "2ms"                                   -- zil_commit, until it needs a txg
  tank:wait_synced()
  s_umount:unlock()
end)
local mount = syscall "mount" (function()
  cfg:read()
  compute "5us"
  if drop_first then cfg:unlock() end
  s_umount:write()                              -- sget()
  compute "5us"
  s_umount:unlock()
  if not drop_first then cfg:unlock() end
end)

process "umount" { at = "1s" } (function() umount() end)
if mounts then process "mount" { at = "1.001s" } (function() mount() end) end
process "zfs" { at = "2s" } (function() sh "zfs list tank" end)

expect "the ring" {
  verdict = "deadlock", cycle = { "txg_sync", "mount", "umount" },
  D = { "txg_sync", "mount", "umount", "zfs" }, detector = { "txg_sync", "mount", "umount", "zfs" }, freed_by = {},
}
control "no-mount" { mounts = false }
fix "drop-the-lock-first" { drop_first = true }
