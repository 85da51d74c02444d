-- A callback is answered by another thread. Should the caller sleep in D meanwhile, or spin?
--
--   txgsim sweep spinning_callback.lua
--
-- Spinning saves the caller's way off its core and back, some 9 us a callback, and pays with a core for as long
-- as user code takes. While a core is free, only the bill of electricity shows it. When threads that compute
-- have taken the others, the spinner keeps the very thread that it waits for from running, until its slice
-- ends: both lose, and it is the lock that is held meanwhile. `core_tied_ns` is what was burnt.
local busy    = param("busy", 1, { sweep = "1..6", help = "threads that compute" })
local wait    = param("wait", "D", { sweep = { "D", "spin" } })
local user_us = param("user_us", 100, { help = "what user code takes to decide" })

machine { cores = 4, profile = "x86-64-mitigated" }

local tank = pool "tank" { disks = 4, disk = "nvme", dirty_data_max = "256MiB" }
local vm = tank:filesystem "vm"
for s = 1, 64 do vm:snapshot("auto" .. s) { used = "1MiB" } end

writers "db" { count = 16, rate = "200MB/s", dataset = vm, arrivals = "poisson" }
for i = 1, busy do
  process("make" .. i) { at = "400ms" } (function() compute "200ms" end)
end

job "prune" { at = "500ms", design = "callback", callback = { wait = wait, place = "helper" } } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do
    compute(duration(user_us .. "us"))
    zfs.sync.destroy(snapshot)
  end
end)

expect "it ends" { on = "all", completes = "prune" }

expect "spinning is quicker until the cores are taken" { on = "sweep" } (function(sweep)
  local spinning = sweep:curve("busy", "jobs.prune.latency_ns", { wait = "spin" })
  local sleeping = sweep:curve("busy", "jobs.prune.latency_ns", { wait = "D" })
  local even = spinning:crossing(sleeping)
  return even and even > 1 and even <= 3, even
end)
