-- `zpool attach` wants a place in a txg while it holds all config locks as writer (H11).
--
-- dmu_tx_assign returns at once on an idle pool. On a loaded one it waits for a sync to make
-- room, and that sync waits for the config lock. So it passes every test that does not write
-- at the same time.
-- Source: openzfs/zfs #18210, fixed by f8457fbdc4 (2026).
machine { cores = 4 }

local load = param("load", "400MB/s", { help = "written meanwhile" })
local assign_first = param("assign_first", false, { help = "use a transaction from before the locks" })

local tank = pool "tank" { disks = 1, disk = { service = "100us", bandwidth = "100MB/s" }, dirty_data_max = "64MiB",
  zfs_delay_min_dirty_percent = 100 }           -- no delays on the way to the limit
local vm = tank:filesystem "vm"
local all = tank:lock "SCL_ALL"

local attach = syscall "spa_vdev_attach" (function()
  local tx
  if assign_first then tx = tank:assign "4KiB" end
  if assign_first then tx:commit() end
  all:write()
  sleep "2ms"                                   -- labels of the new device
  if not assign_first then
    tx = tank:assign "4KiB"                     -- vdev_rebuild_initiate
    tx:commit()
  end
  all:unlock()
end)
if load ~= "none" then writers "db" { count = 8, rate = load, dataset = vm, stop_at = "20s" } end
process "attach" { at = "10s" } (function() attach() end)

expect "the sync that would make room waits for the lock" {
  verdict = "deadlock", cycle = { "attach", "txg_sync" }, D = { "attach", "txg_sync", "db" },
  detector = { "attach", "txg_sync", "db" }, freed_by = {},
}
control "idle-pool" { load = "none" }
fix "take-the-transaction-first" { assign_first = true }
