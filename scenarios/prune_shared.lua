-- Prune what holds no space of its own, where snapshots share space pairwise.
--
--   txgsim compare prune_shared.lua
--
-- Of four snapshots each shares 8 MiB with the next alone, so none has space of its own. But
-- destroying one gives its neighbours what only the two shared. Who sees what he has done
-- (ioctl, program) keeps every second snapshot; who decides on the state at the start
-- (pipeline, channel_tx, callback) destroys all four. Both are correct: the difference is in
-- what the job was told, so its cause is own_mutation, and the job is not deferrable.
-- Source: OpenZFS module/zfs/dsl_destroy.c:dsl_destroy_snapshot_sync_impl, dsl_deadlist.c.
machine { cores = 4 }

local tank = pool "tank" { disks = 1, disk = "ssd" }
local vm = tank:filesystem "vm" { used = "1GiB" }
for i = 1, 4 do vm:snapshot("s" .. i) { used = "0", shared_with_next = "8MiB" } end

job "prune" { at = "1s" } (function(zfs)
  local destroyed = 0
  for snapshot in zfs.list.snapshots("tank/vm") do
    if zfs.get_prop(snapshot, "used") == 0 then
      zfs.sync.destroy(snapshot)
      destroyed = destroyed + 1
    end
  end
  mark("destroyed", destroyed)
end)

expect "the job ends" { on = "all", completes = "prune", within = "30s" }
expect "who sees his own changes destroys two, the others four" { on = "compare" } (function(compare)
  local function destroyed(design) return compare.designs[design].marks.destroyed[1].value end
  return destroyed("ioctl") == 2 and destroyed("program") == 2 and
         destroyed("pipeline") == 4 and destroyed("channel_tx") == 4 and destroyed("callback") == 4,
         destroyed("program") .. " and " .. destroyed("channel_tx")
end)
expect "and that is why" { on = "compare" } (function(compare)
  local difference = compare.semantics.channel_tx
  return not compare.deferrable and compare.same_tree and difference.cause == "own_mutation" and
         difference.call == "zfs.get_prop(tank/vm@s2, used)", difference.call
end)
