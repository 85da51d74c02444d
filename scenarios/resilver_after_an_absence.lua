-- A disk of a mirror is away for a minute and comes back: the pool resilvers what it missed.
--
-- The pool goes on without it, and nobody waits. Afterwards each txg spends 1.5 s on the
-- resilver while somebody waits for it, back to back, until all is read: administration pays
-- for the absence when it is over. A disk that misses nothing resilvers nothing.
machine { cores = 4, stop_at = "5min" }

local away = param("away", true)
local rate = param("rate", "50MB/s")
local tank = pool "tank" { disks = 2, layout = "mirror", disk = "ssd" }
local vm = tank:filesystem "vm" { used = "10GiB" }

if rate ~= "none" then writers "db" { count = 2, rate = rate, dataset = vm, stop_at = "65s" } end
if away then fault { at = "5s", offline = "tank/disk1", lasting = "60s" } end
process "during" { at = "30s" } (function() sh "zfs snapshot tank/vm@during" end)
process "after" { at = "66s" } (function() sh "zfs snapshot tank/vm@after" end)

expect "nobody waits for the disk that is away" { completes = "during", within = "2s" }
expect "after its return the pool resilvers, and a snapshot waits for that" (function(run)
  local took = run.processes.after.latency_ns
  return took > duration "1.5s" and took < duration "7s", took
end)
variant "not-away" { away = false }
variant "nothing-missed" { rate = "none" }
expect "otherwise it takes milliseconds" { on = { "not-away", "nothing-missed" } } (function(run)
  return run.processes.after.latency_ns < duration "500ms", run.processes.after.latency_ns
end)
