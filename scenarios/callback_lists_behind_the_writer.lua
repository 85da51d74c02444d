-- A callback under the config lock whose user code runs `zfs list`.
--
-- The naive callback keeps dp_config_rwlock as reader from its first upcall to its last. The
-- next txg wants that lock as writer, and from then on new readers queue behind it: also the
-- `zfs list` that the callback itself runs, since it is another thread. The callback waits
-- for the writer, the writer for the callback. Before the first txg it worked.
--
-- The lock knows its holders, so on the caller's own thread the same read would pass; gates
-- in its place keep no reader out.
machine { cores = 4 }

local lock = param("lock", "config", { choices = { "config", "gates" } })
local place = param("place", "helper", { choices = { "helper", "inline" } })
local tank = pool "tank" { disks = 2, disk = "ssd" }
local vm = tank:filesystem "vm"
for s = 1, 4 do vm:snapshot("auto" .. s) { used = "8MiB" } end

writers "db" { count = 4, rate = "20MB/s", dataset = vm, stop_at = "120s" }
job "prune" { at = "2s", design = "callback", callback = { lock = lock, place = place } } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do
    compute "3s"                                  -- a txg begins meanwhile
    sh "zfs list tank/vm"
    zfs.sync.destroy(snapshot)
  end
end)

expect "its own list waits behind the writer that waits for it" {
  at = "60s", verdict = "deadlock", cycle = { "prune", "prune/callback" },
  D = { "prune", "prune/callback", "txg_sync" }, frozen = "tank", freed_by = {}, not_freed_by = "kill prune",
}
control "gates" { lock = "gates" }
control "same-thread" { place = "inline" }
