-- A sync task and a status query take the same two locks in opposite order (H02).
--
-- The task runs as writer of the config lock and then logs an error; the query takes the
-- error log first, as a leaf should be taken last. One window, and every writer of the
-- pool pays.
-- Source: openzfs/zfs #14239, fixed by 018f26041d (2022).
machine { cores = 4 }

local ordered = param("ordered", false, { help = "the query takes the config lock first, too" })
local dp_config = rrwlock "dp_config" { track_all = true }
local errlog = mutex "spa_errlog_lock"
local synced = completion "txg_synced" { by = "txg_sync" }

kthread "txg_sync" { at = "1s" } (function()
  dp_config:write()
  compute "20us"
  errlog:lock()
  compute "5us"
  errlog:unlock()
  dp_config:unlock()
  synced:complete_all()
end)

local status = syscall "zpool_status" (function()
  if ordered then dp_config:read() end
  errlog:lock()
  compute "20us"
  if not ordered then dp_config:read() end
  compute "5us"
  dp_config:unlock()
  errlog:unlock()
end)
process "status" { at = "1s" } (function() status() end)

local fsync = syscall "fsync" (function() synced:wait() end)
process "write" { at = "1.1s" } (function() fsync() end)

expect "ABBA, and the writers behind it" {
  verdict = "deadlock", cycle = { "txg_sync", "status" },
  D = { "txg_sync", "status", "write" }, detector = { "txg_sync", "status", "write" }, freed_by = {},
}
fix "one-order" { ordered = true }
