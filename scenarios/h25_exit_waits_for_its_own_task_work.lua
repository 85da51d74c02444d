-- An exiting task waits for requests that only it can complete (H25).
--
-- A request is finished by task work: a function that runs when its owner next returns to
-- user mode, or late in its exit. The owner is in its exit already, and waits for the
-- request before it gets there. SIGKILL has been spent: only a reboot helps.
-- Source: axboe/liburing #294 (2021), fixed by b1b6b5a30d (cancel before task works).
machine { cores = 2 }

local by_task_work = param("by_task_work", true, { help = "false: the interrupt completes the request itself" })

local completed = completion "requests" { by = { "app", "irq" } }
local ring = file "ring" { release = function()
  completed:wait()                              -- io_uring_cancel: wait until nothing is in flight
end }

local setup = syscall "io_uring_setup" (function() ring:open() end)

local app = process "app" (function()
  setup()
  sleep "1ms"
end)

kthread "irq" { at = "5ms" } (function()        -- the device answers while the owner exits
  if by_task_work then
    task_work(app, function() completed:complete() end)
  else
    completed:complete()
  end
end)

expect "it waits for itself, at exit" { verdict = "deadlock", cycle = "app", D = "app", detector = "app", freed_by = {} }
fix "complete-in-the-interrupt" { by_task_work = false }
