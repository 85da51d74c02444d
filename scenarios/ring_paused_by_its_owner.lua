-- An operation that its owner has paused, and then waits for.
--
-- A ring takes the D state off the caller, not the mistakes: the owner waits in S for the
-- operation, the operation in S for a message that only the owner would send. Nothing is in D,
-- no detector says a word, and any signal that kills frees both at once.
machine { cores = 2 }

local resumes = param("resumes", false, { help = "whether the owner lets it go on before it waits" })

local tank  = pool "tank" { disks = 1, disk = "ssd" }
local film  = tank:filesystem "film" { used = "1GiB" }
local eth0  = device "eth0" { bandwidth = "125MB/s" }
local uring = ring "uring" { entries = 8, workers = 1 }

process "copy" (function()
  uring:submit { op = "sendfile", from = film, to = eth0, size = "64MiB", chunk = "1MiB", user_data = 1 }
  uring:submit { op = "message", target = 1, text = "pause", user_data = 2 }
  sleep "1s"
  if resumes then uring:submit { op = "message", target = 1, text = "resume", user_data = 3 } end
  local cqe
  repeat cqe = uring:wait() until cqe.user_data == 1 and not cqe.more
  mark("sent", cqe.res)
end)

expect "each waits for the other, in S" {
  verdict = "deadlock", cycle = { "copy", "uring/1" }, S = { "copy", "uring/1" }, detector = {},
  freed_by = "kill copy",
}

fix "resumed" { resumes = true }
expect "all of it was sent" { on = "resumed", verdict = "completed", completes = "copy" }
