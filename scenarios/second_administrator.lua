-- A job that tidies a filesystem, a second administrator who sets the same property, and an observer.
--
-- "prune" is one compound operation to who runs it: it looks at the snapshots of tank/vm, destroys them all and
-- writes down how many runs there were. Meanwhile the second administrator types a command, and an
-- observer lists.
--
-- With an ioctl for each step, the observer finds some of the snapshots gone and others not: a state that
-- nobody meant to be. So it does with a ring, and with a pipeline, whose tasks follow each other in one txg, with the
-- config lock dropped between them. These hold nothing between looking and doing, and a callback under the
-- config lock commits after it has let the lock go: what the second administrator set in between is
-- overwritten unseen, a lost update. Behind the gates of a transaction, and while a program runs, the second
-- administrator waits; an optimistic transaction finds out and begins anew. Then each list is of before or after.

local lock = param("lock", "gates", { choices = { "gates", "config" }, help = "what a callback holds" })

variant "ioctl" { design = "ioctl" }
variant "ring" { design = "ring" }
variant "pipeline" { design = "pipeline" }
variant "naive_callback" { design = "callback", lock = "config" }
control "callback" { design = "callback" }
control "optimistic_tx" { design = "optimistic_tx" }
control "program" { design = "program" }

machine { cores = 4 }

local tank = pool "tank" { disk = "ssd" }
local vm = tank:filesystem "vm" { used = "4GiB", properties = { ["com.example:runs"] = "0" } }
for i = 1, 8 do vm:snapshot("daily-" .. i) { used = "100MiB" } end

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
  for _ = 1, 500 do
    sh "zfs list -H -t snapshot -o name tank/vm"
    sleep "100us"
  end
end)

local atomic = { "base", "callback", "optimistic_tx", "program" }

expect "all or nothing to who looks, and nothing is lost" { on = atomic } (function(run)
  local seen = run.jobs.prune.anomalies
  return seen.partial_visibility == 0 and seen.lost_update == 0 and seen.write_skew == 0
    and seen.half_done_read == 0 and seen.visible_steps == 1 and run.isolation.serialisable, seen
end)

expect "each step is seen by whoever looks" { on = { "ioctl", "ring", "pipeline" } } (function(run)
  local seen = run.jobs.prune.anomalies
  return seen.partial_visibility > 0 and seen.visible_steps == 9 and not run.isolation.serialisable, seen
end)

expect "what was read before is old when it is done" { on = { "pipeline", "naive_callback" } } (function(run)
  return run.jobs.prune.anomalies.lost_update == 1, run.jobs.prune.anomalies
end)

expect "one task cannot be seen in part" { on = "naive_callback" } (function(run)
  return run.jobs.prune.anomalies.partial_visibility == 0, run.jobs.prune.anomalies
end)

expect "an attempt that finds itself out changes nothing" { on = "optimistic_tx" } (function(run)
  return run.jobs.prune.retries == 1 and run.jobs.prune.anomalies.half_done == 0, run.jobs.prune.retries
end)

expect "a power cut takes all of it or nothing, if it is one txg" { on = "all" } (function(run)
  local steps = run.jobs.prune.anomalies.durable_steps
  local design = run.jobs.prune.design
  return (design == "ioctl" or design == "ring") == (steps > 1), steps
end)
