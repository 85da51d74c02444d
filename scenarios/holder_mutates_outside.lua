-- The holder of a channel transaction runs `zfs snapshot` beside its transaction.
--
-- The command waits at the admin gate, which the transaction holds, which the process
-- that waits would have to commit. A cycle of one, in D: SIGKILL does nothing, and only a
-- lease, or never doing it, helps.
machine { cores = 2 }

local lease = param("lease", "never")
local outside = param("outside", true, { help = "snapshot by a command of its own, not as an intent" })
local tank = pool "tank" { disks = 1, disk = "nvme" }
local vm = tank:filesystem "vm"
vm:snapshot "old" { used = "8MiB" }

job "prune" { at = "1s", design = "channel_tx", channel_tx = { lease = lease } } (function(zfs)
  zfs.sync.destroy("tank/vm@old")
  if outside then
    sh "zfs snapshot tank/vm@before"
  else
    zfs.sync.snapshot("tank/vm@before")
  end
end)
process "zfs" { at = "2s" } (function() sh "zfs snapshot tank@nightly" end)

expect "it waits for itself, and all administration behind it" { verdict = "deadlock", cycle = "prune",
  D = { "prune", "zfs" }, detector = { "prune", "txg_sync", "zfs" }, freed_by = {}, not_freed_by = "kill prune" }
control "as-an-intent" { outside = false }
control "lease" { lease = "2s" }
