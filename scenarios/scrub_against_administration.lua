-- A scrub makes every administrative command take the better part of a second.
--
-- While a scrub runs, txgs follow each other without a pause, and each spends at least
-- zfs_scrub_min_time_ms (750) on it while somebody waits. A snapshot waits for the rest of one
-- such txg and the whole of the next. More time for the scrub: a faster scrub, slower commands.
machine { cores = 4, stop_at = "5min" }

local scrub = param("scrub", true)
local min_time = param("min_time", 750, { sweep = "100..1600*2" })
local tank = pool "tank" { disks = 2, disk = "ssd", zfs_scrub_min_time_ms = min_time }
local vm = tank:filesystem "vm" { used = "40GiB" }

if scrub then process "scrub" { at = "1s" } (function() sh "zpool scrub tank" end) end
process "zfs" { at = "5s" } (function()
  for i = 1, 10 do
    local start = now()
    sh("zfs snapshot tank/vm@s" .. i)
    mark("latency", now() - start)
  end
end)

local function worst(run)
  local most = 0
  for i = 1, 10 do most = math.max(most, run.marks.latency[i].value) end
  return most
end
expect "each snapshot pays for the scrub" (function(run)
  return worst(run) > duration "700ms" and worst(run) < duration "2s", worst(run)
end)
variant "no-scrub" { scrub = false }
expect "without one it takes milliseconds" { on = "no-scrub" } (function(run) return worst(run) < duration "20ms", worst(run) end)
variant "short-slices" { min_time = 100 }
expect "shorter slices, faster commands" { on = "short-slices" } (function(run) return worst(run) < duration "400ms", worst(run) end)
