-- A transaction without a lock runs again if what it has read has changed. When does that cost more than a lock?
--
--   txgsim sweep optimism_loses.lua --seeds 60
--
-- Somebody makes and destroys a snapshot now and then, so the list that the job reads changes. If changes come at
-- random, every T on average, a transaction of length L is undisturbed with probability exp(-L / T), and a
-- commit is reached after T * (exp(L / T) - 1) on average: as good as L while L is short, hopeless when it is
-- long. An ioctl for each step takes some 15 % longer than L here and is never disturbed, so optimism loses from
-- L = 0.28 T on: exp(0.28) - 1 is 1.15 * 0.28. The lock takes L and is never disturbed either; but it is the others
-- that wait: `jobs.prune.admin_wait_ns`. One seed is one throw of the dice, and a
-- transaction that runs again seldom but long moves the mean: even sixty leave the crossing open by a factor.
local every_ms = param("every_ms", 200, { sweep = { 200, 1000 }, help = "between two changes, on average" })
local ops      = param("ops", 32, { sweep = "8..256*2", help = "snapshots to destroy" })
local think    = param("think", "1ms", { help = "before each call" })
local design   = param("design", "optimistic_tx", { sweep = { "ioctl", "channel_tx", "optimistic_tx" } })

machine { cores = 4, profile = "x86-64-mitigated" }

local tank = pool "tank" { disks = 4, disk = "nvme" }
local vm = tank:filesystem "vm"
for s = 1, ops do vm:snapshot("auto" .. s) { used = "1MiB" } end

writers "db" { count = 4, rate = "20MB/s", dataset = vm, arrivals = "poisson" }

local gaps = rng "gaps"
process "cron" { at = "1s" } (function()
  for i = 1, 10000 // every_ms do
    sleep(gaps:draw(exponential(duration(every_ms .. "ms"))))
    sh(i % 2 == 1 and "zfs snapshot tank/vm@hourly" or "zfs destroy tank/vm@hourly")
  end
end)

job "prune" { at = "2s", design = design, think = think, optimistic_tx = { retries = 1000 } } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do
    if snapshot:find("auto", 1, true) then zfs.sync.destroy(snapshot) end
  end
end)

expect "it ends" { on = "all", completes = "prune" }

expect "the more seldom changes are, the longer optimism wins" { on = "sweep" } (function(sweep)
  -- Where the means cross, and between which numbers of operations the seeds leave that open.
  local function even(every_ms)
    local optimistic = sweep:curve("ops", "jobs.prune.latency_ns", { design = "optimistic_tx", every_ms = every_ms })
    local plain = sweep:curve("ops", "jobs.prune.latency_ns", { design = "ioctl", every_ms = every_ms })
    return optimistic:crossing(plain)
  end
  local often, often_from, often_to = even(200)
  local seldom, seldom_from, seldom_to = even(1000)
  local sooner = often and often_to and (not seldom or often < seldom) and (not seldom_to or often_to < seldom_to)
  return sooner and true or false,
    { often = often, often_from = often_from, often_to = often_to,
      seldom = seldom, seldom_from = seldom_from, seldom_to = seldom_to }
end)
