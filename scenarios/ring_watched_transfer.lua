-- A transfer that another thread watches, and stops when it gets too slow.
--
-- The transfer posts a completion after each chunk. Who reads them needs no other channel: no
-- completion for half a second means that it has stalled, and a graceful cancel leaves whole
-- chunks behind, so that the next attempt knows where to go on. A plain cancel comes too late
-- for what runs (EALREADY) and leaves nothing that one could rely on.
machine { cores = 2 }

local graceful = param("graceful", true)

local tank  = pool "tank" { disks = 1, disk = "ssd" }
local film  = tank:filesystem "film" { used = "4GiB" }
local eth0  = device "eth0" { service = "10ms", bandwidth = "125MB/s" }
local uring = ring "uring" { entries = 8, workers = 2 }
local ended = queue "ended"

local copy = process "copy" (function()
  uring:submit { op = "sendfile", from = film, to = eth0, size = "1GiB", chunk = "4MiB", user_data = 1 }
  mark("sent", ended:get())
end)

copy:thread "watch" { at = "1ms" } (function()
  local done
  repeat
    local cqe, err = uring:wait(1, { timeout = "500ms" })
    if err == ETIME then
      uring:submit { op = "cancel", target = 1, graceful = graceful, user_data = 2 }
    elseif cqe.user_data == 2 then
      mark("cancel", cqe.res)
    elseif not cqe.more then
      done = cqe.res
    end
  until done
  ended:put(done)
end)

fault { at = "2s", slow = { eth0, 100 } }

expect "stopped at the end of a chunk" (function(run)
  local sent = run.marks.sent[1].value
  return sent > 0 and sent < bytes "1GiB" and sent % bytes "4MiB" == 0 and run.marks.cancel[1].value == 0, sent
end)

variant "at-once" { graceful = false }
expect "nothing is known of the last chunk" { on = "at-once" } (function(run)
  return run.marks.sent[1].value == -ECANCELED and run.marks.cancel[1].value == -EALREADY
end)
