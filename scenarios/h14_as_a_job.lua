-- A long channel program makes everybody wait (H14), as a job under the design `program`.
--
--   txgsim run h14_as_a_job.lua --arms
--
-- The same picture as in h14_long_channel_program.lua, with the pool's own threads: the program
-- runs on txg_sync with the config lock as writer, `zfs list` and fsync wait in D, the caller in
-- S. A signal stops the program; the caller then waits in D for that txg to be written, and
-- what was destroyed by then stays destroyed.
-- Source: OpenZFS module/zfs/zcp.c:zcp_eval_sync, zcp_eval_sig.
machine { cores = 4 }

local killed = param("killed", false)
local limited = param("limited", false, { help = "with a limit of instructions that it reaches" })
local tank = pool "tank" { disks = 1, disk = "ssd" }
local vm = tank:filesystem "vm"
for i = 1, 3 do vm:snapshot("s" .. i) end

job "program" { at = "1s", design = "program", program = { instructions = limited and 20000 or 10000000 } }
  (function(zfs)
    local first = true
    for snapshot in zfs.list.snapshots("tank/vm") do
      zfs.sync.destroy(snapshot)
      if first and not limited then compute "30s" end
      if first then for _ = 1, 100000 do end end
      first = false
    end
  end)
process "list" { at = "2s" } (function() sh "zfs list -t snapshot" end)
process "app" { at = "2s" } (function() vm:write "1MiB" vm:fsync() end)
if killed then fault { at = "5s", kill = "program" } end

expect "slow, with a root that runs" { at = "20s", verdict = "slow", root = "txg_sync",
  D = { "list", "app" }, S = "program", R = "txg_sync" }
expect "all end" { verdict = "completed", completes = { "program", "list", "app" } } (function(run)
  return run.jobs.program.result == 0 and run.processes.list.latency_ns > duration "28s", run.processes.list.latency_ns
end)

variant "killed" { killed = true }
expect "a signal ends it with its txg" { on = "killed", verdict = "completed" } (function(run)
  return run.jobs.program.kill_to_exit_ns < duration "1s" and run.jobs.program.result == EINTR,
    run.jobs.program.kill_to_exit_ns
end)
variant "limited" { limited = true }
expect "the limit ends it, and what was done stays" { on = "limited", verdict = "completed" } (function(run)
  return run.jobs.program.result == ETIME, run.jobs.program.result
end)
