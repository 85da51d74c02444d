-- How long may a channel program be before it stalls the pool more than it saves its caller?
--
--   txgsim sweep program_length.lua
--
-- A program runs on txg_sync: while it decides and destroys, no dirty data is written. Deciding takes 100 us here
-- and destroying 83 us. The writers fill 32 MiB at 400 MB/s in 84 ms; from 60 % of that on they are delayed, at
-- the end they stop. So it is all the same to them whether txg_sync is busy with a program or kept from its work by
-- an open channel transaction that takes as long: from 300 steps on they lose, together, more than the caller would
-- with an ioctl for each. What else waits for a program, it shares with nobody: every reader of the configuration.
local ops    = param("ops", 64, { sweep = "64..2048*2", help = "snapshots to destroy" })
local design = param("design", "program", { sweep = { "ioctl", "channel_tx", "program" } })

machine { cores = 4, profile = "x86-64-mitigated" }

local tank = pool "tank" { disks = 4, disk = "nvme", dirty_data_max = "32MiB" }
local vm = tank:filesystem "vm"
for s = 1, ops do vm:snapshot("auto" .. s) { used = "1MiB" } end

writers "db" { count = 16, rate = "400MB/s", dataset = vm, arrivals = "poisson" }

job "prune" { at = "2s", design = design } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do
    compute "100us"
    zfs.sync.destroy(snapshot)
  end
end)

expect "it ends" { on = "all", completes = "prune" } (function(run)
  return run.jobs.prune.result == 0, run.jobs.prune.result_text
end)

expect "to the writers a program is as long as a transaction" { on = "sweep" } (function(sweep)
  -- The first number of steps at which all writers lose more than the caller with ioctls: stopped or delayed.
  local cost = sweep:curve("ops", "jobs.prune.latency_ns", { design = "ioctl" })
  local function first(design)
    for _, run in ipairs(sweep:where { design = design }) do
      local ops = run.params.ops
      if run.loads.db.stall_ns + run.loads.db.delay_ns > cost:at(ops) then return ops end
    end
    return 0
  end
  local program, transaction = first "program", first "channel_tx"
  return program == transaction and program == 512, { program = program, channel_tx = transaction }
end)
