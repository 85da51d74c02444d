-- A parent of vfork is in D for 100 s, and nothing is wrong (H27).
--
-- By design it sleeps until its child has left its memory. ps shows D and the load
-- rises, but the wait is killable and will end: the detector is silent, and so is a tool
-- that does not take every D for a hang.
-- Source: iovisor/bcc #4652 (2023).
machine { cores = 2 }

local vfork = syscall "vfork" (function(child) child:wait { wait = "killable" } end)

process "parent" (function()
  local child = spawn "child" (function() sleep "100s" end)
  vfork(child)
end)
process "other" { at = "1s" } (function() compute "1ms" end)

expect "D, killable, and merely slow" { at = "50s", verdict = "slow", DK = "parent", S = "child" }
expect "it ends by itself, and nobody was reported" { verdict = "completed", completes = "parent", detector = {} }
  (function(run) return run.end_ns >= duration "100s" and run.end_ns < duration "101s", run.end_ns end)
