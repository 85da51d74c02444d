-- A job that tidies a filesystem, a second administrator who sets the same property, and an observer.
--
-- "prune" is one compound operation to who runs it: it counts the snapshots of tank/vm, destroys them all and
-- writes down how many runs there were. Meanwhile the second administrator types two commands, and an
-- observer lists.
--
-- With an ioctl for each step, the observer finds some of the snapshots gone and others not: a state that
-- nobody meant to be. A callback under the config lock commits all at once, but after it has let the lock go:
-- what the second administrator set in between is overwritten unseen, a lost update. Behind the gates of a
-- transaction the second administrator waits, and each list is of before or after.

local lock = param("lock", "gates", { choices = { "gates", "config" }, help = "what a callback holds" })

variant "ioctl" { design = "ioctl" }
variant "naive_callback" { design = "callback", lock = "config" }
control "callback" { design = "callback" }

machine { cores = 4 }

local tank = pool "tank" { disk = "ssd" }
local vm = tank:filesystem "vm" { used = "4GiB", properties = { ["com.example:runs"] = "0" } }
for i = 1, 4 do vm:snapshot("daily-" .. i) { used = "100MiB" } end

job "prune" { at = "1s", think = "1ms", callback = { lock = lock } } (function(zfs)
  local runs = zfs.get_prop("tank/vm", "com.example:runs")
  local names = {}
  for name in zfs.list.snapshots("tank/vm") do names[#names + 1] = name end
  compute "20ms"
  for _, name in ipairs(names) do zfs.sync.destroy(name) end
  zfs.sync.set_prop("tank/vm", "com.example:runs", tostring(math.tointeger(runs) + 1))
end)

-- Begins while prune is at work, and has nothing to do with the snapshots.
process "second" { at = "1010ms" } (function()
  sh "zfs set com.example:runs=10 tank/vm"
end)

process "observer" { at = "1s" } (function()
  for _ = 1, 60 do
    sh "zfs list -H -t snapshot -o name tank/vm"
    sleep "2ms"
  end
end)

expect "a transaction is all or nothing to who looks, and loses nothing" { on = { "base", "callback" } }
  (function(run)
    local seen = run.jobs.prune.anomalies
    return seen.partial_visibility == 0 and seen.lost_update == 0 and seen.write_skew == 0
      and seen.dirty_read == 0 and run.isolation.serialisable, seen
  end)

expect "each step of an ioctl is seen by whoever looks" { on = "ioctl" } (function(run)
  local seen = run.jobs.prune.anomalies
  return seen.partial_visibility > 0 and seen.visible_steps == 5 and not run.isolation.serialisable, seen
end)

expect "what is decided under the lock is stale when it is done without it" { on = "naive_callback" }
  (function(run)
    local seen = run.jobs.prune.anomalies
    return seen.lost_update == 1 and seen.partial_visibility == 0, seen
  end)

expect "one txg takes all of it to disk, or five" { on = { "base", "callback", "naive_callback", "ioctl" } }
  (function(run)
    local steps = run.jobs.prune.anomalies.durable_steps
    return steps == (run.params.design == "ioctl" and 5 or 1), steps
  end)
