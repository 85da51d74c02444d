-- `zpool attach` takes the lock of all pools, and then waits for a transaction.
--
-- A vdev command holds spa_namespace_lock until its txg has synced, and a channel transaction
-- keeps every txg of its pool from syncing. If the command meets the admin gate only with that
-- lock in hand, and the holder has to open its pool anew for its next read, each waits for the
-- other; and since there is one such lock, commands on all other pools hang as well.
--
-- Either measure alone breaks the cycle. Waiting at the gate first is the better one: with
-- only the pool kept open, the other pools' administration still waits for the transaction.
machine { cores = 4 }

local tank = pool "tank" { disks = 2, disk = "ssd", gate_first = param("gate_first", false) }
local other = pool "other" { disks = 1, disk = "ssd" }
local vm = tank:filesystem "vm"
for s = 1, 32 do vm:snapshot("auto" .. s) { used = "8MiB" } end

job "prune" { at = "2s", think = "100ms", design = "channel_tx", channel_tx = { spa_hold = param("spa_hold", "call") } }
  (function(zfs)
    for snapshot in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(snapshot) end
  end)
process "zpool" { at = "3s" } (function() sh "zpool attach tank disk0 disk2" end)
process "status" { at = "4s" } (function() sh "zpool status other" mark("seen", now()) end)

expect "a cycle, and no command on any pool" {
  verdict = "deadlock", cycle = { "prune", "zpool" }, D = { "prune", "zpool", "status" }, freed_by = {},
  not_freed_by = "kill prune", frozen = "tank",
}
control "pool-kept-open" { spa_hold = "transaction" }
expect "the other pool's administration waits for the whole transaction" { on = "pool-kept-open" }
  (function(run) return run.marks.seen[1].value > run.jobs.prune.end_ns, run.marks.seen[1].value end)
control "gate-first" { gate_first = true }
control "both" { gate_first = true, spa_hold = "transaction" }
expect "at the gate it holds nothing" { on = { "gate-first", "both" } }
  (function(run) return run.processes.status.latency_ns < duration "1ms", run.processes.status.latency_ns end)
