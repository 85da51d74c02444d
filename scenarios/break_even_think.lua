-- How does the time that a job thinks move the point where its open transaction costs more than it saves?
--
--   txgsim sweep break_even_think.lua
--
-- The transaction keeps txgs from syncing for as long as it is open: for each snapshot one list call, one
-- destroy call, and what the job thinks before both. Writers fill memory meanwhile: 32 MiB at 400 MB/s are
-- 84 ms, and from 60 % of that on they are delayed. So they begin to lose when ops * (100 us + 2 * think) passes
-- 50 ms: at 500 operations if nobody thinks, at 170, 24 and 2 or 3 with 100 us, 1 ms and 10 ms before each call.
-- An ioctl for each costs the job a txg for each, and the think time as well. Where the two curves cross, the
-- writers together lose, stopped or delayed, as much as the job would: soon after they begin to.
machine { cores = 4, profile = "x86-64-mitigated" }

local think  = param("think", "1ms", { sweep = { "0s", "100us", "1ms", "10ms" }, help = "before each call" })
local ops    = param("ops", 64, { sweep = "1..2048*2", help = "snapshots to destroy" })
local design = param("design", "channel_tx", { sweep = { "ioctl", "channel_tx" } })

local tank = pool "tank" { disks = 4, disk = "nvme", dirty_data_max = "32MiB" }
local vm = tank:filesystem "vm"
for s = 1, ops do vm:snapshot("auto" .. s) { used = "1MiB" } end

writers "db" { count = 16, rate = "400MB/s", dataset = vm, arrivals = "poisson" }

job "prune" { at = "2s", design = design, think = think } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(snapshot) end
end)

expect "it ends" { on = "all", completes = "prune" }

expect "the longer it thinks, the fewer operations it can afford" { on = "sweep" } (function(sweep)
  local function lost(run) return run.loads.db.stall_ns + run.loads.db.delay_ns end  -- Stopped or delayed.
  local function even(think)
    local harm = sweep:curve("ops", lost, { design = "channel_tx", think = think })
    local cost = sweep:curve("ops", "jobs.prune.latency_ns", { design = "ioctl", think = think })
    return harm:crossing(cost) or 0
  end
  local none, short, long, longest = even "0s", even "100us", even "1ms", even "10ms"
  local falls = none > short and short > 3 * long and long > 4 * longest and longest > 0
  return falls, { ["0s"] = none, ["100us"] = short, ["1ms"] = long, ["10ms"] = longest }
end)
