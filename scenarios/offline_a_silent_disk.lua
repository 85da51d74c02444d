-- A disk of a mirror answers nothing. Taking it offline does not help, and makes it worse.
--
-- An I/O that a disk has holds SCL_ZIO as reader until the disk answers. `zpool offline` wants it as
-- writer, so it waits for the very I/O that it was typed to get rid of, in D; and from then on
-- whoever reads waits behind it, although the other disk would serve him. `zpool clear` is no
-- better. What helps is to pull the disk: then it fails, which a mirror survives, and all that was
-- typed meanwhile ends.
-- Source: OpenZFS module/zfs/spa_misc.c:spa_vdev_state_enter, zio.c:zio_vdev_io_start.
machine { cores = 2, stop_at = "5min" }

local typed = param("typed", "zpool offline tank disk1", { choices = { "zpool offline tank disk1", "zpool clear tank", "nothing" } })
local pulled = param("pulled", false, { help = "the disk is pulled out at 90 s" })
local tank = pool "tank" { disks = 2, layout = "mirror", disk = "ssd" }
local vm = tank:filesystem "vm"

fault { at = "10s", stall = "tank/disk1" }
if pulled then fault { at = "90s", offline = "tank/disk1" } end
process "zfs" { at = "20s" } (function() sh "zfs snapshot tank/vm@a" end)
process "early" { at = "30s" } (function() vm:read "128KiB" end)
if typed ~= "nothing" then operator "oncall" { at = "60s" } (function() mark("exit", sh(typed)) end) end
process "late" { at = "70s" } (function() vm:read "128KiB" end)

local stuck = { "base", "clear" }
expect "a read is served by the other disk, until somebody does something about the first" { on = stuck,
  completes = "early", within = "10ms", D = { "txg_sync", "zfs", "oncall", "late" }, hung = { "zfs", "oncall", "late" },
  verdict = "external", root = "tank", not_freed_by = { "kill oncall" }, freed_by = "complete tank" }
variant "clear" { typed = "zpool clear tank" }
variant "nothing-typed" { typed = "nothing" }
expect "left alone, the pool reads on" { on = "nothing-typed", completes = "late", within = "10ms", D = { "txg_sync", "zfs" } }
variant "pulled" { pulled = true }
variant "pulled-after-clear" { pulled = true, typed = "zpool clear tank" }
expect "pulled out, it fails, and everybody goes on" { on = { "pulled", "pulled-after-clear" },
  verdict = "completed", completes = { "zfs", "oncall", "late" } } (function(run)
  return run.marks.exit[1].value == 0 and run.processes.late.latency_ns > duration "19s", run.processes.late.latency_ns
end)
