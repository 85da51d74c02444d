-- A mirror has a silent disk, somebody attaches a new one, and no pool can be administered any more.
--
-- Until then the pool was stuck for those who wanted a txg of it, and for nobody else: `zpool
-- status` showed it, other pools did not know. `zpool attach` takes spa_namespace_lock and then wants all
-- configuration locks as writer, the first of which txg_sync holds until its disk answers. From then
-- on every command on every pool waits behind the cure.
-- Source: OpenZFS module/zfs/spa_misc.c:spa_vdev_enter, spa.c:spa_vdev_attach.
machine { cores = 2, stop_at = "5min" }

local attach = param("attach", true)
local kind = param("kind", "silent", { choices = { "silent", "gone" }, help = "what is the matter with the disk" })
local tank = pool "tank" { disks = 2, layout = "mirror", disk = "ssd" }
local other = pool "other" { disks = 1, disk = "ssd" }
tank:filesystem "vm"

fault(kind == "silent" and { at = "10s", stall = "tank/disk1" } or { at = "10s", offline = "tank/disk1" })
process "zfs" { at = "20s" } (function() sh "zfs snapshot tank/vm@a" end)
process "look" { at = "40s" } (function() mark("look", sh "zpool status tank") end)
if attach then operator "oncall" { at = "60s" } (function() sh "zpool attach tank disk0 disk2" end) end
process "status" { at = "70s" } (function() sh "zpool status tank" end)
process "neighbour" { at = "71s" } (function() sh "zfs snapshot other@a" end)

expect "the pool hangs, and can be looked at" { on = { "base", "nothing-typed" }, at = "59s", D = { "zfs", "tank/txg_sync" },
  verdict = "external", root = "tank" } (function(run) return run.marks.look[1].value == 0 end)
expect "after the attach nobody can even look, at any pool" {
  verdict = "external", root = "tank", D = { "zfs", "oncall", "status", "neighbour" },
  hung = { "zfs", "oncall", "status", "neighbour" }, freed_by = "complete tank", not_freed_by = { "kill oncall" } }
variant "nothing-typed" { attach = false }
expect "without it the others go on" { on = "nothing-typed", completes = { "status", "neighbour" }, hung = "zfs" }
control "gone" { kind = "gone" }
expect "a disk that is gone keeps nobody" { on = "gone", completes = { "zfs", "oncall", "status", "neighbour" } }
