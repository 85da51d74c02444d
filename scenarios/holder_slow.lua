-- A holder of a channel transaction that is merely slow: half a second of thought a call.
--
-- Nobody has stopped and nothing is wrong, yet every writer of the pool stands still
-- behind it as soon as a dirty limit of data has piled up. A slow system is not a hung
-- one: the verdict at that instant is `slow`, and the run completes.
machine { cores = 4 }

local tank = pool "tank" { disks = 4, disk = "nvme", dirty_data_max = "512MiB" }
local vm = tank:filesystem "vm"
for s = 1, 32 do vm:snapshot("auto" .. s) { used = "8MiB" } end

writers "db" { count = 16, rate = "200MB/s", dataset = vm }

job "prune" { at = "2s", think = param("think", "500ms"), design = "channel_tx" } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(snapshot) end
end)

expect "the writers stand still, but the root progresses" { at = "25s", verdict = "slow", D = "db" }
expect "it ends, and the harm was the time held" { completes = "prune", verdict = "completed" } (function(run)
  local stall, held = run.loads.db.stall_ns, run.jobs.prune.sync_lock_held_ns
  return held > duration "30s" and stall > 16 * duration "10s", stall
end)
control "quick" { think = "1ms" }
expect "a quick one harms nobody" { on = "quick" }
  (function(run) return run.loads.db.stall_ns == 0, run.loads.db.stall_ns end)
