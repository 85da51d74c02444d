-- A long channel program makes everybody wait, and nothing is wrong (H14).
--
-- The script runs inside txg_sync with the config lock as writer. From outside it looks like a
-- deadlock: `zfs list` and every writer in D. The difference is that the root runs and its
-- counter moves, so the verdict is "slow". The hung-task detector cannot tell: with a time-out
-- of 120 s it keeps silent for 30 s of script, may or may not report 200 s, and reports 300 s.
-- Source: openzfs/zfs #8904, 186898bbb5 (2019): since then a signal stops the script.
machine { cores = 4 }

local seconds = param("seconds", 30)
local interruptible = param("interruptible", true, { help = "the caller waits for its txg with TXG_WAIT_SIGNAL" })
local killed = param("killed", false)

local dp_config_rwlock = rrwlock "dp_config_rwlock" { track_all = true }
local dispatched = completion "dp_sync_tasks"
local synced = completion "tx_sync_done_cv"
local canceled = shared "canceled" { value = false }

kthread "txg_sync" (function()
  dispatched:wait()
  dp_config_rwlock:write()
  for _ = 1, seconds * 10 do
    if canceled:get() then break end            -- the hook, each 100 instructions
    compute "100ms"
    progress()
  end
  dp_config_rwlock:unlock()
  synced:complete_all()
end)

local channel_program = syscall "zfs_ioc_channel_program" (function()
  dispatched:complete()
  if interruptible then
    local ok, errno = pcall(function() synced:wait { wait = "S" } end)
    if ok then return end
    canceled:set(true)
    synced:wait()
    error(errno)
  end
  synced:wait()
end)
local list = syscall "zfs_ioc_dataset_list_next" (function() dp_config_rwlock:read() compute "10us" dp_config_rwlock:unlock() end)
local write = syscall "write" (function() synced:wait() end)

process "program" { at = "1s" } (function() channel_program() end)
process "list" { at = "2s" } (function() list() end)
process "writer" { at = "2s" } (function() write() end)
if killed then fault { at = "5s", kill = "program" } end

expect "slow, with a root that runs" { on = { "base", "200s", "300s" }, at = "20s",
  verdict = "slow", root = "txg_sync", D = { "list", "writer" }, S = "program", R = "txg_sync" }
expect "nobody is reported within the time-out" { detector = {} }
expect "all end" { on = { "base", "200s", "300s" }, verdict = "completed", completes = { "program", "list", "writer" } }
variant "200s" { seconds = 200 }
variant "300s" { seconds = 300 }
expect "beyond twice the time-out they are certainly reported, though nothing is wrong" { on = "300s", detector = { "list", "writer" } }

variant "before-2019" { interruptible = false, killed = true }
expect "SIGKILL is ignored, and the script runs to its end" { on = "before-2019", D = "program", at = "20s", verdict = "slow" }
expect "the script is not cut short" { on = "before-2019" } (function(run)
  return run.processes.program.kill_to_exit_ns > duration "25s", run.processes.program.kill_to_exit_ns
end)
variant "killed" { killed = true }
expect "a signal stops the script at its next instructions" { on = "killed", verdict = "completed" } (function(run)
  return run.processes.program.kill_to_exit_ns < duration "1s", run.processes.program.kill_to_exit_ns
end)
