-- A database overwrites its own file below a quota, and yet runs out of space.
--
-- Overwriting frees as much as it writes, until a snapshot keeps the old blocks: from then
-- on every write counts against the quota. Near it each transaction reserves 24 times its
-- size (spa_asize_inflation), so writers first slow down to the pace of txgs, then get
-- EDQUOT. Destroying the snapshot lets them go on; with `refquota`, which counts the head
-- alone, it never happens.
machine { cores = 2 }

local limit = param("limit", "quota", { help = "quota or refquota" })
local tank = pool "tank" { disks = 1, disk = "nvme" }
local db = tank:filesystem "db" { used = "600MiB", properties = { [limit] = "1G" } }

writers "postgres" { rate = "100MB/s", dataset = db }

operator "root" { at = "2s" } (function()
  sh "zfs snapshot tank/db@before-upgrade"
  sleep "15s"
  sh "zfs list -o space tank/db"
  sleep "3s"
  sh "zfs destroy tank/db@before-upgrade"
  sh "zfs list -o space tank/db"
  sleep "10s"
end)

expect "the writer gets EDQUOT while the snapshot is there" { on = "base", verdict = "completed" }
  (function(run) return run.loads.postgres.errors.EDQUOT > 100, run.loads.postgres.errors.EDQUOT end)
variant "refquota" { limit = "refquota" }
expect "a refquota counts the head alone" { on = "refquota", verdict = "completed" }
  (function(run) return run.loads.postgres.errors.EDQUOT == 0, run.loads.postgres.errors.EDQUOT end)
