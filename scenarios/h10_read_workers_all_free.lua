-- The workers that complete reads are all taken by frees that wait for a read (H10).
--
-- A shortcut runs a parent's next stage on the worker that completed its child. With K workers
-- and K such frees during a device removal nobody is left to complete the read that the
-- lock's holder waits for. One fewer, and it is merely slow: a hang that no small test finds.
-- Source: openzfs/zfs #14236, fixed by ffd2e15d65 (2022).
machine { cores = 4 }

local k = 4
local frees = param("frees", 4, { sweep = "1..6" })
local inline = param("inline", true, { help = "the free goes on on the worker that completed the read" })

local svr_lock = mutex "svr_lock"
local z_rd_int = workers "z_rd_int" { count = k }
local z_fr_iss = workers "z_fr_iss" { count = k }

local free = kfunc "zio_free_sync" (function() svr_lock:lock() compute "5us" svr_lock:unlock() end)

kthread "spa_vdev_remove" (function()
  svr_lock:lock()
  sleep "1ms"                                   -- copying a segment: its read is on its way
  z_rd_int:queue("copy_read_done", function() compute "5us" end):wait()
  svr_lock:unlock()
end)
kthread "zio_done" (function()
  sleep "500us"
  for _ = 1, frees do
    z_rd_int:queue("read_done", function()
      compute "2us"
      if inline then free() else z_fr_iss:queue("free", function() free() end) end
    end)
  end
end)
kthread "txg_sync" (function() sleep "5ms" svr_lock:lock() compute "10us" svr_lock:unlock() end)

expect "no worker is left for the read that would free them" {
  verdict = "deadlock", cycle = { "spa_vdev_remove", "z_rd_int" },
  D = { "spa_vdev_remove", "z_rd_int", "txg_sync" },
  detector = { "spa_vdev_remove", "z_rd_int", "txg_sync" }, freed_by = {},
}
control "one-fewer" { frees = 3 }
fix "hand-it-to-another-pool-of-workers" { inline = false }

expect "from K frees on, never below" { on = "sweep" } (function(sweep)
  for _, run in ipairs(sweep) do
    if (run.verdict == "deadlock") ~= (run.params.frees >= k) then return false, run.params.frees end
  end
  return true
end)
