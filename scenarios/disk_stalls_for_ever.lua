-- One disk of a mirror answers nothing, and the redundant pool stands still.
--
-- A write of a sync is done when every member has answered, and a member that says nothing has
-- not failed. Redundancy helps against disks that fail (the second arm), not against disks that
-- are silent. Nothing ever times out: the deadman only writes an event, and `zpool clear` finds
-- no suspended pool. What would help is the disk, or its removal by hand.
machine { cores = 2 }

local how = param("how", "stall", { choices = { "stall", "offline", "slow", "read-only-load" } })
local tank = pool "tank" { disks = 2, layout = "mirror", disk = "ssd" }
local vm = tank:filesystem "vm"

if how ~= "read-only-load" then
  writers "db" { count = 2, rate = "20MB/s", dataset = vm, stop_at = "60s" }
end
process "zfs" { at = "20s" } (function() sh "zfs snapshot tank/vm@a" end)
process "reader" { at = "30s" } (function() vm:read "128KiB" end)

if how == "offline" then
  fault { at = "10s", offline = "tank/disk1" }
elseif how == "slow" then
  fault { at = "10s", slow = { "tank/disk1", 20 } }
else
  fault { at = "10s", stall = "tank/disk1" }
end

expect "the whole pool hangs behind one silent disk" { at = "60s",
  verdict = "external", root = "tank", D = { "txg_sync", "zfs" }, freed_by = "complete tank", not_freed_by = { "zpool clear tank", "kill zfs" } }
expect "the detector reports both, and never the disk" { detector = { "txg_sync", "zfs" } } (function(run)
  return run.detector[1].at_ns > duration "130s" and run.detector[1].at_ns <= duration "250s", run.detector[1].at_ns
end)
expect "a read goes to the other disk" { completes = "reader", within = "10ms" }
control "it-fails-instead" { how = "offline" }
control "twenty-times-slower" { how = "slow" }
