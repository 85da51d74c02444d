-- Prune a home pool under a sanoid policy: keep the newest five of nine.
--
--   txgsim compare prune_sanoid.lua
machine { cores = 2 }

pool "zhome" { import = "sanoid.txt", disks = 1, disk = "hdd" }

job "prune" { at = "6s" } (function(zfs)
  local snapshots, destroyed = {}, 0
  for snapshot in zfs.list.snapshots("zhome/home") do snapshots[#snapshots + 1] = snapshot end
  local keep = #snapshots > 5 and 5 or 3
  for i = 1, #snapshots - keep do
    if zfs.sync.destroy(snapshots[i]) == 0 then destroyed = destroyed + 1 end
  end
  mark("destroyed", destroyed)
end)

expect "four of nine go" { on = "all", completes = "prune", within = "60s" }
  (function(run) return run.marks.destroyed[1].value == 4, run.marks.destroyed[1].value end)
expect "every interface leaves the same pool" { on = "compare" }
  (function(compare) return compare.same_tree and compare.deferrable end)
