-- A channel program that has timed out, and succeeds.
--
-- There is no pcall in a channel program, but coroutine.resume is one: it catches errors, and the time-out is
-- an error. A program that has used up its instructions in a coroutine goes on, and ends with 0 if it does so
-- before the next look, 100 instructions later. And each coroutine is looked at after 100 instructions of its
-- own: what runs in many short ones is never counted, so the limit that keeps a program from stalling the pool
-- does not hold.
--
-- The last program shows what the text of a scenario does not tell: that Lua is another one. "08" cut out of
-- the name of a snapshot is no number there.

local tank = pool "tank" {}
local home = tank:filesystem "home"
for i = 1, 6 do home:snapshot("s" .. i) end
home:snapshot "daily-2024-08-09"

job "bare" { at = "1s", design = "program", program = { instructions = 100000 } } (function(zfs)
  zfs.sync.destroy("tank/home@s1")
  while true do end
  zfs.sync.destroy("tank/home@s2")
end)

job "careful" { at = "3s", design = "program", program = { instructions = 100000 } } (function(zfs)
  zfs.sync.destroy("tank/home@s3")
  local ok, why = coroutine.resume(coroutine.create(function() while true do end end))
  zfs.sync.destroy("tank/home@s4")
  return { ok = ok, why = why }
end)

-- 20,000 coroutines of 60 turns and more: over a million instructions, of which those of the loop around them
-- are counted.
job "uncounted" { at = "5s", design = "program", program = { instructions = 400000 } } (function(zfs)
  for i = 1, 20000 do
    coroutine.wrap(function() for j = 1, 60 do end end)()
  end
end)

job "dialect" { at = "7s", design = "program" } (function(zfs)
  for name in zfs.list.snapshots("tank/home") do
    local month = name:match("daily%-%d+%-(%d+)")
    if month and tonumber(month) == 8 then zfs.sync.set_prop(name, "org:half", tostring(-7 / 2)) end
  end
end)

process "look" { at = "9s" } (function()
  sh "zfs list -H -o name -t snapshot"
  check(sh "zfs list -H tank/home@s1" == 1 and sh "zfs list -H tank/home@s2" == 0,
    "what the bare program did before it timed out stays, and nothing comes after")
  check(sh "zfs list -H tank/home@s3" == 1 and sh "zfs list -H tank/home@s4" == 1,
    "the careful one goes on")
end)

expect "a loop without end is ETIME" (function(run)
  return run.jobs.bare.result == ETIME and run.jobs.bare.instructions == 100100
end)

expect "the same loop in a coroutine is caught, and the program ends with 0" (function(run)
  return run.jobs.careful.result == 0 and run.jobs.careful.instructions == 100100
end)

expect "more than a million instructions in short coroutines are not counted" (function(run)
  return run.jobs.uncounted.result == 0 and run.jobs.uncounted.instructions < 400000, run.jobs.uncounted.instructions
end)

expect "where the real Lua would compute otherwise is said with its line" { verdict = "completed" } (function(run)
  local said = ""
  for _, warning in ipairs(run.warnings) do said = said .. warning .. "\n" end
  return said:find("tonumber reads a text with a leading 0 as octal", 1, true) ~= nil
    and said:find("`-7 / 2` is -3 there", 1, true) ~= nil
end)
