-- Removing a huge file forces one txg after the other.
--
-- A free dirties the blocks of pointers, not the data: 128 KiB for each 128 MiB of file. When
-- that passes 30 % of the dirty data limit in the txgs that are under way, the free asks for the
-- next txg and waits until it is open, and again as long as the sum of all txgs that are not on
-- disk yet is above. So it cannot fill memory by itself, and turns into a train of short txgs.
machine { cores = 4 }

local percent = param("percent", 30)
local tank = pool "tank" { disks = 2, disk = "ssd", dirty_data_max = "256MiB", txg_timeout = "60s",
  zfs_per_txg_dirty_frees_percent = percent, zfs_dirty_data_sync_percent = 100 }
local vm = tank:filesystem "vm" { used = "1TiB" }

process "rm" { at = "1s" } (function() vm:free "200GiB" end)

local function txgs(run) return #run.pools.tank.txgs - 1 end
expect "200 MiB of pointers against 77 MiB: two waits, each for a few txgs" { completes = "rm" } (function(run)
  return txgs(run) >= 2 and txgs(run) <= 8, txgs(run)
end)
variant "never" { percent = 0 }
expect "without the limit one txg would hold it" { on = "never", completes = "rm" } (function(run)
  return txgs(run) == 0, txgs(run)
end)
