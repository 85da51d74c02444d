---@meta
-- Words of the scenario language, for lua-language-server. Generated from the table of words.

---@alias duration string|integer a text such as "5ms", or nanoseconds
---@alias size string|integer a text such as "64KiB", or bytes
---@alias rate string|integer a text such as "200MB/s" or "300/s"
---@class distribution
---@class thing
---@class declaration : thing

---@class process : thing
local process_ = {}
---Another thread of the process: dies with it. Context: top, user.
---@return thread
function process_:thread(...) end
---Waits for its end: S in user code, D in kernel code. Context: user, kernel.
---@return any
function process_:wait(...) end

---@class thread : thing
local thread_ = {}

---@class operator : thing
local operator_ = {}

---@class kthread : thing
local kthread_ = {}

---@class syscall : thing
local syscall_ = {}

---@class kfunc : thing
local kfunc_ = {}

---@class callback : thing
local callback_ = {}

---@class dispatcher : thing
local dispatcher_ = {}
---Queues work. Context: user.
---@return any
function dispatcher_:async(...) end
---Queues work and waits for it. Context: user.
---@return any
function dispatcher_:sync(...) end

---@class mutex : thing
local mutex_ = {}
---Takes it; returns a hold. A wait is D. Context: kernel.
---@return any
function mutex_:lock(...) end
---A hold, or nil at once. Context: kernel.
---@return any
function mutex_:trylock(...) end
---Releases it. An error if the thread does not hold it. Context: kernel.
---@return any
function mutex_:unlock(...) end
---Hands the hold to a thread, work item, I/O or request. Context: kernel.
---@return any
function mutex_:give(...) end

---@class spinlock : thing
local spinlock_ = {}
---Takes it, spinning; returns a hold. Context: kernel.
---@return any
function spinlock_:lock(...) end
---Releases it. An error if the thread does not hold it. Context: kernel.
---@return any
function spinlock_:unlock(...) end

---@class rwsem : thing
local rwsem_ = {}
---Takes it for reading; returns a hold. A wait is D. Context: kernel.
---@return any
function rwsem_:read(...) end
---Takes it for writing; returns a hold. A wait is D. Context: kernel.
---@return any
function rwsem_:write(...) end
---A hold, or nil if a writer holds or waits. Context: kernel.
---@return any
function rwsem_:tryread(...) end
---A hold, or nil at once. Context: kernel.
---@return any
function rwsem_:trywrite(...) end
---From writer to reader. Context: kernel.
---@return any
function rwsem_:downgrade(...) end
---Releases it. An error if the thread does not hold it. Context: kernel.
---@return any
function rwsem_:unlock(...) end
---Hands the hold to a thread, work item, I/O or request. Context: kernel.
---@return any
function rwsem_:give(...) end

---@class rrwlock : thing
local rrwlock_ = {}
---Takes it for reading; returns a hold. A wait is D. Context: kernel.
---@return any
function rrwlock_:read(...) end
---Takes it for writing; returns a hold. A wait is D. Context: kernel.
---@return any
function rrwlock_:write(...) end
---Releases it. An error if the thread does not hold it. Context: kernel.
---@return any
function rrwlock_:unlock(...) end
---Hands the hold to a thread, work item, I/O or request. Context: kernel.
---@return any
function rrwlock_:give(...) end

---@class striped : thing
local striped_ = {}

---@class semaphore : thing
local semaphore_ = {}
---Takes one. A wait is D. Context: kernel.
---@return any
function semaphore_:down(...) end
---Gives one. Context: kernel.
---@return any
function semaphore_:up(...) end

---@class completion : thing
local completion_ = {}
---Waits until it is complete. A wait is D. Context: kernel.
---@return any
function completion_:wait(...) end
---Lets one waiter go. Context: kernel.
---@return any
function completion_:complete(...) end
---Lets all go, later ones too. Context: kernel.
---@return any
function completion_:complete_all(...) end

---@class condvar : thing
local condvar_ = {}
---Releases the mutex, waits for a signal, takes the mutex. A wait is D. Context: kernel.
---@return any
function condvar_:wait(...) end
---Wakes one. Context: kernel.
---@return any
function condvar_:signal(...) end
---Wakes all. Context: kernel.
---@return any
function condvar_:broadcast(...) end

---@class waitqueue : thing
local waitqueue_ = {}
---Sleeps until woken, without a look at anything: the classic mistake. A wait is D. Context: kernel.
---@return any
function waitqueue_:sleep(...) end
---Sleeps until the condition holds, looked at anew at each wake-up. A wait is D. Context: kernel.
---@return any
function waitqueue_:wait_event(...) end
---Wakes one. Context: kernel.
---@return any
function waitqueue_:wake_one(...) end
---Wakes all. Context: kernel.
---@return any
function waitqueue_:wake_all(...) end

---@class gate : thing
local gate_ = {}
---Waits until it is open. A wait is D. Context: kernel.
---@return any
function gate_:pass(...) end
---From now on passers wait. Context: kernel.
---@return any
function gate_:close(...) end
---Lets all pass. Context: kernel.
---@return any
function gate_:open(...) end

---@class queue : thing
local queue_ = {}
---Adds a value; waits while it is full. A wait is S. Context: user, kernel.
---@return any
function queue_:put(...) end
---Takes the oldest value. A wait is S. Context: user, kernel.
---@return any
function queue_:get(...) end

---@class shared : thing
local shared_ = {}
---Its value. Context: user, kernel.
---@return any
function shared_:get(...) end
---Sets it. Context: user, kernel.
---@return any
function shared_:set(...) end
---Adds in one step; returns the new value. Context: user, kernel.
---@return any
function shared_:add(...) end
---Sets it if it is `old`; true if it was. Context: user, kernel.
---@return any
function shared_:cas(...) end

---@class server : thing
local server_ = {}
---Gives the handler later. Context: top.
---@return declaration
function server_:serve(...) end
---Waits for the reply, or raises an errno. Context: kernel.
---@return any
function server_:request(...) end
---A request to wait for later. Context: kernel.
---@return any
function server_:submit(...) end
---Aborts the connection: every request fails. Context: user.
---@return any
function server_:abort(...) end
---Stops taking requests. Context: user.
---@return any
function server_:pause(...) end
---Takes requests again. Context: user.
---@return any
function server_:resume(...) end

---@class workers : thing
local workers_ = {}
---Queues work; returns it. Context: kernel.
---@return any
function workers_:queue(...) end
---Waits until nothing is queued or running. Context: kernel.
---@return any
function workers_:wait(...) end

---@class device : thing
local device_ = {}
---One I/O, waited for in D. Context: kernel.
---@return any
function device_:io(...) end
---An I/O to wait for later. Context: kernel.
---@return any
function device_:submit(...) end
---From now on I/Os queue. Context: kernel.
---@return any
function device_:hold(...) end
---Fails what is queued and what comes. Context: kernel.
---@return any
function device_:fail(...) end
---Lets I/Os go again. Context: kernel.
---@return any
function device_:release(...) end

---@class file : thing
local file_ = {}
---Opens it in this process. Context: user, kernel.
---@return any
function file_:open(...) end
---Closes it; the last close runs release. Context: user, kernel.
---@return any
function file_:close(...) end

---@class ring : thing
local ring_ = {}
---Submits an operation: true, or nil and an errno. EBUSY: the ring is full of linked entries. Context: user.
---@return any
function ring_:submit(...) end
---Writes an operation into the ring: no system call. The next ring:submit or ring:wait submits all of them at once. true, or nil and EBUSY: the ring is full. Context: user.
---@return any
function ring_:prepare(...) end
---Waits in S until so many completions are there; the oldest, { user_data, res, more, text }, or nil and an errno. res < 0 is -errno. Context: user.
---@return any
function ring_:wait(...) end
---The oldest completion, or nil at once. Context: user.
---@return any
function ring_:peek(...) end

---@class pool : thing
local pool_ = {}
---A filesystem that is there at time 0. Context: top.
---@return dataset
function pool_:filesystem(...) end
---A volume that is there at time 0. Context: top.
---@return dataset
function pool_:volume(...) end
---A lock that the model of the pool itself uses: dp_config, spa_namespace, SCL_CONFIG, SCL_STATE, SCL_ZIO, SCL_ALL. Context: top.
---@return pool_lock
function pool_:lock(...) end
---A transaction; may delay or block. Context: kernel.
---@return any
function pool_:assign(...) end
---Waits until that txg has synced. Context: kernel.
---@return any
function pool_:wait_synced(...) end
---Waits until another txg is open. Context: kernel.
---@return any
function pool_:wait_open(...) end

---@class pool_lock : thing
local pool_lock_ = {}
---Takes it for reading; returns a hold. A wait is D. Context: kernel.
---@return any
function pool_lock_:read(...) end
---Takes it for writing; returns a hold. A wait is D. Context: kernel.
---@return any
function pool_lock_:write(...) end
---Takes it; returns a hold. A wait is D. Context: kernel.
---@return any
function pool_lock_:lock(...) end
---Releases it. An error if the thread does not hold it. Context: kernel.
---@return any
function pool_lock_:unlock(...) end
---Hands the hold to a thread, work item, I/O or request. Context: kernel.
---@return any
function pool_lock_:give(...) end

---@class dataset : thing
local dataset_ = {}
---A snapshot that is there at time 0; later ones are newer. Context: top.
---@return snapshot
function dataset_:snapshot(...) end
---A clone, named below the pool, of a snapshot of the dataset. Context: top.
---@return dataset
function dataset_:clone(...) end
---A bookmark of a snapshot of the dataset. Context: top.
---@return bookmark
function dataset_:bookmark(...) end
---A user hold on a snapshot of the dataset. Context: top.
---@return declaration
function dataset_:hold(...) end
---Writes; may be delayed, or block at the dirty limit. Goes over what the dataset was declared or cloned with and adds the rest; a volume grows to its size and no further. Context: user, job.
---@return any
function dataset_:write(...) end
---Reads. Context: user, job.
---@return any
function dataset_:read(...) end
---Removes or truncates a file of that size; above 30 % dirty frees it forces new txgs. Context: user, job.
---@return any
function dataset_:free(...) end
---Waits until what this process wrote is safe. Context: user, job.
---@return any
function dataset_:fsync(...) end

---@class snapshot : thing
local snapshot_ = {}
---A clone of the snapshot, named below the pool. Context: top.
---@return dataset
function snapshot_:clone(...) end
---A bookmark of the snapshot. Context: top.
---@return bookmark
function snapshot_:bookmark(...) end
---A user hold on the snapshot. Context: top.
---@return declaration
function snapshot_:hold(...) end

---@class bookmark : thing
local bookmark_ = {}

---@class load : thing
local load_ = {}

---@class job : thing
local job_ = {}

---@class rng : thing
local rng_ = {}
---A whole number, ends included. Context: top, user, kernel, job.
---@return any
function rng_:integer(...) end
---One of the list. Context: top, user, kernel, job.
---@return any
function rng_:pick(...) end
---A duration in ns. Context: top, user, kernel, job.
---@return any
function rng_:draw(...) end

---@class stripe : thing
local stripe_ = {}
---Takes it for reading; returns a hold. A wait is D. Context: kernel.
---@return any
function stripe_:read(...) end
---Takes it for writing; returns a hold. A wait is D. Context: kernel.
---@return any
function stripe_:write(...) end
---Releases it. An error if the thread does not hold it. Context: kernel.
---@return any
function stripe_:unlock(...) end
---Hands the hold to a thread, work item, I/O or request. Context: kernel.
---@return any
function stripe_:give(...) end

---@class hold : thing
local hold_ = {}
---Releases it; nothing if that was done. Context: kernel.
---@return any
function hold_:unlock(...) end
---Releases it when the block is left. Context: kernel.
---@return any
function hold_:close(...) end

---@class work : thing
local work_ = {}
---Waits until it has run. A wait is D. Context: kernel.
---@return any
function work_:wait(...) end
---True if it had not begun. Context: kernel.
---@return any
function work_:cancel(...) end

---@class tx : thing
---@field txg any Its transaction group.
local tx_ = {}
---Ends the transaction. Context: kernel.
---@return any
function tx_:commit(...) end

---@class io : thing
local io_ = {}
---Waits until it is done. A wait is D. Context: kernel.
---@return any
function io_:wait(...) end

---@class request : thing
---@field op any What is asked.
---@field args any With what.
---@field from any Name of the asking process.
---@field interrupted any True if the asker was interrupted.
local request_ = {}
---Waits for the reply, or raises an errno. Context: kernel.
---@return any
function request_:wait(...) end

---@class spawned : thing
local spawned_ = {}
---Waits for its end: S in user code, D in kernel code. Context: user, kernel.
---@return any
function spawned_:wait(...) end

---@class machine_options
---@field cores? integer CPU cores
---@field profile? "x86-64"|"x86-64-mitigated"|"nested-vm"|"ideal" what crossings, switches and wake-ups cost
---@field memory? size RAM, from which tunables of the pool are derived
---@field blocking? "sleep"|"spin" spin: a thread that waits inside a syscall keeps its core
---@field spin_scope? "callback"|"all" under spin: callback spins only for user code, all for anything
---@field poll_fatal? boolean a spinning wait notices SIGKILL
---@field scheduler? "fifo"|"rr"|"eevdf" who runs next
---@field preempt? "none"|"voluntary"|"full" where kernel code may lose its core
---@field hung_task_timeout? duration of the hung-task detector
---@field stop_at? duration the run ends here at the latest; see above for what ends it before
---@field slow_after? duration blocked longer than this while the root progresses is slow
---@field laps? integer laps without progress that make a livelock

---@class expect_options
---@field on? string|string[] an arm, a list of arms, or all, compare, sweep, explore
---@field at? duration judged at that instant, before which no run ends; else at the end
---@field verdict? "deadlock"|"lost_event"|"frozen_pool"|"external"|"livelock"|"slow"|"unknown"|"completed" of several hangs the first of this list
---@field frozen? thing|string|(thing|string)[] exactly these pools are frozen
---@field cycle? thing|string|(thing|string)[] the cycle has these members in this order, from any start
---@field root? thing|string the thread or thing at the end of the chain; "machine" if that has panicked or lost its power
---@field hung? thing|string|(thing|string)[] the hung set is exactly this
---@field D? thing|string|(thing|string)[] these are in D and cannot be killed
---@field DK? thing|string|(thing|string)[] these are in D to ps, and killable
---@field S? thing|string|(thing|string)[] these are in S
---@field R? thing|string|(thing|string)[] these are in R
---@field T? thing|string|(thing|string)[] these are stopped
---@field Z? thing|string|(thing|string)[] these are zombies
---@field detector? thing|string|(thing|string)[] these, and no others, are reported by the hung-task detector
---@field freed_by? string|string[] each of these actions alone would end the hang for all; {} : none would
---@field not_freed_by? string|string[] none of these actions alone would end the hang for all
---@field completes? thing|string|(thing|string)[] these have ended, in any way
---@field within? duration with completes: within that time of their start
---@field deviations? integer with on = "explore": the minimal schedule has so many

---@class fault_options
---@field at? duration|distribution when
---@field choice? string in place of at: the explorer decides under this label
---@field lasting? duration ends it, unless another one like it lasts on; what is done at once (kill, cont, signal, abort, power_cut, call) has no end
---@field kill? thing|string SIGKILL to a process, load, server or dispatcher
---@field stop? thing|string SIGSTOP to a process, load, server or dispatcher
---@field cont? thing|string SIGCONT to a process, load, server or dispatcher
---@field signal? table { "USR1", process }
---@field abort? thing|string a server's connection is aborted
---@field exhaust? thing|string every worker of a pool of workers is taken
---@field stall? thing|string a device answers nothing; a pool stands for all its disks, "tank/disk0" is one
---@field offline? thing|string a device is gone: its I/Os fail with ENXIO
---@field error? table { device, EIO }: every I/O fails
---@field slow? table { device, 10 }: that many times slower
---@field lose? thing|string the next completion of a device is lost, if it comes while this lasts
---@field low_memory? thing|string of a pool: memory runs short, and each transaction that writes waits for a txg first
---@field other_host? thing|string another host has the pool: with multihost = true `zpool clear` refuses to resume it
---@field power_cut? boolean true: the machine loses power, and the run ends; pools.NAME.recovered has what is left
---@field call? function user code that runs as root

---@class process_options
---@field at? duration|distribution when it starts
---@field nice? integer -20 to 19
---@field flags? ("io_flusher")|("io_flusher")[] io_flusher: its allocations do no I/O
---@field cgroup? string a freezer

---@class operator_options
---@field at duration|distribution when the person begins

---@class kthread_options
---@field at? duration|distribution when it starts
---@field idle? boolean its waits outside locks are S with signals blocked

---@class syscall_options
---@field restart? boolean after a handled signal it starts again instead of returning EINTR

---@class callback_options
---@field place? "inline"|"helper"|"dispatcher"|"process" where the user code runs
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the caller waits
---@field on_death? integer|"nothing" what the caller gets when the one that should answer has died
---@field atomic? boolean called with a spinlock held: a wait is "scheduling while atomic"
---@field dispatcher? thing|string with place = "dispatcher"

---@class dispatcher_options
---@field width? integer threads that may run; left out: cores
---@field limit? integer threads at the most, when others block in the kernel

---@class spinlock_options
---@field irq? boolean also keeps interrupts off

---@class rwsem_options
---@field fair? boolean FIFO: readers queue behind a waiting writer

---@class rrwlock_options
---@field track_all? boolean false: a waiting writer lets new readers in while an untracked reader is in

---@class striped_options
---@field count? integer locks

---@class semaphore_options
---@field count? integer free at the start

---@class completion_options
---@field by? thing|string|(thing|string)[] who can end a wait: threads or "outside"; left out: every thread that can reach it

---@class condvar_options
---@field by? thing|string|(thing|string)[] who can end a wait: threads or "outside"; left out: every thread that can reach it

---@class waitqueue_options
---@field by? thing|string|(thing|string)[] who can end a wait: threads or "outside"; left out: every thread that can reach it

---@class gate_options
---@field open? boolean at the start
---@field by? thing|string|(thing|string)[] who can end a wait: threads or "outside"; left out: every thread that can reach it

---@class queue_options
---@field capacity? integer left out: no limit

---@class shared_options
---@field value? any at the start: nil, boolean, number or text

---@class server_options
---@field threads? integer that take requests
---@field wait? "D"|"killable"|"S"|"idle"|"fuse"|"seccomp"|"spin" how a caller waits for the reply
---@field on_death? integer|"nothing" what callers get when it has died; "nothing" leaks them
---@field capacity? integer unread requests at the most; left out: no limit
---@field remote? boolean outside the machine: only faults touch it
---@field start? boolean false: takes nothing until resume

---@class workers_options
---@field count? integer threads
---@field max? integer may grow to so many; left out: count
---@field rescuer? boolean one more thread, for when all others block

---@class device_options
---@field service? duration|distribution time for one I/O
---@field bandwidth? rate left out: no limit
---@field depth? integer I/Os at once
---@field flush? duration|distribution time for a cache flush
---@field by? thing|string|(thing|string)[] who may release it while it is held

---@class file_options
---@field release? function kernel code that runs at the last close

---@class ring_options
---@field entries? integer of the submission ring; rounded up to a power of two
---@field cq_entries? integer of the completion ring; left out: twice as many
---@field workers? integer threads at the most for what may block, but for sockets and the like
---@field sqpoll? boolean a thread polls the submission ring: submitting is no system call

---@class process_thread_options
---@field at? duration|distribution when it starts

---@class pool_options
---@field disks? integer devices
---@field layout? "stripe"|"mirror"|"raidz1"|"raidz2"|"raidz3" of the disks
---@field width? integer disks of one mirror or raidz; 0: all of them make one
---@field disk? string|table or { service =, bandwidth =, depth = }
---@field log? string|table a device for the intent log, as disk; none: the disks
---@field import? string file with the text of `zfs list`: beside the scenario, or in data/ there or beside that folder
---@field txg_timeout? duration zfs_txg_timeout
---@field dirty_data_max? size zfs_dirty_data_max; only zfs_dirty_data_max_percent makes it a share of the machine's memory
---@field failmode? "wait"|"continue"|"panic" what I/O does when the pool suspends
---@field multihost? boolean heartbeats on disk; the pool suspends when none gets through
---@field destroys? "one_by_one"|"batched" of snapshots by one command: a txg each, or one for all as up to OpenZFS 2.4
---@field gate_first? boolean administration waits for a transaction before it takes spa_namespace_lock, not with it
---@field log_history? boolean each change is logged on disk, by a transaction after it; zpool history knows of it either way
---@field cold_metadata? boolean what a job reads of an object comes from the disks the first time

---@class writers_options
---@field count? integer threads
---@field rate? rate of all together; required unless closed
---@field size? size of one operation
---@field dataset? thing|string left out: the only pool
---@field append? boolean writes add, in place of going over what the dataset was declared with
---@field fsync_every? integer fsync after so many writes; 0: never
---@field sync? "standard"|"always"|"disabled" the dataset's property for these
---@field arrivals? "paced"|"poisson"|"closed" open loop at even or random distances, or closed: each after the last
---@field at? duration|distribution when it starts
---@field stop_at? duration when it ends; a load keeps no run going

---@class readers_options
---@field count? integer threads
---@field rate? rate of all together; required unless closed
---@field size? size of one operation
---@field dataset? thing|string left out: the only pool
---@field append? boolean writes add, in place of going over what the dataset was declared with
---@field fsync_every? integer fsync after so many writes; 0: never
---@field sync? "standard"|"always"|"disabled" the dataset's property for these
---@field arrivals? "paced"|"poisson"|"closed" open loop at even or random distances, or closed: each after the last
---@field at? duration|distribution when it starts
---@field stop_at? duration when it ends; a load keeps no run going

---@class job_options
---@field at? duration|distribution when it starts
---@field think? duration|distribution user time before each call that crosses
---@field repeats? integer how often it runs
---@field every? duration|distribution from start to start; left out: one after the other
---@field design? "ioctl"|"pipeline"|"callback"|"channel_tx"|"optimistic_tx"|"ring"|"program" left out: the parameter design, channel_tx unless set
---@field user? string as whom it runs
---@field ioctl? table for every design
---@field pipeline? table 
---@field callback? table 
---@field channel_tx? table 
---@field optimistic_tx? table 
---@field ring? table 
---@field program? table 

---@class pool_filesystem_options
---@field used? size space it refers to
---@field mounted? boolean at time 0
---@field properties? table { name = value }

---@class pool_volume_options
---@field size? size volsize
---@field used? size space it refers to
---@field properties? table { name = value }

---@class dataset_snapshot_options
---@field used? size space that only it holds
---@field shared_with_next? size space that it and the next snapshot share

---@class dataset_clone_options
---@field snapshot? thing|string of which; left out: the newest of the dataset

---@class dataset_bookmark_options
---@field snapshot? thing|string of which; left out: the newest of the dataset

---@class dataset_hold_options
---@field snapshot? thing|string of which; left out: the newest of the dataset

---@class param_options
---@field help? string one line for `txgsim help FILE`
---@field sweep? string|any[] "16..256*2", "1..8", "1..9+2" or a list
---@field choices? table what it may be

---@class sleep_options
---@field wait? "D"|"killable"|"S"|"idle" left out: S in user code, D in kernel code

---@class hang_options
---@field busy? boolean true: it uses its core

---@class process_wait_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class spawned_wait_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class mutex_lock_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class rwsem_read_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class rwsem_write_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class rrwlock_read_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class rrwlock_write_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class stripe_read_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class stripe_write_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class pool_lock_read_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class pool_lock_write_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class pool_lock_lock_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class semaphore_down_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class completion_wait_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class condvar_wait_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class waitqueue_sleep_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class waitqueue_wait_event_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class gate_pass_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class queue_put_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class queue_get_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class server_request_options
---@field wait? "D"|"killable"|"S"|"idle"|"fuse"|"seccomp"|"spin" left out: the server's
---@field force? boolean waits in D whatever comes
---@field timeout? duration after it ETIMEDOUT is raised

---@class request_wait_options
---@field wait? "D"|"killable"|"S"|"idle"|"fuse"|"seccomp"|"spin" left out: the server's
---@field force? boolean waits in D whatever comes
---@field timeout? duration after it ETIMEDOUT is raised

---@class workers_wait_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class work_wait_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class work_cancel_options
---@field wait? boolean true: waits until it has ended

---@class device_io_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class io_wait_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class ring_submit_options
---@field op "nop"|"timeout"|"poll"|"fsync"|"sendfile"|"cancel"|"message"|"zfs"|"call" what is to be done
---@field user_data? integer comes back in completions
---@field link? boolean the next entry begins when this has succeeded; they are submitted together
---@field hardlink? boolean the same, or failed
---@field drain? boolean begins when all before it have ended
---@field timeout? duration of timeout: when it ends; of others: a linked time-out, whose completion has text = "timeout"
---@field from? thing|string sendfile: a dataset or device; fsync: a dataset; poll: a queue
---@field to? thing|string sendfile: a device
---@field size? size sendfile: bytes in all
---@field chunk? size sendfile: after each comes a completion with more, whose res is the bytes so far
---@field multishot? boolean poll: stays armed; each event completes with more
---@field target? integer cancel, message: the user_data of an operation
---@field graceful? boolean cancel: a sendfile that runs finishes its chunk
---@field all? boolean cancel: all of that user_data; res is how many
---@field text? string message: "pause", "resume", or a text that comes back with the next completion
---@field command? string zfs: a zfs or zpool command, as sh
---@field syscall? thing|string call: a declared syscall, which runs on a worker
---@field args? table call: its arguments, plain values
---@field unbounded? boolean call: works on a socket or the like, and does not count against `workers`

---@class ring_prepare_options
---@field op "nop"|"timeout"|"poll"|"fsync"|"sendfile"|"cancel"|"message"|"zfs"|"call" what is to be done
---@field user_data? integer comes back in completions
---@field link? boolean the next entry begins when this has succeeded; they are submitted together
---@field hardlink? boolean the same, or failed
---@field drain? boolean begins when all before it have ended
---@field timeout? duration of timeout: when it ends; of others: a linked time-out, whose completion has text = "timeout"
---@field from? thing|string sendfile: a dataset or device; fsync: a dataset; poll: a queue
---@field to? thing|string sendfile: a device
---@field size? size sendfile: bytes in all
---@field chunk? size sendfile: after each comes a completion with more, whose res is the bytes so far
---@field multishot? boolean poll: stays armed; each event completes with more
---@field target? integer cancel, message: the user_data of an operation
---@field graceful? boolean cancel: a sendfile that runs finishes its chunk
---@field all? boolean cancel: all of that user_data; res is how many
---@field text? string message: "pause", "resume", or a text that comes back with the next completion
---@field command? string zfs: a zfs or zpool command, as sh
---@field syscall? thing|string call: a declared syscall, which runs on a worker
---@field args? table call: its arguments, plain values
---@field unbounded? boolean call: works on a socket or the like, and does not count against `workers`

---@class ring_wait_options
---@field timeout? duration after it the result is nil, ETIME

---@class dataset_write_options
---@field append? boolean true: adds all of it, whatever the dataset was declared with

---@class pool_assign_options
---@field file? integer the number of a file: one that a transaction of the txg before has makes it wait for that; 0: none

---@class pool_wait_synced_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---@class pool_wait_open_options
---@field wait? "D"|"killable"|"S"|"idle"|"spin" how the thread waits; left out: as the table of the object says
---@field timeout? duration after it ETIMEDOUT is raised
---@field io? boolean counted as I/O wait

---The machine of the scenario, once. machine "ideal" has one core a thread and no costs.
---    machine { cores = 4, ... }
---@param name string|machine_options
---@return declaration|fun(options: machine_options|function): declaration
function machine(name) end

---Another arm of the file, with those parameters.
---    variant "name" { param = value, ... }
---@param name string|table
---@return declaration|fun(options: table|function): declaration
function variant(name) end

---A variant that must complete without a hang.
---    control "name" { param = value, ... }
---@param name string|table
---@return declaration|fun(options: table|function): declaration
function control(name) end

---A control that is also explored by itself and runs under every schedule found.
---    fix "name" { param = value, ... }
---@param name string|table
---@return declaration|fun(options: table|function): declaration
function fix(name) end

---What must hold. Keys and body may both be there; all must hold. What a body reads of a run is listed by `txgsim explain run`.
---    expect "sentence" { verdict = "deadlock" } (function(run) ... end)
---@param name string|expect_options
---@return declaration|fun(options: expect_options|function): declaration
function expect(name) end

---Something that goes wrong: exactly one action.
---    fault { at = "1s", kill = "app" }
---@param name string|fault_options
---@return declaration|fun(options: fault_options|function): declaration
function fault(name) end

---A process; its main thread has its name.
---    process "app" { at = "0s" } (function() ... end)
---@param name string|process_options
---@return process|fun(options: process_options|function): process
function process(name) end

---A person. The watch never counts on what an operator has not begun.
---    operator "oncall" { at = "60s" } (function() ... end)
---@param name string|operator_options
---@return operator|fun(options: operator_options|function): operator
function operator(name) end

---A kernel thread; cannot be killed.
---    kthread "txg_sync" (function() ... end)
---@param name string|kthread_options
---@return kthread|fun(options: kthread_options|function): kthread
function kthread(name) end

---A system call. User code calls it like a function: results, or nil and an errno.
---    syscall "write" (function(...) ... end)
---@param name string|syscall_options
---@return syscall|fun(options: syscall_options|function): syscall
function syscall(name) end

---A kernel function with a name in stacks. Kernel code calls it like a function.
---    kfunc "fault_in" (function(...) ... end)
---@param name string|table
---@return kfunc|fun(options: table|function): kfunc
function kfunc(name) end

---User code that kernel code calls, in the caller's process.
---    callback "decide" { place = "inline" } (function(...) ... end)
---@param name string|callback_options
---@return callback|fun(options: callback_options|function): callback
function callback(name) end

---One pool of user threads for the machine, grown when one blocks in the kernel.
---    dispatcher "global" { limit = 64 }
---@param name string|dispatcher_options
---@return dispatcher|fun(options: dispatcher_options|function): dispatcher
function dispatcher(name) end

---A sleeping lock with one owner. A wait for it is D.
---    mutex "name"
---@param name string|table
---@return mutex|fun(options: table|function): mutex
function mutex(name) end

---A lock waited for on the core. A wait while it is held is "scheduling while atomic".
---    spinlock "name" { irq = false }
---@param name string|spinlock_options
---@return spinlock|fun(options: spinlock_options|function): spinlock
function spinlock(name) end

---A reader-writer semaphore as Linux has it.
---    rwsem "name" { fair = true }
---@param name string|rwsem_options
---@return rwsem|fun(options: rwsem_options|function): rwsem
function rwsem(name) end

---A re-entrant reader-writer lock as ZFS has it.
---    rrwlock "name" { track_all = false }
---@param name string|rrwlock_options
---@return rrwlock|fun(options: rrwlock_options|function): rrwlock
function rrwlock(name) end

---An array of rrwlocks, indexed 0 .. count-1 or by current().id.
---    striped "td" { count = 17 }
---@param name string|striped_options
---@return striped|fun(options: striped_options|function): striped
function striped(name) end

---A counting semaphore.
---    semaphore "name" { count = 1 }
---@param name string|semaphore_options
---@return semaphore|fun(options: semaphore_options|function): semaphore
function semaphore(name) end

---Done once, and stays done.
---    completion "name" { by = }
---@param name string|completion_options
---@return completion|fun(options: completion_options|function): completion
function completion(name) end

---A condition variable, used with a mutex (cv_wait of the SPL).
---    condvar "name" { by = }
---@param name string|condvar_options
---@return condvar|fun(options: condvar_options|function): condvar
function condvar(name) end

---A wait queue as Linux has it.
---    waitqueue "name" { by = }
---@param name string|waitqueue_options
---@return waitqueue|fun(options: waitqueue_options|function): waitqueue
function waitqueue(name) end

---Lets all pass while it is open.
---    gate "name" { open = true }
---@param name string|gate_options
---@return gate|fun(options: gate_options|function): gate
function gate(name) end

---A queue of values between threads.
---    queue "name" { capacity = }
---@param name string|queue_options
---@return queue|fun(options: queue_options|function): queue
function queue(name) end

---A variable that threads share; each use is a scheduling point.
---    shared "name" { value = }
---@param name string|shared_options
---@return shared|fun(options: shared_options|function): shared
function shared(name) end

---A process that answers requests of kernel code.
---    server "sshfs" { threads = 1 } (function(request) ... return reply end)
---@param name string|server_options
---@return server|fun(options: server_options|function): server
function server(name) end

---A pool of kernel threads that carry out queued work.
---    workers "z_rd_int" { count = 4 }
---@param name string|workers_options
---@return workers|fun(options: workers_options|function): workers
function workers(name) end

---Something that does I/O.
---    device "eth0" { service = "100us" }
---@param name string|device_options
---@return device|fun(options: device_options|function): device
function device(name) end

---An open file; release runs at the last close, also at exit.
---    file "fd" { release = function() ... end }
---@param name string|file_options
---@return file|fun(options: file_options|function): file
function file(name) end

---Submission and completion rings of the process that first uses it, as io_uring has them.
---    ring "uring" { entries = 8, workers = 4 }
---@param name string|ring_options
---@return ring|fun(options: ring_options|function): ring
function ring(name) end

---Kernel work at a time.
---    timer "ticks" (fn)
---@param name string|table
---@return declaration|fun(options: table|function): declaration
function timer(name) end

---Memory with reclaim.
---    memory "node0" { } (reclaim)
---@param name string|table
---@return declaration|fun(options: table|function): declaration
function memory(name) end

---A cgroup that can be frozen.
---    freezer "cg" { }
---@param name string|table
---@return declaration|fun(options: table|function): declaration
function freezer(name) end

---A stream of random numbers that depends on --seed and its name alone. One thread each.
---    rng "dice"
---@param name string|table
---@return rng|fun(options: table|function): rng
function rng(name) end

---A ZFS pool. Any module parameter may be given by its real name.
---    pool "tank" { disks = 1, disk = "nvme" }
---@param name string|pool_options
---@return pool|fun(options: pool_options|function): pool
function pool(name) end

---Threads that write; open loop unless closed.
---    writers "db" { rate = "200MB/s", dataset = vm }
---@param name string|writers_options
---@return load|fun(options: writers_options|function): load
function writers(name) end

---Threads that read; open loop unless closed.
---    readers "web" { rate = "50MB/s", dataset = vm }
---@param name string|readers_options
---@return load|fun(options: readers_options|function): load
function readers(name) end

---Administration written once for every design: look, decide, change.
---    job "prune" { think = "0s" } (function(zfs) ... end)
---@param name string|job_options
---@return job|fun(options: job_options|function): job
function job(name) end

---The value of a parameter: set by --set, by the arm, or the default. Its type is the default's. Context: top.
---    param("cores", 4, { help = "..." })
function param(...) end

---Integer nanoseconds, accepted wherever a duration is. Context: top, user, kernel, job, judge.
---    duration "5s"
function duration(...) end

---Integer bytes, accepted wherever a size is. Context: top, user, kernel, job, judge.
---    bytes "1MiB"
function bytes(...) end

---A distribution, accepted wherever a duration is. Context: top, user, kernel, job, judge.
---    uniform("1ms", "5ms")
function uniform(...) end

---A distribution by its mean. Context: top, user, kernel, job, judge.
---    exponential "80us"
function exponential(...) end

---A distribution by median and sigma of the logarithm. Context: top, user, kernel, job, judge.
---    lognormal("80us", 0.4)
function lognormal(...) end

---A distribution by minimum and alpha. Context: top, user, kernel, job, judge.
---    pareto("80us", 2.1)
function pareto(...) end

---A distribution: each value equally likely. Context: top, user, kernel, job, judge.
---    empirical { "70us", "80us", "2ms" }
function empirical(...) end

---Integer bytes or events a second, accepted wherever a rate is. Context: top, user, kernel, job, judge.
---    rate "1MB/s"
function rate(...) end

---Uses a core for so long. Context: user, kernel, job.
---    compute "5us"
function compute(...) end

---Waits for the clock. Context: user, kernel.
---    sleep "1ms"
function sleep(...) end

---Lets others of equal right run. Context: user, kernel.
---    yield()
function yield(...) end

---Simulated time since the start, in ns. Context: user, kernel, job.
---    now()
function now(...) end

---Never comes back; for the watch an outside thing. Uses no core unless busy. Context: user.
---    hang()
function hang(...) end

---Notes time and value in the result. Context: user, kernel, job.
---    mark("name", value)
function mark(...) end

---Fails the run unless the condition holds. Context: user, kernel, job.
---    check(condition, "text")
function check(...) end

---{ name, id, process, killed, flags } of the running thread. Context: user, kernel.
---    current()
function current(...) end

---Sends a signal; SIGKILL unless said. Context: user.
---    kill(app, "KILL")
function kill(...) end

---Installs a handler. Context: user.
---    on_signal("USR1", function() ... end)
function on_signal(...) end

---Runs a zfs or zpool command as this process, with its locks and waits; returns the exit code. In a job it is no call: a channel program cannot, and the oracle of `compare` leaves it out. Context: user, job.
---    sh "zfs snapshot tank/a@b"
function sh(...) end

---One more lap that achieved nothing. Context: user, kernel.
---    retry("reason")
function retry(...) end

---Something was achieved: laps start again. Context: user, kernel.
---    progress()
function progress(...) end

---Runs when that thread next returns to user mode, or late in its exit. Context: kernel.
---    task_work(thread, function() ... end)
function task_work(...) end

---Ends the sibling threads, waits for them killably, and closes what is close-on-exec: transactions. Context: user.
---    exec()
function exec(...) end

---A child process of user code that shares what this one has open: files, and a job's transaction. Returns it. Context: user, job.
---    fork "name" (function() ... end)
function fork(...) end

---User code: a process; kernel code: a kernel thread. Returns it. Context: user, kernel.
---    spawn "name" (function() ... end)
function spawn(...) end

---The first of the list, unless explored otherwise. Context: user, kernel, job.
---    choose "outcome" { "ok", EIO, EINTR }
function choose(...) end

