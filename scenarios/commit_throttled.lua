-- Commit of a channel transaction that is throttled like any other operation.
--
-- A loaded pool fills its dirty limit while the transaction is open. Commit's task joins a
-- txg; if it first waits for dirty space, it waits for a sync, which waits for the gate that
-- Commit would have opened once the task was queued. So the task of a Commit has to be exempt
-- from the limit (DMU_TX_NOTHROTTLE): it writes next to nothing, and makes room.
machine { cores = 4 }

local tank = pool "tank" { disks = 4, disk = "nvme", dirty_data_max = "512MiB" }
local vm = tank:filesystem "vm"
for s = 1, 32 do vm:snapshot("auto" .. s) { used = "8MiB" } end

writers "db" { count = 16, rate = "200MB/s", dataset = vm }

job "prune" {
  at = "2s", think = "100ms", design = "channel_tx",
  channel_tx = { commit_throttled = param("throttled", true), lease = param("lease", "never") },
} (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(snapshot) end
end)

expect "Commit and the sync wait for each other, and the writers for both" {
  at = "60s", verdict = "deadlock", cycle = { "prune", "txg_sync" }, frozen = "tank",
  D = { "prune", "txg_sync", "db" }, freed_by = {}, not_freed_by = "kill prune",
}
variant "lease" { lease = "30s" }
expect "a lease ends no Commit" { on = "lease", at = "60s", verdict = "deadlock", cycle = { "prune", "txg_sync" } }
control "exempt" { throttled = false }
expect "exempt, it makes room by itself" { on = "exempt" }
  (function(run) return run.jobs.prune.result == 0 and run.jobs.prune.txgs <= 2, run.jobs.prune.result_text end)
