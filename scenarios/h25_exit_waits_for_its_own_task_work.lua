-- An exiting task waits for requests that only it can complete (H25).
--
-- A request is finished by task work: a function that runs when its owner next returns to
-- user mode, or late in its exit. The owner is in its exit already, and waits for the
-- request before it gets there. SIGKILL has been spent: only a reboot helps.
-- The same with the roles apart: a kernel worker tears the ring down, and the owner, who alone
-- can complete the request, is stopped. Whoever continues or kills the owner frees the worker.
-- Source: axboe/liburing #294 (2021), fixed by b1b6b5a30d (cancel before task works).
-- CVE-2023-53461 (the stopped owner).
machine { cores = 2 }

local by_task_work = param("by_task_work", true, { help = "false: the interrupt completes the request itself" })
local stopped = param("stopped", false, { help = "the owner does not exit: it is stopped, and a worker waits" })

local completed = completion "requests" { by = { "app", "irq" } }
local ring = file "ring" { release = function()
  completed:wait()                              -- io_uring_cancel: wait until nothing is in flight
end }

local setup = syscall "io_uring_setup" (function()
  if not stopped then ring:open() end           -- else it has closed it again: the rest is the worker's
end)

local app = process "app" (function()
  setup()
  sleep(stopped and "1h" or "1ms")
end)

kthread "irq" { at = "5ms" } (function()        -- the device answers while the owner exits
  if by_task_work then
    task_work(app, function() completed:complete() end)
  else
    completed:complete()
  end
end)

expect "it waits for itself, at exit" { verdict = "deadlock", cycle = "app", D = "app", detector = "app", freed_by = {} }

if stopped then
  fault { at = "3ms", stop = app }
  kthread "io_ring_exit" { at = "6ms" } (function()
    completed:wait()                            -- io_ring_exit_work
  end)
end
variant "stopped-owner" { stopped = true }
expect "the worker is in D behind a process that somebody has stopped" {
  on = "stopped-owner", verdict = "external", root = "app", T = "app", D = "io_ring_exit",
  detector = "io_ring_exit", freed_by = { "cont app", "kill app" },
}

fix "complete-in-the-interrupt" { by_task_work = false }
