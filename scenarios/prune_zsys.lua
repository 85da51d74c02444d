-- Prune a root pool with per-directory datasets (zsys): the newest five of a filesystem
-- stay, three where it has no more than five, two where it has no more than three.
--
--   txgsim compare prune_zsys.lua
--
-- Five, or three where it has fewer, would spare nine of the thirteen snapshots: only three
-- filesystems have any, with five, five and three. Four would go, which is less than a third.
--
-- The listing ends in the middle of a filesystem, as its public copy does.
machine { cores = 2, profile = "x86-64-mitigated" }

pool "rpool" { import = "zsys.txt", disks = 1, disk = "nvme" }

writers "desktop" { count = 2, rate = "5MB/s", size = "32KiB", dataset = "rpool/ROOT/ubuntu_dwwf56" }

job "prune" { at = "6s" } (function(zfs)
  local destroyed = 0
  local function prune(dataset)
    local snapshots = {}
    for snapshot in zfs.list.snapshots(dataset) do snapshots[#snapshots + 1] = snapshot end
    local keep = #snapshots > 5 and 5 or #snapshots > 3 and 3 or 2
    for i = 1, #snapshots - keep do
      if zfs.sync.destroy(snapshots[i]) == 0 then destroyed = destroyed + 1 end
    end
    for child in zfs.list.children(dataset) do prune(child) end
  end
  prune("rpool")
  mark("destroyed", destroyed)
end)

expect "five of thirteen go" { on = "all", completes = "prune", within = "60s" }
  (function(run) return run.marks.destroyed[1].value == 5, run.marks.destroyed[1].value end)
expect "every interface leaves the same pool" { on = "compare" }
  (function(compare) return compare.same_tree and compare.deferrable end)
