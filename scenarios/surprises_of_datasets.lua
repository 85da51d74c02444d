-- What surprises about datasets, one after the other on a quiet pool: docs/model/surprises.md has the numbers.
--
-- Two snapshots of one filesystem do not fit in one txg: of two commands at the same instant the second is made
-- three txgs later, and nobody tells its user; a channel program is told EAGAIN. Of two commands that create
-- the same filesystem both pass the first look, wait for the same txg, and one fails there. Eight snapshots
-- destroyed by one command are eight txgs. What is in the way of a destroy has two errnos for a filesystem and
-- two for a snapshot. What is not there can be destroyed. And the command unmounts first, where the kernel
-- finds the filesystem busy.

machine { cores = 4 }
local tank = pool "tank" { disk = "ssd" }
local vm = tank:filesystem "vm" { used = "1GiB" }
local many = tank:filesystem "many"
for i = 1, 8 do many:snapshot("s" .. i) end
local busy = tank:filesystem "busy"
local parent = tank:filesystem "parent" { mounted = false }
tank:filesystem "parent/child" { mounted = false }
local both = tank:filesystem "both" { mounted = false }
tank:filesystem "both/child" { mounted = false }
both:snapshot "s"
local held = tank:filesystem "held" { mounted = false }
local origin = held:snapshot "cloned"
held:snapshot "kept" :hold "keep"
origin:clone "clone"

-- 5
for i = 1, 2 do
  process("snapshot" .. i) { at = "1s" } (function()
    check(sh("zfs snapshot tank/vm@" .. i) == 0, "no user sees EAGAIN")
  end)
end

-- 4
for i = 1, 2 do
  process("create" .. i) { at = "2s" } (function()
    mark("create", sh "zfs create tank/new")
  end)
end

-- 7
process "destroy" { at = "3s" } (function()
  check(sh "zfs destroy tank/many@%" == 0, "all eight")
end)

-- 5, 9, 10, 12, in the words of the kernel
job "program" { at = "4s", design = "program" } (function(zfs)
  local function is(errno, answer) if answer ~= errno then error("another errno: " .. tostring(answer)) end end
  local first = zfs.get_prop("tank/vm@1", "createtxg")
  is(3, zfs.get_prop("tank/vm@2", "createtxg") - first)
  is(0, zfs.sync.snapshot("tank/vm@x"))
  is(EAGAIN, zfs.sync.snapshot("tank/vm@y"))
  is(EEXIST, zfs.sync.destroy("tank/parent"))
  is(EBUSY, zfs.sync.destroy("tank/both"))
  is(EEXIST, zfs.sync.destroy("tank/held@cloned"))
  is(EBUSY, zfs.sync.destroy("tank/held@kept"))
  is(0, zfs.sync.destroy("tank/vm@none"))
  is(0, zfs.sync.destroy("tank/none@none"))
  is(ENOENT, zfs.sync.destroy("tank/none"))
  is(0, zfs.sync.rename_snapshot("tank/vm", "none", "other"))
  is(EBUSY, zfs.sync.destroy("tank/busy"))
end)

-- 12
process "command" { at = "5s" } (function()
  check(sh "zfs destroy tank/busy" == 0, "unmounted first")
  check(sh "zfs destroy tank/vm@none" == 1, "user space looks for a snapshot before it asks")
end)

expect "two that create one filesystem end together, one in vain" (function(run)
  local one, other = run.marks.create[1], run.marks.create[2]
  return one.value + other.value == 1 and math.abs(one.at_ns - other.at_ns) < duration "100us"
end)

expect "eight snapshots are eight txgs" (function(run)
  local n = 0
  for _, txg in ipairs(run.pools.tank.txgs) do
    local at = txg.sync_start_ns
    if at >= duration "3s" and at < duration "3500ms" and txg.sync_tasks == 1 then n = n + 1 end
  end
  return n == 8, n
end)

expect "a program is told what is in the way; the second snapshot came three txgs after the first" { verdict = "completed" } (function(run)
  return run.jobs.program.result == 0
end)
