-- Two correct prunings of one pool that leave different snapshots.
--
--   txgsim compare prune_shared_space.lua
--
-- Three snapshots, and each two neighbours share 64 MiB that nobody else has: `used` of each
-- is 0, for it is what destroying this one alone would free. "Destroy what uses nothing" is
-- then a question of when it is asked. Who destroys at once sees the neighbour grow to 64 MiB,
-- and keeps it. Who records what is to be done, and looks at one frozen pool meanwhile,
-- destroys all three. Each is right about the pool that it saw.
--
-- A listing does not tell what snapshots share: an imported pool shares nothing.
machine { cores = 2 }

local tank = pool "tank" { disks = 1, disk = "ssd" }
local vm = tank:filesystem "vm" { used = "1GiB" }
for _, name in ipairs { "mon", "tue", "wed" } do vm:snapshot(name) { shared_with_next = "64MiB" } end
vm:snapshot "thu" { used = "64MiB" }

job "prune" { at = "6s", design = param("design", "channel_tx") } (function(zfs)
  local gone = 0
  for snapshot in zfs.list.snapshots("tank/vm") do
    if zfs.get_prop(snapshot, "used") == 0 and zfs.sync.destroy(snapshot) == 0 then gone = gone + 1 end
  end
  mark("gone", gone)
end)

expect "a frozen pool shows three that use nothing" { completes = "prune" }
  (function(run) return run.marks.gone[1].value == 3, run.marks.gone[1].value end)
control "each-at-once" { design = "ioctl" }
expect "the live one shows two: the middle one has what both shared" { on = "each-at-once" }
  (function(run) return run.marks.gone[1].value == 2, run.marks.gone[1].value end)
control "optimistic" { design = "optimistic_tx" }
expect "nobody else has changed what it read, so its own intents do not count" { on = "optimistic" }
  (function(run) return run.marks.gone[1].value == 3 and run.jobs.prune.retries == 0, run.marks.gone[1].value end)
expect "every difference has its cause" { on = "compare" } (function(compare)
  local semantics = compare.semantics
  return compare.same_tree and not compare.deferrable and semantics.channel_tx.cause == "own_mutation" and
    semantics.optimistic_tx.cause == "own_mutation", semantics.channel_tx.cause
end)
