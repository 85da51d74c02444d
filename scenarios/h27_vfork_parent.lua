-- A parent of vfork is in D for 100 s, and nothing is wrong (H27).
--
-- By design it sleeps until its child has left its memory. ps shows D and the load
-- rises, but the wait is killable and will end: the detector is silent, and so is a tool
-- that does not take every D for a hang.
--
-- The arm `traced` is a hang with the same letter: a tracer that wants to let go has stopped the
-- child, and waits for the parent to stop too, which it does only after vfork. The kernel resumes
-- what a tracer leaves behind, so that SIGKILL to the tracer frees all. In ps the child would
-- have the letter t; here its tracing stop is a wait in S.
-- Source: iovisor/bcc #4652 (2023); strace/strace #277 (2023).
machine { cores = 2 }

local traced = param("traced", false, { help = "a tracer stops the child, and waits for the parent" })

local resumed = completion "ptrace_resume" { by = traced and "strace" or "outside" }
local stopped = completion "parent_stop" { by = "parent" }
local tracees = file "tracees" { release = function() resumed:complete_all() end }
local running = file "running" { release = function() stopped:complete() end }  -- an end is a stop too
local ptrace_stop = syscall "ptrace_stop" (function() resumed:wait { wait = "S" } end)
local attach = syscall "ptrace_attach" (function() tracees:open() end)
local wait4 = syscall "wait4" (function() stopped:wait { wait = "S" } end)
local run = syscall "execve" (function() running:open() end)

local vfork = syscall "vfork" (function(child) child:wait { wait = "killable" } end)

process "parent" (function()
  if traced then run() end
  local child = spawn "child" (function()
    if traced then ptrace_stop() else sleep "100s" end
  end)
  vfork(child)
end)
if traced then
  process "strace" { at = "1ms" } (function()
    attach()
    wait4()                                       -- only then PTRACE_DETACH, for each
  end)
end
process "other" { at = "1s" } (function() compute "1ms" end)

expect "D, killable, and merely slow" { on = "base", at = "50s", verdict = "slow", DK = "parent", S = "child" }
expect "it ends by itself, and nobody was reported" { verdict = "completed", completes = "parent", detector = {} }
  (function(run) return run.end_ns >= duration "100s" and run.end_ns < duration "101s", run.end_ns end)

variant "traced" { traced = true }
expect "each waits for the next, nobody in plain D, and killing the tracer frees all" {
  on = "traced", verdict = "deadlock", cycle = { "strace", "parent", "child" }, DK = "parent",
  S = { "child", "strace" }, freed_by = "kill strace", detector = {},
}
