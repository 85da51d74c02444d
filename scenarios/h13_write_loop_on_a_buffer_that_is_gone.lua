-- A write loop on a buffer that is gone: busy, unkillable, and never in the kernel's log (H13).
--
-- The copy from user memory fails, the loop tries again with a new transaction, and nothing in
-- it looks for a fatal signal. The pool syncs on, so it looks healthy. Those that are reported
-- are the victims, readers of the same file, in D behind the range lock; the culprit runs.
-- Source: openzfs/zfs #17129, #18740, fixed by 54828b3aa2 (2026).
machine { cores = 2 }

local again = param("again", true, { help = "try again after EFAULT" })
local tank = pool "tank" { disks = 1, disk = "ssd" }
local zfs_rangelock = rwsem "zfs_rangelock"
local gone = shared "gone" { value = false }

local pwrite = syscall "pwrite" (function()
  zfs_rangelock:write()
  while true do
    local tx = tank:assign "1B"
    compute "5ms"                               -- copy_from_user, until the first missing page
    tx:commit()
    if not gone:get() then break end
    if not again then zfs_rangelock:unlock() error(EFAULT) end
    retry "EFAULT"
  end
  zfs_rangelock:unlock()
end)
local pread = syscall "pread" (function() zfs_rangelock:read() compute "10us" zfs_rangelock:unlock() end)

process "smbd" (function() gone:set(true) pwrite() end)
for i = 1, 2 do process("reader" .. i) { at = "1s" } (function() pread() end) end
fault { at = "10s", kill = "smbd" }

expect "the root runs, its victims are reported, and SIGKILL stays pending" {
  verdict = "livelock", root = "smbd", R = "smbd", D = { "reader1", "reader2" }, hung = { "smbd", "reader1", "reader2" },
  detector = { "reader1", "reader2" }, freed_by = {}, not_freed_by = "kill smbd",
} (function(run) return run.pools.tank.txg_synced > 40, run.pools.tank.txg_synced end)
fix "fail-with-EFAULT" { again = false }
