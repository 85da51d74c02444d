-- An exiting process waits for a worker of its ring, which waits for that process (H25).
--
-- The worker's request is completed by task work of the owner: a function that runs when the
-- owner next returns to user mode, or late in its exit. But the exit waits for the workers
-- first. The owner was never killed: it had simply come to its end with a request in flight.
-- Source: axboe/liburing #294 (2021), fixed by b1b6b5a30d (cancel before task works).
machine { cores = 2 }

local by_task_work = param("by_task_work", true, { help = "false: the interrupt completes the request itself" })
local waits = param("waits", false, { help = "whether the owner takes the completion before it ends" })

local completed = completion "request" { by = { "app", "irq" } }
local uring = ring "uring" { entries = 8, workers = 1 }

local getpid = syscall "getpid" (function() return 1 end)
local read = syscall "read" (function() completed:wait() end)

local app = process "app" (function()
  uring:submit { op = "call", syscall = read, user_data = 1 }
  sleep "1ms"
  if waits then
    sleep "10ms"
    getpid()                                      -- the task work runs on the way back to user mode
    uring:wait()
  end
end)

kthread "irq" { at = "5ms" } (function()          -- the device answers
  if by_task_work then
    task_work(app, function() completed:complete() end)
  else
    completed:complete()
  end
end)

expect "each waits for the other, at exit" {
  verdict = "deadlock", cycle = { "app", "uring/1" }, D = { "app", "uring/1" },
  detector = { "app", "uring/1" }, freed_by = {},
}

fix "complete-in-the-interrupt" { by_task_work = false }
control "the-owner-stays" { waits = true }
