-- `zpool set` wants as writer the lock that it holds as reader (H03).
--
-- No second thread is needed: the lock does not know that its last reader is the caller.
-- The next txg queues behind the waiting writer, and so the whole pool stops.
-- Source: openzfs/zfs #18637, fixed by 77e64d86e8 (2026).
machine { cores = 2 }

local drop = param("drop", false, { help = "drop the read hold around the property's handler" })
local tank = pool "tank" { disks = 1, disk = "ssd" }
local scl_config = tank:lock "SCL_CONFIG"

local set_prop = syscall "zfs_ioc_pool_set_props" (function()
  scl_config:read()
  compute "10us"
  if drop then scl_config:unlock() end
  scl_config:write()                            -- vdev_allocating_set: all config locks as writer
  compute "10us"
  scl_config:unlock()
  if not drop then scl_config:unlock() end
end)
process "zpool" { at = "1s" } (function() set_prop() end)

local app = tank:filesystem "app"
process "app" { at = "2s" } (function() app:write "1MiB"  app:fsync() end)

expect "it waits for itself, and the pool behind it" {
  verdict = "deadlock", cycle = "zpool", D = { "zpool", "txg_sync", "app" },
  detector = { "zpool", "txg_sync", "app" }, freed_by = {},
}
fix "drop-the-read-hold" { drop = true }
