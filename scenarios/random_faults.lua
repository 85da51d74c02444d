-- Five faults and nine commands at random times, on a pool of random make: it always comes to rest.
--
-- Each seed is another pool, other faults, another day: `txgsim run random_faults.lua --seed 7`. What
-- holds for all of them: once the faults are over and somebody types `zpool clear` now and then, nothing
-- is hung, nothing is dirty, and no command has been forgotten. A seed that ends otherwise is a find.
-- In every txg of every run the pool's sums are checked as well; a violation ends the program.
machine { cores = 2, stop_at = "5min" }

local dice = rng "dice"
local function any(list) return dice:pick(list) end
local function ms(first, last) return dice:integer(first, last) .. "ms" end

local layout = any { "stripe", "mirror", "raidz1" }
local tank = pool "tank" {
  disks = 4, layout = layout, width = layout == "mirror" and 2 or 0, disk = any { "nvme", "ssd", "hdd" },
  log = any { "none", "nvme" }, failmode = any { "wait", "continue" }, multihost = any { false, true },
  destroys = any { "one_by_one", "batched" }, dirty_data_max = any { "64MiB", "1GiB" },
  log_history = any { false, true },
}
local a = tank:filesystem "a" { used = "2GiB" }
local b = tank:filesystem "b" { used = "100MiB" }
for i = 1, 8 do a:snapshot("s" .. i) { used = "20MiB" } end

writers "big" { count = 3, rate = any { "20MB/s", "300MB/s" }, size = any { "1MiB", "64KiB" }, dataset = a,
  fsync_every = dice:integer(1, 6), stop_at = "60s" }
writers "small" { count = 2, rate = "3MB/s", size = "8KiB", dataset = b, fsync_every = dice:integer(0, 6), stop_at = "60s" }

for _ = 1, 5 do
  local one = "tank/disk" .. dice:integer(0, 3)
  local target = any { one, one, one, tank }
  local spec = { at = ms(1, 60000), lasting = ms(1, 20000) }
  local kind = any { "offline", "stall", "error", "slow" }
  spec[kind] = kind == "error" and { target, EIO } or kind == "slow" and { target, 20 } or target
  fault(spec)
end

local commands = {
  "zfs destroy tank/a@s1%s5", "zfs snapshot -r tank@x", "zfs rollback -r tank/a@s3", "zfs clone tank/a@s6 tank/c",
  "zfs promote tank/c", "zfs destroy -r tank/b", "zfs create -V 1G tank/v", "zpool scrub tank", "zpool scrub -s tank",
  "zpool wait tank", "zpool sync tank", "zpool status", "zpool list", "zpool offline tank disk1", "zpool offline tank disk2",
  "zpool online tank disk1", "zpool scrub -p tank", "zpool set failmode=continue tank", "zfs set sync=always tank/b",
}
for i = 1, 9 do
  local command = any(commands)
  process("admin" .. i) { at = ms(1, 60000) } (function() sh(command) end)
end
process "free" { at = "20s" } (function() a:free "1GiB" end)
-- Each by another: one that was typed too early waits for the pool himself.
for i = 1, 40 do
  process("oncall" .. i) { at = 5000 + 2500 * i .. "ms" } (function() sh "zpool clear tank" end)
end

job "prune" { at = ms(1, 50000), design = any { "ioctl", "callback", "channel_tx" } } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/a") do zfs.sync.destroy(snapshot) end
  zfs.sync.snapshot("tank/a@pruned")
end)

expect "all comes to rest" { verdict = "completed", hung = {} } (function(run)
  return run.pools.tank.dirty_bytes == 0 and not run.pools.tank.suspended, run.pools.tank.dirty_bytes
end)
