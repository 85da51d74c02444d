-- A suspended pool in each failmode, with every command tried on it.
--
-- Who was under way when the disks went hangs; who comes later is refused at once with EAGAIN,
-- whatever failmode says. failmode decides about data alone: wait blocks new writes and reads,
-- continue gives them EIO, panic stops the machine. What works on a suspended pool is looking
-- at it (`zpool status`, `zpool list`) and `zpool clear`, which is of no use before the disks
-- are back and says EIO; and the commands of other pools.
machine { cores = 4 }

local failmode = param("failmode", "wait", { choices = { "wait", "continue", "panic" } })
local back = param("back", true, { help = "the disks come back after a minute" })

local tank = pool "tank" { disks = 2, disk = "ssd", failmode = failmode }
local other = pool "other" { disks = 1, disk = "ssd" }
local mail = tank:filesystem "mail"
mail:snapshot "old" { used = "1MiB" }
tank:filesystem "spare" {}

fault { at = "10s", offline = tank, lasting = back and "60s" or "forever" }
process "in-flight" { at = "9.999s" } (function() sh "zfs snapshot tank/mail@noon" end)

process "writer" { at = "12s" } (function()
  local ok, errno = mail:write "1MiB"
  mark("write", ok and 0 or errno)
end)
process "fsync" { at = "9s" } (function()
  mail:write "64KiB"
  sleep "4s"
  local ok, errno = mail:fsync()
  mark("fsync", ok and 0 or errno)
end)
process "reader" { at = "12s" } (function()
  local ok, errno = mail:read "128KiB"
  mark("read", ok and 0 or errno)
end)

local refused = {
  "zfs snapshot tank/mail@late", "zfs destroy tank/mail@old", "zfs create tank/new", "zfs clone tank/mail@old tank/copy",
  "zfs promote tank/mail", "zfs rollback tank/mail@old", "zfs rename tank/spare tank/other", "zfs bookmark tank/mail@old tank/mail#b",
  "zfs hold tag tank/mail@old", "zfs release tag tank/mail@old", "zfs set a:b=c tank/mail", "zfs inherit a:b tank/mail",
  "zfs list tank/mail", "zfs get used tank/mail", "zpool sync tank", "zpool scrub tank", "zpool export tank",
  "zpool set failmode=continue tank", "zpool offline tank disk0", "zpool history tank",
  "zpool attach tank disk0 disk2", "zpool replace tank disk0 disk2", "zpool add tank disk2", "zpool reopen tank",
}
local allowed = { "zpool status tank", "zpool list tank", "zfs list other", "zfs snapshot other@x", "zpool sync other",
  "zpool get failmode tank", "zpool events" }
for i = 1, #refused do
  process("refused" .. i) { at = "20s" } (function() mark("refused", sh(refused[i])) end)
end
for i = 1, #allowed do
  process("allowed" .. i) { at = "20s" } (function() mark("allowed", sh(allowed[i])) end)
end
process "too-early" { at = "30s" } (function() mark("clear", sh "zpool clear tank") end)
operator "oncall" { at = "90s" } (function() mark("clear", sh "zpool clear tank") end)

local function every(list, wanted)
  for i = 1, #list do
    if (list[i].value == 0) ~= wanted then return false, i end
  end
  return true
end
local suspended = { "base", "continue", "gone-for-good" }
expect "commands that come later are refused at once" { on = suspended } (function(run)
  for i = 1, #refused do
    local took = run.processes["refused" .. i].latency_ns
    if took > duration "10ms" then return false, refused[i] end
  end
  return every(run.marks.refused, false)
end)
expect "looking works, and so do the commands of other pools" { on = suspended } (function(run) return every(run.marks.allowed, true) end)
expect "clear without disks says so" { on = suspended } (function(run) return run.marks.clear[1].value ~= 0 end)

expect "wait: in-flight and new I/O hangs in D, and no signal helps" { at = "50s",
  verdict = "external", root = "tank", D = { "in-flight", "writer", "fsync", "reader", "tank/txg_sync" },
  not_freed_by = { "kill writer", "kill in-flight", "zpool clear tank" } }
expect "wait: with the disks back, clear frees all" { completes = { "in-flight", "writer", "fsync", "reader", "oncall" } }
  (function(run) return run.marks.write[1].value == 0 and run.marks.read[1].value == 0 and run.marks.clear[2].value == 0 end)

variant "continue" { failmode = "continue" }
expect "continue: data gets EIO, administration in flight hangs all the same" { on = "continue", at = "50s",
  verdict = "external", root = "tank", D = { "in-flight", "tank/txg_sync" }, completes = { "writer", "fsync", "reader" } }
  (function(run)
    return run.marks.write[1].value == EIO and run.marks.fsync[1].value == EIO and run.marks.read[1].value == EIO
  end)
expect "continue: clear frees it" { on = "continue", completes = "in-flight" }

variant "panic" { failmode = "panic" }
expect "panic: the machine stops with the first I/O that fails" { on = "panic", verdict = "external", root = "machine" } (function(run)
  return run.halted.kind == "panic" and run.halted.at_ns < duration "15s", run.halted.at_ns
end)

variant "gone-for-good" { back = false }
expect "without disks nothing helps, and what slips through while `zpool clear` fails does not count" { on = "gone-for-good",
  verdict = "external", root = "tank", hung = { "in-flight", "writer", "fsync", "reader" }, freed_by = {},
  detector = { "tank/txg_sync", "in-flight", "writer", "fsync", "reader" } } (function(run) return #run.freed_by == 0, #run.freed_by end)
