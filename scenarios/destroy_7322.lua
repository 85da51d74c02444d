-- `zfs destroy -r backup@%`: 7,322 snapshots by one command, a txg for each or one for all.
--
-- Up to OpenZFS 2.4 the command's one ioctl ran one channel program: one txg, and all snapshots or
-- none. Since 2026 (commit 1cec121afb) it is a sync task, and so a txg, for each: it takes minutes, an
-- error leaves what was done before, and others get in between; the batch stops them for all of its
-- work. Neither can be interrupted: the ioctl looks at no signal before its last txg, and since the
-- thread sleeps and wakes for each, the hung-task detector is silent all along.
--
--   txgsim run destroy_7322.lua --arms
machine { cores = 4, stop_at = "60min" }

local destroys = param("destroys", "one_by_one", { choices = { "one_by_one", "batched" } })
local hosts = param("hosts", 697, { help = "filesystems with 10 or 11 snapshots each" })
local held = param("held", false, { help = "the very last snapshot is held (with up to 351 hosts)" })
local killed = param("killed", "never", { help = "when the command gets SIGKILL" })

local backup = pool "backup" { disks = 6, disk = "hdd", destroys = destroys }
local snapshots = 0
for i = 1, hosts do
  local host = backup:filesystem(string.format("host%03d", i))
  for day = 1, i % 697 < 352 and 11 or 10 do
    local snapshot = host:snapshot("day" .. day) { used = "1MiB" }
    snapshots = snapshots + 1
    if held and i == hosts and day == 11 then snapshot:hold "keep" end
  end
end
local other = backup:filesystem "other"

process "destroy" { at = "6s" } (function() mark("exit", sh "zfs destroy -r backup@%") end)
if killed ~= "never" then fault { at = killed, kill = "destroy" } end
-- What others find meanwhile: a snapshot and a listing each 200 ms, a hundred times.
process "admin" { at = "6.4s" } (function()
  for i = 1, 100 do
    local start = now()
    sh("zfs snapshot backup/other@s" .. i)
    mark("admin", now() - start)
    sleep "200ms"
  end
end)
process "reader" { at = "6.4s" } (function()
  for _ = 1, 100 do
    local start = now()
    sh "zfs list backup/other"
    mark("list", now() - start)
    sleep "200ms"
  end
end)

local function worst(list)
  local most = 0
  for i = 1, #list do most = math.max(most, list[i].value) end
  return most
end
local function tasks(run)
  return run.processes.destroy.txgs
end

expect "one by one: 7,322 txgs, minutes" { completes = "destroy" } (function(run)
  return snapshots == 7322 and tasks(run) == 7322 and run.marks.exit[1].value == 0
    and run.processes.destroy.latency_ns > duration "5min", run.processes.destroy.latency_ns
end)
expect "one by one: nobody else waits for more than two of its txgs" (function(run)
  return worst(run.marks.admin) < duration "500ms" and worst(run.marks.list) < duration "50ms", worst(run.marks.admin)
end)

variant "batched" { destroys = "batched" }
expect "batched: one txg, seconds" { on = "batched", completes = "destroy" } (function(run)
  return tasks(run) == 1 and run.marks.exit[1].value == 0 and run.processes.destroy.latency_ns < duration "5s",
    run.processes.destroy.latency_ns
end)
expect "batched: who comes meanwhile waits for all of it" { on = "batched" } (function(run)
  return worst(run.marks.admin) > duration "500ms" and worst(run.marks.list) > duration "100ms", worst(run.marks.list)
end)

variant "held" { hosts = 20, held = true }
variant "held-batched" { hosts = 20, held = true, destroys = "batched" }
expect "one by one: what came before the error is gone" { on = "held" } (function(run)
  return run.marks.exit[1].value == 1 and tasks(run) == 219, tasks(run)
end)
expect "batched: nothing is gone, and no txg was waited for" { on = "held-batched" } (function(run)
  return run.marks.exit[1].value == 1 and tasks(run) <= 1, tasks(run)
end)

variant "killed" { hosts = 100, killed = "10s" }
expect "one by one: SIGKILL acts when all is done, and nobody reports the thread" { on = "killed", detector = {} } (function(run)
  return tasks(run) == 1100 and run.processes.destroy.kill_to_exit_ns > duration "50s", run.processes.destroy.kill_to_exit_ns
end)
