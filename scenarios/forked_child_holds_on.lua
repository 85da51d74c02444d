-- The holder of a channel transaction has forked, and killing it frees nothing.
--
-- A file is closed when the last process that has it open closes it. The job starts a helper
-- that inherits the transaction; somebody kills the job, whose own exit closes its own copy,
-- and the txg sync lock stays where it is: with a helper that knows nothing of it and here
-- happens to be stopped. With close-on-exec, and a helper that is a program of its own, the
-- kill ends the transaction.
machine { cores = 4 }

local exec_it = param("exec", false, { help = "the helper is executed, and the file is close-on-exec" })
local tank = pool "tank" { disks = 2, disk = "nvme", dirty_data_max = "512MiB" }
local vm = tank:filesystem "vm"
for s = 1, 32 do vm:snapshot("auto" .. s) { used = "8MiB" } end

writers "db" { count = 8, rate = "100MB/s", dataset = vm, stop_at = "20s" }

job "prune" { at = "2s", think = "200ms", design = "channel_tx" } (function(zfs)
  fork "logger" (function()
    if exec_it then exec() end
    for _ = 1, 100 do sleep "100ms" end
  end)
  for snapshot in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(snapshot) end
end)
fault { at = "3s", stop = "logger" }
fault { at = "4s", kill = "prune" }
fault { at = "100s", cont = "logger" }
process "zfs" { at = "30s" } (function() sh "zfs snapshot tank@after" end)

expect "the job is dead, and its transaction is not" {
  on = "base", at = "60s", verdict = "frozen_pool", root = "logger", frozen = "tank", T = "logger", D = { "db", "zfs" },
  freed_by = { "cont logger", "kill logger" }, not_freed_by = "kill db", completes = "prune",
}
expect "its last close aborts it" { completes = { "logger", "zfs" }, verdict = "completed" }
control "close-on-exec" { exec = true }
expect "then the kill is enough" { on = "close-on-exec" }
  (function(run) return run.loads.db.stall_ns == 0, run.loads.db.stall_ns end)
