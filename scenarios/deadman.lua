-- A completion that was lost, under the three modes of the deadman.
--
-- The I/O is done on the disk and nobody was told: to the pool it is under way for ever.
-- wait, the default, writes an event after 10 minutes and another one each minute, and that
-- is all. continue begins the I/O anew, which heals this and nothing else: a disk that answers
-- nothing stays silent. panic stops the machine. Here the times are a tenth of the defaults.
machine { cores = 2 }

local mode = param("mode", "wait", { choices = { "wait", "continue", "panic" } })
local fault_kind = param("fault", "lose", { choices = { "lose", "stall" } })
local tank = pool "tank" {
  disks = 1, disk = "ssd", zfs_deadman_failmode = mode,
  zfs_deadman_synctime_ms = "60s", zfs_deadman_ziotime_ms = "30s", zfs_deadman_checktime_ms = "6s",
}
local vm = tank:filesystem "vm"

if fault_kind == "lose" then
  fault { at = "1s", lose = tank }
else
  fault { at = "1s", stall = tank }
end
process "app" { at = "2s" } (function() vm:write "1MiB" vm:fsync() end)

expect "wait: events, and nothing else" { at = "100s",
  verdict = "lost_event", D = { "app", "txg_sync" }, not_freed_by = { "kill app", "zpool clear tank" }, freed_by = "complete tank",
} (function(run)
  local events = run.pools.tank.events
  local first = events[1]
  return first.kind == "deadman" and first.at_ns > duration "32s" and first.at_ns < duration "33s" and #events > 10, first.at_ns
end)
-- A thread in zio_wait looks again each checktime: from the first look on the detector takes it for alive.
expect "the hung-task detector sees the victim, and not the thread that waits for the disk" { at = "400s", detector = "app" }

variant "continue" { mode = "continue" }
expect "continue: what was lost is begun anew" { on = "continue", verdict = "completed", completes = "app" } (function(run)
  return run.processes.app.latency_ns > duration "30s" and run.processes.app.latency_ns < duration "31s", run.processes.app.latency_ns
end)
variant "panic" { mode = "panic" }
expect "panic: the machine stops" { on = "panic", verdict = "external", root = "machine" } (function(run)
  return run.halted.kind == "panic" and run.halted.at_ns < duration "33s", run.halted.at_ns
end)
variant "continue-with-a-silent-disk" { mode = "continue", fault = "stall" }
expect "continue does not help against a silent disk" { on = "continue-with-a-silent-disk", at = "100s",
  verdict = "external", root = "tank", D = { "app", "txg_sync" }, freed_by = "complete tank" }
