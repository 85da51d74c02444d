-- An import reads from a disk that answers nothing, and the administration of all pools waits.
--
-- `zpool import` holds spa_namespace_lock from its first read to the end of the txg that claims the
-- log. If a disk keeps silent meanwhile, every command on every pool waits for it: those that name
-- a pool in D, where no signal reaches them; those that ask for all pools in S, so Ctrl-C ends them.
-- Data on the other pools flows as ever. The control imports from a disk that is merely slow.
-- Source: OpenZFS module/zfs/spa.c:spa_import, spa_config.c:spa_all_configs.
machine { cores = 2, stop_at = "5min" }

local how = param("how", "silent", { choices = { "silent", "slow" } })
local old = pool "old" { disks = 1, disk = "hdd" }
local web = pool "web" { disks = 1, disk = "ssd" }
local www = web:filesystem "www"

process "export" { at = "1s" } (function() sh "zpool export old" end)
if how == "silent" then
  fault { at = "9s", stall = "old/disk0" }
else
  fault { at = "9s", slow = { "old/disk0", 20 } }
end
process "import" { at = "10s" } (function() mark("import", sh "zpool import old") end)
process "snapshot" { at = "11s" } (function() sh "zfs snapshot web/www@a" end)
process "list" { at = "11s" } (function() sh "zfs list" end)
writers "httpd" { count = 2, rate = "5MB/s", dataset = www, stop_at = "60s" }
fault { at = "30s", kill = "list" }

expect "who names a pool hangs in D, who asks for all of them in S" { at = "25s",
  D = { "import", "snapshot" }, S = "list", hung = { "import", "snapshot", "list" }, verdict = "external", root = "old" }
expect "one silent disk of one pool, and nobody administers the others" {
  verdict = "external", root = "old", D = { "import", "snapshot" }, hung = { "import", "snapshot" },
  detector = { "import", "snapshot" }, freed_by = "complete old", not_freed_by = { "kill import", "kill snapshot" } }
  (function(run)
    return run.processes.list.kill_to_exit_ns < duration "1s" and run.loads.httpd.bytes > 5000000 * 55,
      run.loads.httpd.bytes
  end)
control "slow" { how = "slow" }
expect "a slow one is waited for" { on = "slow", completes = { "import", "snapshot" } } (function(run)
  local took = run.processes.snapshot.latency_ns
  return run.marks.import[1].value == 0 and took > duration "1s", took
end)
