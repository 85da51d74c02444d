-- Do mitigations move the point where a transaction costs more than it saves? And the size of a read batch?
--
--   txgsim sweep break_even_machine.lua
--
-- With page-table isolation a system call costs 400 ns and not 180. A step of the job is two calls, and what
-- the kernel does in them takes 100 us: the point stays where it is. Reading many snapshots with one call saves as
-- little, as long as nobody thinks. Where the job thinks before each call, every call that is left out is think
-- time that the lock is not held: a batch nearly doubles the operations that a transaction can afford.
local profile = param("profile", "x86-64-mitigated", { sweep = { "x86-64", "x86-64-mitigated" } })
local batch   = param("batch", 1, { sweep = { 1, 64 }, help = "snapshots that one list call brings" })
local think   = param("think", "0s", { sweep = { "0s", "1ms" }, help = "before each call" })
local ops     = param("ops", 64, { sweep = "8..2048*2", help = "snapshots to destroy" })
local design  = param("design", "channel_tx", { sweep = { "ioctl", "channel_tx" } })

machine { cores = 4, profile = profile }

local tank = pool "tank" { disks = 4, disk = "nvme", dirty_data_max = "32MiB" }
local vm = tank:filesystem "vm"
for s = 1, ops do vm:snapshot("auto" .. s) { used = "1MiB" } end

writers "db" { count = 16, rate = "400MB/s", dataset = vm, arrivals = "poisson" }

job "prune" { at = "2s", design = design, think = think, ioctl = { read_batch = batch } } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(snapshot) end
end)

expect "it ends" { on = "all", completes = "prune" }

expect "mitigations hardly move the point, batches do if the job thinks" { on = "sweep" } (function(sweep)
  local function lost(run) return run.loads.db.stall_ns + run.loads.db.delay_ns end  -- Stopped or delayed.
  local function even(profile, batch, think)
    local with = { profile = profile, batch = batch, think = think, design = "channel_tx" }
    local harm = sweep:curve("ops", lost, with)
    with.design = "ioctl"
    return harm:crossing(sweep:curve("ops", "jobs.prune.latency_ns", with)) or 0
  end
  local plain, mitigated = even("x86-64", 1, "0s"), even("x86-64-mitigated", 1, "0s")
  local batched = even("x86-64-mitigated", 64, "0s")
  local thinks, thinks_batched = even("x86-64-mitigated", 1, "1ms"), even("x86-64-mitigated", 64, "1ms")
  local near = plain / mitigated > 0.95 and plain / mitigated < 1.05
    and batched / mitigated > 0.95 and batched / mitigated < 1.05
  return near and thinks_batched > 1.4 * thinks and thinks_batched < 2.2 * thinks,
    { plain = plain, mitigated = mitigated, batched = batched, thinks = thinks, thinks_batched = thinks_batched }
end)
