-- What stands still while a channel transaction is open, and what does not.
--
-- From 5 s to 60 s a holder is stopped with the sync gate closed. No txg syncs, so no
-- uberblock leads to a new state, and dirty data never falls. Reads, listings, fsync through the
-- intent log, and the heartbeats of multihost go on. A writer stops at the first of: the throttle
-- and then the dirty limit, the log's memory, a quota of which 1 byte in flight takes 24, freeing
-- a large file; fsync stops where it needs a txg. Mutating administration waits at the gate.
-- The deadman watches syncs, and none runs: it says nothing.
machine { cores = 8 }

local stopped = param("stopped", true)
local tank = pool "tank" { disks = 4, disk = "nvme", dirty_data_max = "1GiB", multihost = true }
local vm, db, home = tank:filesystem "vm" { used = "8GiB" }, tank:filesystem "db", tank:filesystem "home"
local small = tank:filesystem "small" { properties = { quota = "320M" } }
local new = tank:filesystem "new"
vm:snapshot "old" { used = "8MiB" }

writers "batch" { count = 8, rate = "100MB/s", dataset = home, at = "20s", stop_at = "50s" }
writers "postgres" { rate = "1MB/s", size = "8KiB", dataset = db, fsync_every = 1, stop_at = "20s" }
readers "web" { count = 4, rate = "50MB/s", dataset = vm, stop_at = "80s" }
process "mail" { at = "6s" } (function() for _ = 1, 20 do small:write "1MiB" mark("delivered", now()) end end)
process "rm" { at = "7s" } (function() vm:free "2TiB" end)
process "first_fsync" { at = "8s" } (function() new:write "4KiB" new:fsync() end)
process "zfs_set" { at = "9s" } (function() sh "zfs snapshot tank/db@nightly" end)
process "zfs_list" { at = "6s" } (function()
  for _ = 1, 50 do
    local start = now()
    sh "zfs list tank"
    if now() - start < duration "10ms" then mark("listed", now()) end
    sleep "1s"
  end
end)
job "prune" { at = "4.9s", think = "100ms", design = "channel_tx" }
  (function(zfs) for snapshot in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(snapshot) end end)
if stopped then
  fault { at = "5s", stop = "prune" }
  fault { at = "60s", cont = "prune" }
end

expect "the pool is frozen" { on = "base", at = "59s", verdict = "frozen_pool", root = "prune", frozen = "tank",
  D = { "batch", "rm", "first_fsync", "zfs_set", "mail", "txg_sync" }, freed_by = { "cont prune", "kill prune" } }
expect "no txg has synced since Begin, and dirty data never fell" { on = "base", at = "59s" } (function(run)
  local last = 0
  for _, row in ipairs(run.pools.tank.txgs) do last = math.max(last, row.sync_start_ns) end
  return last < duration "5.1s" and run.pools.tank.dirty_bytes == run.pools.tank.dirty_bytes_max, last
end)
expect "the quota lets thirteen writes pass, of twenty" { on = "base", at = "59s" }
  (function(run) return #run.marks.delivered == 13, #run.marks.delivered end)
expect "fsync, reads and listings go on" { on = "base", at = "59s" } (function(run)
  return run.loads.postgres.latency.max_ns < duration "20ms" and run.loads.web.stall_ns == 0 and
    run.loads.web.bytes > bytes "50MB" * 52 and #run.marks.listed == 50, run.loads.postgres.latency.max_ns
end)
expect "neither multihost nor the deadman has anything to say" { on = "base", at = "59s" }
  (function(run) return not run.pools.tank.suspended and #run.pools.tank.events == 0, #run.pools.tank.events end)
expect "all of them end when it does" { verdict = "completed", completes = { "rm", "first_fsync", "zfs_set", "mail", "prune" } }
control "nobody-stops-it" { stopped = false }
