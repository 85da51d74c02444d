-- Prune a large backup pool: 697 filesystems with 7,322 snapshots, the newest five stay.
--
--   txgsim compare prune_7322.lua
--
-- The size is a real one (jollyjinx/ZFS-TimeMachine issue 10, 2013). At this size the
-- difference is no matter of taste: thousands of txgs one after the other, or one, at
-- the price of thousands of reads under the txg sync lock.
machine { cores = 4, profile = "x86-64-mitigated", stop_at = "30min" }

local scale = param("scale", 1, { help = "size of the pool", sweep = "1..100*10" })

local backup = pool "backup" { disks = 6, disk = "hdd" }
local snapshots = 0
for i = 1, 697 * scale do
  local host = backup:filesystem("host" .. i)
  local days = i % 697 < 352 and 11 or 10
  for day = 1, days do host:snapshot("day" .. day) { used = "1MiB" } end
  snapshots = snapshots + days
end

job "prune" { at = "6s" } (function(zfs)
  local destroyed = 0
  for host in zfs.list.children("backup") do
    local list = {}
    for snapshot in zfs.list.snapshots(host) do list[#list + 1] = snapshot end
    for i = 1, #list - 5 do
      if zfs.sync.destroy(list[i]) == 0 then destroyed = destroyed + 1 end
    end
  end
  mark("destroyed", destroyed)
end)

expect "all but the newest five of each host go" { on = "all", completes = "prune" }
  (function(run) return run.marks.destroyed[1].value == snapshots - 5 * 697 * run.params.scale end)
expect "there were 7,322, and 3,837 go" (function(run)
  return snapshots == 7322 and run.marks.destroyed[1].value == 3837, run.marks.destroyed[1].value
end)
expect "every interface leaves the same pool" { on = "compare" }
  (function(compare) return compare.same_tree and compare.deferrable end)
