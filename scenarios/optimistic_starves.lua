-- An optimistic transaction that never gets through, because somebody writes.
--
-- It notes what it has read, and Commit compares. The newest snapshot shares with the head
-- what nobody else has: each overwrite of such a block adds it to that snapshot's `used`. A txg writes
-- the data of its writers before it runs its tasks, so whatever was read before that txg is
-- stale by the time its task looks, however short the job is: the whole job runs again, and
-- again, and gives up. Nobody else is disturbed, and nobody sees an error but the job.
--
-- What only the list of snapshots decides does not change under writers, and gets through at
-- once; so does the same job while nobody writes.
machine { cores = 4 }

local decide = param("decide", "used", { choices = { "used", "names" }, help = "what the job looks at" })
local load = param("load", "20MB/s", { help = "written to the same filesystem meanwhile" })
local tank = pool "tank" { disks = 2, disk = "ssd" }
local vm = tank:filesystem "vm" { used = "4GiB" }
for s = 1, 8 do vm:snapshot("auto" .. s) { used = s <= 4 and "0" or "8MiB", shared_with_next = "16MiB" } end

if load ~= "none" then writers "db" { count = 4, rate = load, dataset = vm, stop_at = "20s" } end

job "prune" { at = "2s", design = "optimistic_tx", optimistic_tx = { retries = param("retries", 10), backoff = "200ms" } }
  (function(zfs)
    local gone = 0
    for snapshot in zfs.list.snapshots("tank/vm") do
      local goes = gone < 4
      if decide == "used" then goes = zfs.get_prop(snapshot, "used") < bytes "1MiB" end
      if goes and zfs.sync.destroy(snapshot) == 0 then gone = gone + 1 end
    end
  end)

expect "it runs eleven times, and gives up" { completes = "prune", verdict = "completed" } (function(run)
  local prune = run.jobs.prune
  return prune.result == ERETRY and prune.retries == 10 and prune.txgs == 11, prune.result_text
end)
expect "a txg is lost for each, and the writers notice nothing" (function(run)
  return run.loads.db.stall_ns == 0 and run.jobs.prune.latency_ns > duration "2s", run.jobs.prune.latency_ns
end)
control "by-name" { decide = "names" }
control "nobody-writes" { load = "none" }
expect "what no writer changes gets through at once" { on = { "by-name", "nobody-writes" } }
  (function(run) return run.jobs.prune.result == 0 and run.jobs.prune.retries == 0, run.jobs.prune.retries end)
