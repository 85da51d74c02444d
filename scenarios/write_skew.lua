-- Two administrators, and a rule that neither of them breaks alone.
--
-- One of tank/left and tank/right has to keep its backup on. Each administrator looks at both, and turns off
-- one of them if the other is on: each alone is right. With nothing held between looking and doing, both
-- look first: both are off in the end. No update is lost, each changed something else: write skew.
-- Behind a transaction's gates the second looks when the first has done; an optimistic one looks again.

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
tank:filesystem "left" { used = "1GiB", properties = { ["com.example:backup"] = "on" } }
tank:filesystem "right" { used = "1GiB", properties = { ["com.example:backup"] = "on" } }

job "first" { at = "1s", think = "1ms", callback = { lock = lock } } (function(zfs)
  local left = zfs.get_prop("tank/left", "com.example:backup")
  local right = zfs.get_prop("tank/right", "com.example:backup")
  compute "5ms"
  if left == "on" and right == "on" then zfs.sync.set_prop("tank/left", "com.example:backup", "off") end
end)

job "second" { at = "1001ms", think = "1ms", callback = { lock = lock } } (function(zfs)
  local left = zfs.get_prop("tank/left", "com.example:backup")
  local right = zfs.get_prop("tank/right", "com.example:backup")
  compute "5ms"
  if left == "on" and right == "on" then zfs.sync.set_prop("tank/right", "com.example:backup", "off") end
end)

process "auditor" { at = "3s" } (function()
  sh "zfs get -H -p com.example:backup tank/left tank/right"
end)

local function off(run)
  local text = run.output[1].text
  return select(2, text:gsub("\toff\t", ""))
end

expect "one after the other, and one of the two stays on" { on = { "base", "callback", "optimistic_tx", "program" } } (function(run)
  return run.isolation.serialisable and run.isolation.strict and off(run) == 1, run.isolation.order
end)

local stale = { "ioctl", "ring", "pipeline", "naive_callback" }

expect "both went by what the other changed, and both are off" { on = stale }
  (function(run)
    return run.isolation.write_skew == 1 and run.isolation.lost_update == 0 and off(run) == 2,
      run.isolation.proofs[1].text
  end)

expect "the fault is with the one who changed last" { on = stale } (function(run)
  return run.jobs.first.anomalies.write_skew + run.jobs.second.anomalies.write_skew == 1
end)
