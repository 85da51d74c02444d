-- One signal for many throttled writers: the wake-up ends with the one that needs no space (H12).
--
-- All dirty data goes in one step, one writer is woken, and it is to pass the signal on when
-- its own data is counted. It has none. The others sleep although what they wait for is true,
-- and nobody will ever say so: no cycle, no lock, healthy disks, an idle pool.
-- Source: openzfs/zfs #9136, fixed by 0f8ff49eb6 (2019).
machine { cores = 4 }

local broadcast = param("broadcast", false)
local adds = param("adds", 0, { help = "what each woken writer dirties" })

local limit = 100
local dp_lock = mutex "dp_lock"
local dp_spaceavail_cv = condvar "dp_spaceavail_cv"
local dirty = shared "dirty" { value = limit }

local write = syscall "write" (function()
  dp_lock:lock()
  while dirty:get() >= limit do dp_spaceavail_cv:wait(dp_lock) end
  if adds > 0 then
    dirty:add(adds)
    if dirty:get() < limit then dp_spaceavail_cv:signal() end   -- dsl_pool_dirty_delta
  end
  dp_lock:unlock()
end)
for i = 1, 3 do process("writer" .. i) (function() write() end) end

kthread "txg_sync" (function()
  sleep "1s"
  dp_lock:lock()
  dirty:set(0)
  if broadcast then dp_spaceavail_cv:broadcast() else dp_spaceavail_cv:signal() end
  dp_lock:unlock()
end)

expect "two of three sleep for ever, and there is room for all" {
  verdict = "lost_event", root = "dp_spaceavail_cv", hung = { "writer2", "writer3" }, D = { "writer2", "writer3" },
  detector = { "writer2", "writer3" }, freed_by = {}, completes = "writer1",
}
control "each-passes-the-signal-on" { adds = 1 }
fix "broadcast" { broadcast = true }
