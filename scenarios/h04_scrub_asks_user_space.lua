-- A scrub starts a user program and waits for it, and the program is on the locked pool (H04).
--
-- `zpool scrub` of a root pool held the config lock as writer while the kernel ran modprobe;
-- modprobe's own pages had to be read through that lock. Whether it hangs depends on the
-- cache alone, so the same command works all week and not after a reboot.
-- Source: openzfs/zfs #8664, fixed by 2a0d41889e (2019).
machine { cores = 2 }

local cold = param("cold", true, { help = "the helper's pages are not in the ARC" })
local wait = param("wait", true, { help = "the caller waits for the helper to exit (UMH_WAIT_PROC)" })

local tank = pool "tank" { disks = 1, disk = "ssd" }
local config = tank:lock "SCL_CONFIG"

local page_in = kfunc "zio_read" (function()
  if not cold then return end
  config:read()
  sleep "100us"
  config:unlock()
end)
local exec = syscall "execve" (function() page_in() compute "20us" end)
local modprobe = callback "modprobe" { place = "process" } (function() exec() end)

local scan = syscall "zfs_ioc_pool_scan" (function()
  config:write()
  compute "10us"
  if wait then
    modprobe()
  else
    spawn "modprobe" (function() page_in() end)
  end
  config:unlock()
end)
process "zpool" { at = "1s" } (function() scan() end)

expect "each waits for the other, and the next txg behind both" {
  verdict = "deadlock", cycle = { "zpool", "modprobe" }, D = { "zpool", "modprobe", "txg_sync" },
  hung = { "zpool", "modprobe" }, detector = { "zpool", "modprobe", "txg_sync" }, freed_by = {},
} (function(run)
  local at = run.detector[1].at_ns
  return at > duration "121s" and at <= duration "241s", at
end)
control "warm-cache" { cold = false }
fix "do-not-wait" { wait = false }
control "do-not-wait-warm" { wait = false, cold = false }
