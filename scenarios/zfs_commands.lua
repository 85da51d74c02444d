-- An operator's day: every subcommand of `zfs` that the simulator knows, on a quiet pool.
--
-- Each is a program of its own: it opens what it names, gathers names, unmounts, and waits
-- in D for one txg a sync task. What stands in the way is said in the words of libzfs, and
-- the exit code is 1; nothing is retried, nothing hangs.
machine { cores = 2 }

local tank = pool "tank" { disks = 2, layout = "mirror", disk = "ssd" }
tank:filesystem "home" { used = "2GiB" }

local function ok(line) check(sh(line) == 0, line) end
local function refused(line) check(sh(line) == 1, line) end

operator "root" { at = "1s" } (function()
  ok "zfs create -p -o compression=lz4 tank/home/ann/mail"
  ok "zfs create -V 8G tank/swap"
  ok "zfs set quota=20G org.example:owner=ann tank/home/ann"
  ok "zfs snapshot -r tank/home@monday"
  ok "zfs snapshot tank/home@tuesday tank/home/ann@tuesday"
  mark("snapshots", 5)
  ok "zfs hold -r payroll tank/home@monday"
  refused "zfs destroy tank/home/ann@monday"
  ok "zfs destroy -d tank/home/ann@monday"
  ok "zfs release -r payroll tank/home@monday"
  ok "zfs bookmark tank/home@monday #monday"
  ok "zfs rename -r tank/home@tuesday @last"
  ok "zfs clone tank/home/ann@last tank/ann-test"
  refused "zfs destroy -r tank/home/ann"
  ok "zfs promote tank/ann-test"
  ok "zfs promote tank/home/ann"
  ok "zfs rename tank/ann-test tank/home/test"
  refused "zfs rollback tank/home@monday"
  ok "zfs rollback -r tank/home@monday"
  ok "zfs inherit -r compression tank/home"
  ok "zfs unmount tank/home/test"
  ok "zfs mount tank/home/test"
  ok "zfs get -r quota,compression tank/home"
  ok "zfs holds -r tank/home@monday"
  ok "zfs destroy tank/home#monday"
  ok "zfs list -o space -t all -r tank/home"
  refused "zfs destroy tank/home"
  ok "zfs destroy -R tank/home"
  ok "zfs list"
end)

expect "all of it works, and nothing waits longer than a sync" { verdict = "completed", completes = "root" }
  (function(run) return run.processes.root.latency_ns < duration "2s", run.processes.root.latency_ns end)
