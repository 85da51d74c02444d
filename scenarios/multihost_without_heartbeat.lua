-- With multihost a pool that cannot write its heartbeat suspends itself.
--
-- Each second each disk gets an uberblock that says: this host has the pool. If none gets through for ten, an
-- other host may by then have imported it, so this one must stop: after a stall of 30 s the
-- disks answer again, and the pool is suspended all the same until somebody types `zpool
-- clear`. Without multihost the same stall is just that. Where another host has taken the pool
-- meanwhile, clear refuses (EREMOTEIO), and who waits here waits for ever.
machine { cores = 2 }

local multihost = param("multihost", true)
local stall = param("stall", "30s")
local taken = param("taken", false, { help = "another host imports the pool" })
local tank = pool "tank" { disks = 2, disk = "ssd", multihost = multihost }
local vm = tank:filesystem "vm"

fault { at = "10s", stall = tank, lasting = stall }
if taken then fault { at = "25s", other_host = tank } end
process "app" { at = "60s" } (function() vm:write "1MiB" mark("written", now()) end)
operator "oncall" { at = "120s" } (function() sh "zpool clear tank" end)

expect "the disks are back, the pool is not" { at = "100s", verdict = "external", root = "tank", D = "app", freed_by = "zpool clear tank" }
  (function(run)
    local event = run.pools.tank.events[1]
    return run.pools.tank.suspended and event.kind == "io_failure" and event.at_ns > duration "19s" and event.at_ns < duration "21s", event.at_ns
  end)
expect "clear brings it back" { completes = { "app", "oncall" } }
variant "taken" { taken = true }
expect "clear does not bring back what another host has" { on = "taken", at = "150s", verdict = "external", root = "tank", D = "app", completes = "oncall" }
  (function(run) return run.pools.tank.suspended end)
control "without-multihost" { multihost = false }
control "a-shorter-stall" { stall = "8s" }
expect "otherwise nobody notices" { on = { "without-multihost", "a-shorter-stall" } } (function(run)
  return run.processes.app.latency_ns < duration "1s", run.processes.app.latency_ns
end)
