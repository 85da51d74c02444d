-- SIGKILL to a process that holds a channel transaction.
--
-- In user mode it dies at once, its transaction file is closed with the rest, and the
-- txg sync lock is free again: nothing that it recorded has happened. In Commit it is in
-- D; the signal waits for the txg, and the result stands.
machine { cores = 4 }

local kill_at = param("kill_at", "2.3s")
local tank = pool "tank" { disks = 2, disk = "hdd", dirty_data_max = "1GiB" }
local vm = tank:filesystem "vm"
for s = 1, 32 do vm:snapshot("auto" .. s) { used = "8MiB" } end

writers "db" { count = 8, rate = "100MB/s", dataset = vm }

job "prune" { at = "2s", think = param("think", "20ms"), design = "channel_tx" } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(snapshot) end
end)
fault { at = kill_at, kill = "prune" }

expect "it dies at once, and the pool goes on" { completes = "prune", verdict = "completed" } (function(run)
  local prune = run.jobs.prune
  return prune.kill_to_exit_ns < duration "10ms" and run.loads.db.stall_ns == 0, prune.kill_to_exit_ns
end)
expect "nothing that it recorded has happened" (function(run) return run.jobs.prune.txgs <= 1, run.jobs.prune.txgs end)

variant "in-commit" { think = "0s", kill_at = "2.01s" }
expect "in Commit the signal waits for the txg" { on = "in-commit", at = "2.02s", D = "prune", not_freed_by = "kill prune" }
expect "and then it has happened" { on = "in-commit", completes = "prune" }
  (function(run) return run.jobs.prune.kill_to_exit_ns > duration "20ms", run.jobs.prune.kill_to_exit_ns end)
