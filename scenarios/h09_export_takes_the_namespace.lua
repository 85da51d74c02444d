-- Exporting a suspended pool takes the lock of all pools with it (H09).
--
-- The sick pool has lost its disks; `zpool export` waits for its txg with spa_namespace_lock
-- held. From then on no `zpool` command works on any pool, while data on the healthy one
-- flows as ever. The cure is to refuse at the start, which the second arm shows: then only
-- those who need the sick pool hang.
-- Source: openzfs/zfs #2023, #1857, #5345, #6649; guarded by 87a63dd702 (2015).
machine { cores = 2 }

local guard = param("guard", false, { help = "refuse to export a suspended pool" })

local sick = pool "sick" { disks = 1, disk = "ssd" }
local well = pool "well" { disks = 1, disk = "ssd" }
local logs = sick:filesystem "logs"
local web = well:filesystem "web"
local spa_namespace = sick:lock "spa_namespace"

local export_old = syscall "spa_export_common" (function()
  spa_namespace:lock()
  sick:wait_synced()
  spa_namespace:unlock()
end)

process "logger" { at = "3s" } (function() logs:write "1MiB" logs:fsync() end)
fault { at = "2s", offline = sick }
process "export" { at = "10s" } (function()
  if guard then mark("refused", sh "zpool export sick") else export_old() end
end)
process "status" { at = "11s" } (function() sh "zpool status well" mark("status", now()) end)
writers "httpd" { count = 2, rate = "5MB/s", dataset = web }

expect "a lost pool, and the administration of all pools with it" {
  verdict = "external", root = "sick", D = { "sick/txg_sync", "export", "status" },
  hung = { "logger", "export", "status" },
  detector = { "sick/txg_sync", "logger", "export", "status" }, freed_by = {}, not_freed_by = "kill export",
}
expect "writing to the healthy pool goes on" { on = { "base", "guarded" }, at = "100s" } (function(run)
  return run.pools.well.txgs[1].state == "C" and run.loads.httpd.bytes > 5000000 * 90, run.loads.httpd.bytes
end)

variant "guarded" { guard = true }
expect "refused at once, the command harms nobody" { on = "guarded", completes = { "export", "status" }, hung = { "logger" } }
  (function(run) return run.marks.refused[1].value ~= 0 and run.processes.export.latency_ns < duration "1s" end)
