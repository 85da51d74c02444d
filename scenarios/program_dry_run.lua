-- The same look at a pool by ioctls and by a dry run of a channel program (`zfs program -n`).
--
--   txgsim run program_dry_run.lua --arms
--
-- Neither changes anything. By ioctls the config lock is free between two calls; the program
-- keeps it as reader from its first instruction to its last. The next txg takes it once as
-- writer, whatever is in it, so it waits for the program, and so does every reader behind it.
-- With sync = true the program is a part of that txg instead, with the same result for others.
-- Source: OpenZFS module/zfs/zcp.c:zcp_eval_open, spa.c:spa_sync_upgrades.
machine { cores = 4 }

local as = param("as", "program")
local sync = param("sync", false, { help = "as a sync task of a txg; false: in open context" })
local tank = pool "tank" { disks = 1, disk = "ssd" }
local vm = tank:filesystem "vm"
for i = 1, 50 do vm:snapshot("hourly-" .. i) end

-- Fifty times fifty questions, and something to work out about each answer.
job "look" { at = "2s", design = as, program = { sync = sync } } (function(zfs)
  local used = 0
  for _ = 1, 50 do
    for snapshot in zfs.list.snapshots("tank/vm") do
      used = used + zfs.get_prop(snapshot, "used")
      compute "400us"
    end
  end
end)
process "app" { at = "2100ms" } (function() vm:write "1MiB" vm:fsync() end)
process "list" { at = "2200ms" } (function() sh "zfs list tank" end)

expect "it takes about a second" { on = "all", completes = { "look", "app", "list" } } (function(run)
  return run.jobs.look.latency_ns > duration "1s", run.jobs.look.latency_ns
end)
expect "others wait for its end" { on = { "base", "sync-task" } } (function(run)
  return run.processes.list.latency_ns > duration "500ms", run.processes.list.latency_ns
end)
expect "in the middle the sync waits for the reader, and new readers for the sync" { at = "2500ms",
  D = { "txg_sync", "app", "list" }, R = "look" }
expect "it waits for no txg, and holds one up" (function(run)
  return run.jobs.look.txgs == 0 and run.jobs.look.sync_lock_split.blocked > duration "500ms", run.jobs.look.txgs
end)
variant "sync-task" { sync = true }
expect "then it is txg_sync that runs" { on = "sync-task", at = "2500ms", R = "txg_sync", S = "look", D = "list" }
control "by-ioctls" { as = "ioctl" }
expect "between two calls everybody gets in" { on = "by-ioctls" } (function(run)
  return run.processes.list.latency_ns < duration "20ms" and run.processes.app.latency_ns < duration "500ms",
    run.processes.list.latency_ns
end)
