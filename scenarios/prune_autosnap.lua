-- Prune a Nextcloud pool that hourly and daily snapshots have filled: keep the newest five.
--
--   txgsim compare prune_autosnap.lua
--
-- The listing (`zfs list -t snapshot`) shows snapshots alone; the filesystem that they
-- imply is made with them. Sixteen of one filesystem: eleven go.
machine { cores = 4 }

pool "ncdata" { import = "autosnap.txt", disks = 2, disk = "ssd" }

writers "cloud" { count = 8, rate = "40MB/s", dataset = "ncdata", fsync_every = 64 }

job "prune" { at = "6s" } (function(zfs)
  local snapshots, destroyed = {}, 0
  for snapshot in zfs.list.snapshots("ncdata") do snapshots[#snapshots + 1] = snapshot end
  local keep = #snapshots > 5 and 5 or 3
  for i = 1, #snapshots - keep do
    if zfs.sync.destroy(snapshots[i]) == 0 then destroyed = destroyed + 1 end
  end
  mark("destroyed", destroyed)
end)

expect "eleven of sixteen go" { on = "all", completes = "prune", within = "60s" }
  (function(run) return run.marks.destroyed[1].value == 11, run.marks.destroyed[1].value end)
expect "every interface leaves the same pool" { on = "compare" }
  (function(compare) return compare.same_tree and compare.deferrable end)
