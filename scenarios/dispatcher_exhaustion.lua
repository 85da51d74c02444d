-- One pool of threads for all callbacks of the machine, and every thread of it blocked.
--
-- Each callback waits for an answer that another callback would give. While the pool may
-- still grow, that works: a blocked thread is replaced. At the limit the callback that
-- would free the others waits for a thread, and they wait for it. How many callbacks are
-- under way decides, a number that nobody chose on purpose.
machine { cores = 2 }

local limit = param("limit", 4)
local asking = param("asking", 4, { sweep = "1..8", help = "processes whose callbacks wait" })

local pool = dispatcher "global" { limit = limit }
local answer = semaphore "answer" { count = 0 }

local take = syscall "take" (function() answer:down() end)
local give = syscall "give" (function() answer:up() end)

local ask = callback "ask" { place = "dispatcher", dispatcher = pool } (function() take() end)
local reply = callback "reply" { place = "dispatcher", dispatcher = pool } (function() give() end)

local request = syscall "request" (function() ask() end)
local respond = syscall "respond" (function() reply() end)

for i = 1, asking do process("client" .. i) (function() request() end) end
process "server" { at = "10ms" } (function() for _ = 1, asking do respond() end end)

expect "no thread is left for the callback that would free the others" { verdict = "deadlock", D = { "server", "client1" } }
control "one-to-spare" { asking = 3 }
expect "the edge is exactly the limit of the pool" { on = "sweep" } (function(sweep)
  for _, run in ipairs(sweep) do
    if (run.verdict == "completed") ~= (run.params.asking < run.params.limit) then return false, run.params end
  end
  return true
end)
