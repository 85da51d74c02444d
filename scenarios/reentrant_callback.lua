-- A callback that calls back into the kernel for the lock that its caller holds.
--
-- The kernel holds a mutex, asks user code, and user code asks the kernel for something
-- that needs the same mutex. On the same thread nobody else is involved: it waits for
-- itself. SIGKILL is of no use, since a mutex wait is D.
machine { cores = 2 }

local drop_lock = param("drop_lock", false, { help = "release the lock around the callback, and look again after it" })
local namespace = mutex "namespace_lock"

local list = syscall "list" (function()
  local hold <close> = namespace:lock()
  compute "5us"
end)

local decide = callback "decide" (function(snapshot)
  list()
  return snapshot == "old"
end)

local prune = syscall "prune" (function()
  namespace:lock()
  compute "5us"
  if drop_lock then namespace:unlock() end
  local destroy = decide("old")
  if drop_lock then namespace:lock() end
  if destroy then compute "20us" end
  namespace:unlock()
end)

process "app" (function() prune() end)
process "zfs" { at = "10ms" } (function() list() end)

expect "the caller waits for itself, and others behind it"
  { verdict = "deadlock", cycle = "app", D = { "app", "zfs" }, detector = { "app", "zfs" }, freed_by = {} }
control "lock-dropped" { drop_lock = true }
