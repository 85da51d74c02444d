-- The power goes, at some time between 1 s and 11 s, and the pool is imported again.
--
-- What is there then is the last txg whose uberblock reached the disk, and on top of it what
-- fsync had put into the intent log: every acknowledged fsync, every acknowledged snapshot, and
-- nothing of a later txg besides. Writes that nobody had synced may be gone, up to a txg and
-- more of them: that is the bargain.
machine { cores = 2 }

local at = param("at", "7.3s", { sweep = { "1.001s", "3.2s", "5.0005s", "5.002s", "7.3s", "10.9s" } })
local sync = param("sync", true, { help = "fsync after each fourth write" })
local log = param("log", "none", { choices = { "none", "nvme" } })
local layout = param("layout", "stripe", { choices = { "stripe", "mirror", "raidz1" } })
local tank = pool "tank" { disks = 2, layout = layout, disk = "ssd", log = log }
local db = tank:filesystem "db"
local app = tank:filesystem "app"

writers "db" { rate = "4MB/s", size = "16KiB", dataset = db, fsync_every = sync and 4 or 0 }
-- What it has been told is safe is marked: the number of its writes.
process "app" (function()
  for n = 1, 10000 do
    app:write "8KiB"
    if sync and n % 3 == 0 then app:fsync() mark("acknowledged", n) end
    sleep "7ms"
  end
end)
process "zfs" { at = "6s" } (function() mark("taken", sh "zfs snapshot tank/db@six") end)
process "shutdown" (function() sleep "20s" end) -- what the run waits for, if the power stays
fault { at = at, power_cut = true }

expect "the run ends with the power, and not because all had ended" { on = "all", verdict = "external" } (function(run)
  return run.halted.kind == "power_cut" and run.subkind == "power_cut"
end)
expect "the log brings back what fsync had promised" { on = { "base", "log-device" } } (function(run)
  return run.pools.tank.recovered.replayed > 0, run.pools.tank.recovered.replayed
end)
-- Never less than was promised; and never more than what was on its way to be promised.
expect "every acknowledged fsync is there" { on = "all" } (function(run)
  if not sync then return true end
  local marks, there = run.marks.acknowledged or {}, run.pools.tank.recovered.datasets["tank/app"].there
  local promised = #marks > 0 and marks[#marks].value or 0
  return there >= promised and there <= promised + 3, promised .. " promised, " .. there .. " there"
end)
expect "an acknowledged snapshot is in a txg that is there" { on = "all" } (function(run)
  return run.pools.tank.recovered.txg >= run.pools.tank.txg_synced
end)
variant "log-device" { log = "nvme" }
variant "mirror" { layout = "mirror" }
variant "raidz1" { layout = "raidz1" }
variant "nobody-synced" { sync = false }
expect "without fsync there is nothing to replay" { on = "nobody-synced" } (function(run)
  return run.pools.tank.recovered.replayed == 0 and run.pools.tank.recovered.txg == run.pools.tank.txg_synced
end)
