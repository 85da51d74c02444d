-- The main job: prune the snapshots of a Proxmox host, under every interface.
--
--   txgsim compare prune_pve.lua
--
-- The pool is a real one (`zfs list` of a host with containers and virtual machines); its
-- listing shows no snapshots, so eight a dataset are declared here, as an automatic
-- snapshot service would leave them. The job keeps the newest five of each.
--
-- An ioctl for each pays about one txg a snapshot, and nobody else notices. A callback
-- and a channel transaction pay one txg for all, but hold the txg sync lock meanwhile.
-- The callback runs on a helper thread while its caller waits: in D, or with
-- `--set wait=spin` on a core of its own.
machine { cores = 4, profile = "x86-64-mitigated" }

local rpool = pool "rpool" { import = "pve.txt", disks = 4, disk = "ssd" }

local guests = {
  "ROOT/pve-1", "data/basevol-10000-disk-0", "data/basevol-10001-disk-0", "data/subvol-304-disk-0",
  "data/subvol-304-disk-1", "data/subvol-309-disk-0", "data/subvol-311-disk-0", "data/subvol-315-disk-0",
  "data/subvol-401-disk-0", "data/subvol-510-disk-0",
}
local datasets = { rpool:volume "data/vm-1502-disk-0", rpool:volume "data/vm-1814-disk-0" }
for _, guest in ipairs(guests) do datasets[#datasets + 1] = rpool:filesystem(guest) end
for _, dataset in ipairs(datasets) do
  for hour = 1, 8 do dataset:snapshot("autohour" .. hour) { used = "24MiB" } end
end

writers "guests" { count = 12, rate = "30MB/s", size = "16KiB", dataset = "rpool/data/vm-1502-disk-0" }

local keep = param("keep", 5, { help = "snapshots to keep of each dataset" })

local callback = {
  place = param("place", "helper", { choices = { "inline", "helper", "dispatcher" }, help = "where the callback runs" }),
  wait = param("wait", "D", { choices = { "D", "killable", "spin" }, help = "how its caller waits" }),
}
job "prune" { at = "6s", callback = callback } (function(zfs)
  local destroyed = 0
  local function prune(dataset)
    local snapshots = {}
    for snapshot in zfs.list.snapshots(dataset) do snapshots[#snapshots + 1] = snapshot end
    for i = 1, #snapshots - keep do
      if zfs.sync.destroy(snapshots[i]) == 0 then destroyed = destroyed + 1 end
    end
    for child in zfs.list.children(dataset) do prune(child) end
  end
  prune("rpool")
  mark("destroyed", destroyed)
end)

expect "three of eight snapshots of twelve datasets go" { on = "all", completes = "prune", within = "60s" }
  (function(run) return run.marks.destroyed[1].value == 36, run.marks.destroyed[1].value end)

expect "every interface leaves the same pool" { on = "compare" }
  (function(compare) return compare.same_tree and compare.deferrable end)

expect "an ioctl for each pays a txg for each, a transaction one" { on = "compare" } (function(compare)
  local many, one = compare.designs.ioctl.jobs.prune, compare.designs.channel_tx.jobs.prune
  return many.txgs >= 36 and one.txgs <= 2 and many.sync_lock_held_ns < one.sync_lock_held_ns, many.txgs
end)
