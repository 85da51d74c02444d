-- A read of metadata that is not cached, under the gates, on a disk that has stopped answering.
--
-- Reads of a transaction are system calls, and on a cold pool each goes to the disks. In such a
-- read the holder is in D: SIGKILL waits for the disk, and with it the txg sync lock, and all
-- administration behind it. On a warm pool the same job is in user mode most of the time, and
-- dies when told to.
machine { cores = 4 }

local stall = param("stall", "60s")
local tank = pool "tank" { disks = 1, disk = "hdd", cold_metadata = param("cold", true) }
local vm = tank:filesystem "vm"
for s = 1, 64 do vm:snapshot("auto" .. s) { used = "8MiB" } end

job "prune" { at = "2s", think = "100ms", design = "channel_tx" } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(snapshot) end
end)
if stall ~= "none" then fault { at = "3s", stall = tank, lasting = stall } end
fault { at = "5s", kill = "prune" }
process "zfs" { at = "4s" } (function() sh "zfs snapshot tank/vm@after" end)

expect "the read holds both gates, and no kill helps" {
  on = "base", at = "30s", verdict = "external", root = "tank", D = { "prune", "zfs", "txg_sync" }, frozen = "tank",
  freed_by = "complete tank", not_freed_by = "kill prune",
} (function(run) return run.jobs.prune.sync_lock_split.read_io > duration "25s", run.jobs.prune.sync_lock_split.read_io end)
expect "it dies when the disk answers" { completes = { "prune", "zfs" } }
  (function(run) return run.jobs.prune.kill_to_exit_ns > duration "50s", run.jobs.prune.kill_to_exit_ns end)
variant "warm" { cold = false }
control "sound-disk" { stall = "none" }
expect "in user mode, or with a disk that answers, it dies at once" { on = { "warm", "sound-disk" } }
  (function(run) return run.jobs.prune.kill_to_exit_ns < duration "50ms", run.jobs.prune.kill_to_exit_ns end)
