-- How many mutations should a pipeline send in one batch?
--
--   txgsim sweep pipeline_batch.lua
--
-- A batch is one transaction in one txg, with a sync task for each mutation. So a thousand mutations one by one are
-- a thousand txgs, in batches of 16 they are 64, and almost all that there is to gain is gained. All in one batch
-- is the shortest for the job by little, and makes one txg of a thousand tasks: txg_sync is busy with them for as
-- long as it takes writers to fill the memory, and they stop.
local batch = param("batch", 64, { sweep = "1..1024*4", help = "mutations that go in one ioctl" })

machine { cores = 4, profile = "x86-64-mitigated" }

local tank = pool "tank" { disks = 4, disk = "nvme", dirty_data_max = "32MiB" }
local vm = tank:filesystem "vm"
for s = 1, 1024 do vm:snapshot("auto" .. s) { used = "1MiB" } end

writers "db" { count = 16, rate = "400MB/s", dataset = vm, arrivals = "poisson" }

job "prune" { at = "2s", design = "pipeline", pipeline = { batch = batch } } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(snapshot) end
end)

expect "it ends" { on = "all", completes = "prune" }
expect "a txg a batch" (function(run)
  return run.jobs.prune.txgs == 1024 // batch, run.jobs.prune.txgs
end)

expect "a batch of 16 gains most, one of all harms the writers" { on = "sweep" } (function(sweep)
  local latency = sweep:curve("batch", "jobs.prune.latency_ns")
  local stall = sweep:curve("batch", "loads.db.stall_ns")
  local gained = (latency:at(1) - latency:at(16)) / (latency:at(1) - latency:at(1024))
  return gained > 0.8 and stall:at(256) == 0 and stall:at(1024) > duration "500ms", gained
end)
