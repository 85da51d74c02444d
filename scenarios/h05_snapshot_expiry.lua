-- Pruning the cache cancels an automount's expiry, and waits for it, with the superblock locked (H05).
--
-- The expiry runs umount as a user program; umount wants that superblock. "Cancel, and wait
-- until it has ended" is harmless for a task that has not begun and fatal for one that has.
-- Source: openzfs/zfs #17941, fixed by 88d012a1d6 (2025).
machine { cores = 2 }

local prune_after = param("prune_after", "20us", { help = "from the start of the expiry to the prune" })
local busy = param("busy", false, { help = "the task queue has other work first: the expiry has not begun" })
local wait = param("wait", true, { help = "cancel waits for a task that runs already" })

local s_umount = mutex "s_umount"
local taskq = workers "zfs_expire" { count = 1 }

local unmount = syscall "umount" (function()
  compute "40us"
  s_umount:lock()
  compute "10us"
  s_umount:unlock()
end)
local umount = callback "umount" { place = "process" } (function() unmount() end)

kthread "arc_prune" (function()
  if busy then taskq:queue("other", function() sleep "10ms" end) end
  local expiry = taskq:queue("snapentry_expire", function() umount() end)
  sleep(prune_after)
  s_umount:lock()                               -- deactivate_super, by memory pressure
  compute "5us"
  expiry:cancel { wait = wait }
  s_umount:unlock()
end)

expect "three wait in a ring that leads through a user process" {
  verdict = "deadlock", cycle = { "arc_prune", "zfs_expire", "umount" },
  D = { "arc_prune", "zfs_expire/1", "umount" }, detector = { "arc_prune", "zfs_expire/1", "umount" }, freed_by = {},
}
control "the-expiry-has-not-begun" { busy = true }
control "umount-comes-first" { prune_after = "5ms" }
fix "cancel-without-waiting" { wait = false }
