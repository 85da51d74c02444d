-- Four threads compute. On how many cores does an open transaction pay?
--
--   txgsim sweep break_even_cores.lua
--
-- On eight cores everybody has one. On four, and on two, the job and the kernel threads of the pool share them
-- with the threads that compute, and a thread that is woken waits for somebody's slice to end. That costs an
-- ioctl for each step far more: each of its txgs wakes several threads in turn. The transaction is woken seldom,
-- but holds the lock while it is off its core: two to three times as long. The writers are delayed all the time
-- then, whoever administers, since the pool's threads lack the cores: a transaction turns some of their delay
-- into stops, and together they lose no more than with ioctls. Only on the idle machine it comes to cost them
-- what it saves the job.
local cores  = param("cores", 4, { sweep = { 2, 4, 8 } })
local ops    = param("ops", 256, { sweep = "256..2048*2", help = "snapshots to destroy" })
local design = param("design", "channel_tx", { sweep = { "ioctl", "channel_tx" } })

machine { cores = cores, profile = "x86-64-mitigated" }

local tank = pool "tank" { disks = 4, disk = "nvme", dirty_data_max = "32MiB" }
local vm = tank:filesystem "vm"
for s = 1, ops do vm:snapshot("auto" .. s) { used = "1MiB" } end

writers "db" { count = 16, rate = "400MB/s", dataset = vm, arrivals = "poisson" }
for i = 1, 4 do
  process("make" .. i) { at = "400ms" } (function() compute "2s" end)
end

job "prune" { at = "500ms", design = design } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(snapshot) end
end)

expect "it ends" { on = "all", completes = "prune" }

expect "it costs what it saves on eight cores only" { on = "sweep" } (function(sweep)
  local function lost(run) return run.loads.db.stall_ns + run.loads.db.delay_ns end  -- Stopped or delayed.
  -- The writers lose something with ioctls, too: the computing threads are in their way.
  local function all(run) return run.jobs.prune.latency_ns + lost(run) end
  local function even(cores)
    local harm = sweep:curve("ops", lost, { design = "channel_tx", cores = cores })
    local cost = sweep:curve("ops", all, { design = "ioctl", cores = cores })
    return harm:crossing(cost) or "nowhere"
  end
  local two, four, eight = even(2), even(4), even(8)
  return two == "nowhere" and four == "nowhere" and eight ~= "nowhere", { two, four, eight }
end)
