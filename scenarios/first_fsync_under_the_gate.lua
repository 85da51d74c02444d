-- fsync under a closed sync gate: fine, unless it is the first of its dataset.
--
-- The intent log needs no txg, so a database goes on committing while a channel transaction
-- is open. But the log of a dataset that never had one gets its first block in a txg of its
-- own (zil_create): there the first fsync is in D until the transaction ends.
machine { cores = 4 }

local early = param("early", false, { help = "the service has called fsync before" })
local tank = pool "tank" { disks = 2, disk = "ssd" }
local vm = tank:filesystem "vm"
local db = tank:filesystem "db"
local new = tank:filesystem "new"
vm:snapshot "old" { used = "8MiB" }

writers "postgres" { rate = "10MB/s", dataset = db, size = "16KiB", fsync_every = 4 }
process "service" (function()
  if early then new:write "4KiB" new:fsync() end
  sleep "5s"
  new:write "4KiB"
  new:fsync()
  mark("durable", now())
end)

job "prune" { at = "2s", think = "200ms", design = "channel_tx" }
  (function(zfs) for snapshot in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(snapshot) end end)
fault { at = "2.3s", stop = "prune" }
fault { at = "60s", cont = "prune" }

expect "the first fsync stands still with the pool's txgs" { on = "base", at = "30s",
  verdict = "frozen_pool", root = "prune", D = "service", freed_by = { "cont prune", "kill prune" }, not_freed_by = "kill service" }
expect "one that has a log goes on" { on = "all", at = "59s" }
  (function(run) return run.loads.postgres.latency.max_ns < duration "100ms", run.loads.postgres.latency.max_ns end)
expect "it ends with the transaction" { completes = { "service", "prune" }, verdict = "completed" }
  (function(run) return run.marks.durable[1].value > duration "60s", run.marks.durable[1].value end)
control "has-a-log" { early = true }
expect "with a log it does not notice" { on = "has-a-log" }
  (function(run) return run.marks.durable[1].value < duration "6s", run.marks.durable[1].value end)
