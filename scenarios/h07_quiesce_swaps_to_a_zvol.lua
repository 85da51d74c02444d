-- The quiesce thread allocates memory while nobody can join a txg, and swap is on a zvol (H07).
--
-- Reclaim writes to swap, swap is a volume of the pool, and writing there needs a place in a
-- txg: behind the lock that the allocating thread holds. It takes three ordinary things at
-- once (little memory, swap, swap there), and the pool is gone with all of its writers.
-- Source: openzfs/zfs #1274, fixed by 57f5a2008e (2013); the like of it is open as #18200.
machine { cores = 2 }

local low = param("low", true, { help = "free memory is under the watermark at that moment" })
local swap = param("swap", "zvol", { choices = { "zvol", "disk" } })
local may_swap = param("may_swap", true, { help = "the allocation may start I/O" })

local tc_open_lock = mutex "tc_open_lock"
local zvol = workers "zvol" { count = 1 }
local sda = device "sda" { service = "100us", bandwidth = "500MB/s" }

local swap_out = kfunc "shrink_inactive_list" (function()
  if swap == "disk" then
    sda:io "1MiB"
    return
  end
  zvol:queue("zvol_write", function()
    tc_open_lock:lock()                         -- dmu_tx_assign
    compute "5us"
    tc_open_lock:unlock()
  end):wait()
end)
local alloc = kfunc "kmem_alloc" (function() if low and may_swap then swap_out() end end)

kthread "txg_quiesce" { at = "1s" } (function()
  tc_open_lock:lock()
  alloc()
  tc_open_lock:unlock()
end)
local write = syscall "write" (function()
  tc_open_lock:lock()
  compute "5us"
  tc_open_lock:unlock()
end)
process "app" { at = "2s" } (function() write() end)

expect "the pool waits for itself, and every writer behind it" {
  verdict = "deadlock", cycle = { "txg_quiesce", "zvol" }, D = { "txg_quiesce", "zvol/1", "app" },
  detector = { "txg_quiesce", "zvol/1", "app" }, freed_by = {},
}
control "enough-memory" { low = false }
control "swap-elsewhere" { swap = "disk" }
fix "allocate-without-io" { may_swap = false }
