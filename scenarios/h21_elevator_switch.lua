-- Changing the I/O scheduler of the disk that holds the scheduler's module (H21).
--
-- The writer of queue/scheduler freezes the queue and then asks for a module; modprobe
-- reads it from that disk. Here the right victim is the one that looks like the culprit:
-- the writer waits killably, and its death lets the queue go on.
-- Source: Linux commit 734e1a8603 "block: Prevent deadlocks when switching elevators" (2024).
machine { cores = 4 }

local load_first = param("load_first", false, { help = "load the module before freezing the queue" })
local unfrozen = gate "queue" { by = "tuned" }

local read = syscall "read" (function() unfrozen:pass() compute "20us" end)
local modprobe = callback "modprobe" { place = "process", wait = "killable" } (function() read() end)

local store = syscall "elv_iosched_store" (function()
  if load_first then pcall(modprobe) end
  unfrozen:close()
  compute "10us"
  if not load_first then pcall(modprobe) end    -- request_module()
  unfrozen:open()
end)

process "tuned" { at = "10ms" } (function() store() end)
process "backup" { at = "20ms" } (function() read() end)

expect "the helper waits for its caller's queue" {
  verdict = "deadlock", cycle = { "tuned", "modprobe" }, DK = "tuned", D = { "modprobe", "backup" },
  detector = { "modprobe", "backup" }, freed_by = "kill tuned", not_freed_by = "kill modprobe",
}
fix "load-first" { load_first = true }
