-- A dry run of a channel program (`zfs program -n`) stops the pool for as long as it runs.
--
-- It changes nothing and waits for no txg. But it holds the config lock as reader all along,
-- and every txg, also one without any administration, takes that lock once as writer; and
-- behind the waiting writer queue all new readers. Half a minute of looking is half a minute
-- in which nothing reaches the disk and `zfs list` hangs, and nothing is wrong.
-- Source: OpenZFS module/zfs/zcp.c:zcp_eval_open, spa.c:spa_sync_upgrades.
machine { cores = 4, stop_at = "60s" }

local seconds = param("seconds", 30)
local per_call = param("per_call", false, { help = "take the lock for each call, as reads by ioctl do" })
local tank = pool "tank" { disks = 1, disk = "ssd" }
local vm = tank:filesystem "vm"
local config = tank:lock "dp_config"

local eval = syscall "zcp_eval_open" (function()
  if not per_call then config:read() end
  for _ = 1, seconds * 100 do
    if per_call then config:read() end
    compute "10ms"
    if per_call then config:unlock() end
  end
  if not per_call then config:unlock() end
end)
process "program" { at = "2s" } (function() eval() end)
process "app" { at = "3s" } (function() vm:write "1MiB" vm:fsync() end)
process "list" { at = "8s" } (function() sh "zfs list tank" end)

expect "the sync waits for the reader, and new readers for the sync" { at = "20s",
  verdict = "slow", root = "program", D = { "txg_sync", "app", "list" }, R = "program" }
expect "all end with it" { completes = { "program", "app", "list" } } (function(run)
  return run.processes.list.latency_ns > duration "23s", run.processes.list.latency_ns
end)
control "a-lock-for-each-call" { per_call = true }
expect "then nobody waits for more than a call" { on = "a-lock-for-each-call" } (function(run)
  return run.processes.list.latency_ns < duration "100ms" and run.processes.app.latency_ns < duration "1s", run.processes.list.latency_ns
end)
