-- The holder of a channel transaction writes its log to a file on the pool that it holds.
--
-- Below the dirty limit that works: a write needs no txg. At the limit the holder waits for
-- space that only a sync can free, and the sync waits for the holder: it waits for itself,
-- in D, where no signal reaches it.
machine { cores = 4 }

local load = param("load", "200MB/s", { help = "what others write meanwhile" })
local tank = pool "tank" { disks = 4, disk = "nvme", dirty_data_max = "512MiB" }
local vm = tank:filesystem "vm"
local log = tank:filesystem "log"
for s = 1, 64 do vm:snapshot("auto" .. s) { used = "8MiB" } end

writers "db" { count = 16, rate = load, dataset = vm }

job "prune" { at = "2s", think = "250ms", design = "channel_tx", channel_tx = { lease = param("lease", "never") } }
  (function(zfs)
    for snapshot in zfs.list.snapshots("tank/vm") do
      log:write "4KiB"
      zfs.sync.destroy(snapshot)
    end
  end)

expect "at the limit the holder waits for itself" {
  at = "60s", verdict = "deadlock", cycle = { "prune", "txg_sync" }, frozen = "tank",
  D = { "prune", "txg_sync", "db" }, freed_by = {}, not_freed_by = "kill prune",
}
control "below-the-limit" { load = "2MB/s" }
variant "lease" { lease = "5s" }
expect "a lease is ended by the clock, not by the holder" { on = "lease", completes = "prune", verdict = "completed" }
  (function(run) return run.jobs.prune.result == ETIMEDOUT, run.jobs.prune.result end)
