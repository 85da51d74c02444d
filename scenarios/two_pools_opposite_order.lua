-- Two jobs with a channel transaction on each of two pools, in opposite order.
--
-- The admin gate of a pool is a lock like any other, and a job that keeps one while it waits
-- for another can meet one that does the reverse. Nothing in either pool is wrong. Both wait
-- in S for the other's gate, so a signal frees one of them; administration and, at the dirty
-- limit, the writers of both pools wait in D. One order for all, or a lease, prevents it.
machine { cores = 4 }

local same_order = param("same_order", false)
local lease = param("lease", "never")
local ssd = pool "ssd" { disks = 1, disk = "ssd" }
local hdd = pool "hdd" { disks = 1, disk = "hdd" }
ssd:filesystem "vm"
hdd:filesystem "vm"
local channel = { pools = "each", lease = lease }

job "mirror" { at = "2s", think = "100ms", design = "channel_tx", channel_tx = channel } (function(zfs)
  zfs.sync.snapshot("ssd/vm@sent")
  zfs.sync.snapshot("hdd/vm@received")
end)
job "expire" { at = "2.05s", think = "100ms", design = "channel_tx", channel_tx = channel } (function(zfs)
  local first, second = "hdd", "ssd"
  if same_order then first, second = second, first end
  zfs.sync.snapshot(first .. "/vm@expired")
  zfs.sync.snapshot(second .. "/vm@expired")
end)
process "zfs" { at = "2.5s" } (function() sh "zfs snapshot ssd@nightly" end)

expect "each has what the other wants" {
  verdict = "deadlock", cycle = { "mirror", "expire" }, S = { "mirror", "expire" }, D = "zfs", frozen = { "ssd", "hdd" },
  freed_by = { "kill expire", "kill mirror" }, not_freed_by = "kill zfs",
}
control "same-order" { same_order = true }
control "lease" { lease = "1s" }
expect "a lease costs whoever held for too long" { on = "lease" }
  (function(run) return run.jobs.mirror.result == ETIMEDOUT or run.jobs.expire.result == ETIMEDOUT end)
