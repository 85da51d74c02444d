-- A permission daemon logs to a service whose file opens it must permit (H19).
--
-- The daemon writes a line a decision into the logger's socket; the logger rotates and
-- waits for a worker that opens a file; the open waits for the daemon. With room in the
-- socket it merely looks slow. The daemon itself is in S: killing it answers all open
-- questions, and everything goes on.
-- Source: linux-application-whitelisting/fapolicyd PR #342 (2025), issue #427 (2026).
machine { cores = 4 }

local room = param("room", 4, { help = "lines that fit into the logger's socket" })
local opener_wait = param("opener_wait", "killable", { choices = { "D", "killable" }, help = "D: kernels as old as 4.4" })

local socket = queue "syslog_socket" { capacity = room }
local offline, done = queue "offline", queue "offline_done"

local fapolicyd = server "fapolicyd" { threads = 1, wait = opener_wait, on_death = 0 }
fapolicyd:serve(function(request)
  compute "5us"
  socket:put("allow " .. request.from)
  return "allow"
end)
local open = syscall "open" (function() return fapolicyd:request("OPEN_PERM") end)

local journald = process "journald" (function()
  socket:get()
  sleep "20ms"                                  -- rotating; meanwhile the socket fills
  offline:put("system.journal")
  done:get()
end)
journald:thread "worker" (function()
  offline:get()
  open()
  done:put(true)
end)

process "rsync" (function() for _ = 1, 8 do open() end end)

expect "the ring closes through a full socket" {
  verdict = "deadlock", cycle = { "fapolicyd", "journald", "worker" }, S = { "fapolicyd", "journald" },
  DK = { "worker", "rsync" }, detector = {}, freed_by = "kill fapolicyd",
}
variant "old-kernel" { opener_wait = "D" }
expect "openers are in D, and killing the daemon still frees all" {
  on = "old-kernel", verdict = "deadlock", D = { "worker", "rsync" }, detector = { "worker", "rsync" },
  freed_by = "kill fapolicyd", not_freed_by = "kill rsync",
}
control "roomy-socket" { room = 64 }
