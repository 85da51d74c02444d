// SPDX-License-Identifier: Apache-2.0
//
// Methods and fields of things, and declared things that are called like functions.
#include "model/script/language/words.h"

namespace model {
namespace {

using T = OptionType;
using K = ThingKind;

constexpr uint32_t kKernel = kContextKernel;
constexpr uint32_t kUser = kContextUser;
constexpr uint32_t kBoth = kContextUser | kContextKernel;

constexpr OptionSpec kWaitOption = {.name = "wait",
                                    .type = T::kChoice,
                                    .help = "how the thread waits; left out: as the table of the object says",
                                    .choices = "D killable S idle spin"};
constexpr OptionSpec kTimeoutOption = {.name = "timeout",
                                       .type = T::kDuration,
                                       .help = "after it ETIMEDOUT is raised",
                                       .min = 1,
                                       .forever = true};
constexpr OptionSpec kIoOption = {
    .name = "io", .type = T::kBool, .default_text = "false", .help = "counted as I/O wait"};
constexpr OptionSpec kWait[] = {kWaitOption, kTimeoutOption, kIoOption};
constexpr OptionSpec kRequest[] = {
    {.name = "wait",
     .type = T::kChoice,
     .help = "left out: the server's",
     .choices = "D killable S idle fuse seccomp spin"},
    {.name = "force", .type = T::kBool, .default_text = "false", .help = "waits in D whatever comes"},
    kTimeoutOption,
};
constexpr OptionSpec kCancel[] = {
    {.name = "wait", .type = T::kBool, .default_text = "false", .help = "true: waits until it has ended"},
};
constexpr OptionSpec kRingEntry[] = {
    {.name = "op",
     .type = T::kChoice,
     .help = "what is to be done",
     .choices = "nop timeout poll fsync sendfile cancel message zfs call",
     .required = true},
    {.name = "user_data", .type = T::kInteger, .default_text = "0", .help = "comes back in completions"},
    {.name = "link",
     .type = T::kBool,
     .default_text = "false",
     .help = "the next entry begins when this has succeeded; they are submitted together"},
    {.name = "hardlink", .type = T::kBool, .default_text = "false", .help = "the same, or failed"},
    {.name = "drain",
     .type = T::kBool,
     .default_text = "false",
     .help = "begins when all before it have ended"},
    {.name = "timeout",
     .type = T::kDuration,
     .help =
         "of timeout: when it ends; of others: a linked time-out, whose completion has text = \"timeout\"",
     .min = 1},
    {.name = "from",
     .type = T::kTarget,
     .help = "sendfile: a dataset or device; fsync: a dataset; poll: a queue"},
    {.name = "to", .type = T::kTarget, .help = "sendfile: a device"},
    {.name = "size", .type = T::kSize, .help = "sendfile: bytes in all", .min = 1},
    {.name = "chunk",
     .type = T::kSize,
     .default_text = "128KiB",
     .help = "sendfile: after each comes a completion with more, whose res is the bytes so far",
     .min = 1},
    {.name = "multishot",
     .type = T::kBool,
     .default_text = "false",
     .help = "poll: stays armed; each event completes with more"},
    {.name = "target", .type = T::kInteger, .help = "cancel, message: the user_data of an operation"},
    {.name = "graceful",
     .type = T::kBool,
     .default_text = "false",
     .help = "cancel: a sendfile that runs finishes its chunk"},
    {.name = "all",
     .type = T::kBool,
     .default_text = "false",
     .help = "cancel: all of that user_data; res is how many"},
    {.name = "text",
     .type = T::kText,
     .help = "message: \"pause\", \"resume\", or a text that comes back with the next completion"},
    {.name = "command", .type = T::kText, .help = "zfs: a zfs or zpool command, as sh"},
    {.name = "syscall", .type = T::kTarget, .help = "call: a declared syscall, which runs on a worker"},
    {.name = "args", .type = T::kPlainList, .help = "call: its arguments, plain values"},
    {.name = "unbounded",
     .type = T::kBool,
     .default_text = "false",
     .help = "call: works on a socket or the like, and does not count against `workers`"},
};
constexpr OptionSpec kRingWait[] = {
    {.name = "timeout",
     .type = T::kDuration,
     .help = "after it the result is nil, ETIME",
     .min = 1,
     .forever = true},
};

constexpr OptionSpec kFileWrite[] = {
    {.name = "append",
     .type = T::kBool,
     .default_text = "false",
     .help = "true: adds all of it, whatever the dataset was declared with"},
};
constexpr OptionSpec kAssign[] = {
    {.name = "file",
     .type = T::kInteger,
     .default_text = "0",
     .help =
         "the number of a file: one that a transaction of the txg before has makes it wait for that; 0: none",
     .min = 0,
     .max = 1'000'000'000},
};

constexpr Word Method(std::string_view name, K kind, uint32_t contexts, std::string_view form,
                      std::string_view help, std::span<const OptionSpec> options = {}) {
  return {.name = name,
          .word_class = WordClass::kMethod,
          .kind = kind,
          .contexts = contexts,
          .form = form,
          .help = help,
          .options = options};
}
constexpr Word Field(std::string_view name, K kind, uint32_t contexts, std::string_view form,
                     std::string_view help) {
  Word word = Method(name, kind, contexts, form, help);
  word.word_class = WordClass::kField;
  return word;
}
constexpr Word Call(std::string_view name, K kind, uint32_t contexts, std::string_view form,
                    std::string_view help) {
  Word word = Method(name, kind, contexts, form, help);
  word.word_class = WordClass::kCall;
  return word;
}

constexpr std::string_view kLockHelp = "Takes it; returns a hold. A wait is D.";
constexpr std::string_view kReadHelp = "Takes it for reading; returns a hold. A wait is D.";
constexpr std::string_view kWriteHelp = "Takes it for writing; returns a hold. A wait is D.";
constexpr std::string_view kUnlockHelp = "Releases it. An error if the thread does not hold it.";
constexpr std::string_view kGiveHelp = "Hands the hold to a thread, work item, I/O or request.";

constexpr Word kRows[] = {
    Call("syscall:call", K::kSyscall, kUser, "write(...)", "Runs its body in kernel mode on this thread."),
    Call("kfunc:call", K::kKfunc, kKernel, "fault_in(...)", "Runs its body, with its name in the stack."),
    Call("callback:call", K::kCallback, kKernel, "decide(...)",
         "Runs its body in user mode, in this process."),

    Call("completion:call", K::kCompletion, kBoth, "completion \"x\" { by = }",
         "Options of one that a body makes."),
    Call("shared:call", K::kShared, kBoth, "shared \"x\" { value = 0 }", "Options of one that a body makes."),

    Method("dispatcher:async", K::kDispatcher, kUser, "global:async(fn)", "Queues work."),
    Method("dispatcher:sync", K::kDispatcher, kUser, "global:sync(fn)", "Queues work and waits for it."),
    Method("process:wait", K::kProcess, kBoth, "app:wait()",
           "Waits for its end: S in user code, D in kernel code.", kWait),
    Method("spawned:wait", K::kSpawned, kBoth, "p:wait()",
           "Waits for its end: S in user code, D in kernel code.", kWait),

    Method("mutex:lock", K::kMutex, kKernel, "m:lock()", kLockHelp, kWait),
    Method("mutex:trylock", K::kMutex, kKernel, "m:trylock()", "A hold, or nil at once."),
    Method("mutex:unlock", K::kMutex, kKernel, "m:unlock()", kUnlockHelp),
    Method("mutex:give", K::kMutex, kKernel, "m:give(owner)", kGiveHelp),
    Method("spinlock:lock", K::kSpinlock, kKernel, "s:lock()", "Takes it, spinning; returns a hold."),
    Method("spinlock:unlock", K::kSpinlock, kKernel, "s:unlock()", kUnlockHelp),
    Method("rwsem:read", K::kRwsem, kKernel, "r:read()", kReadHelp, kWait),
    Method("rwsem:write", K::kRwsem, kKernel, "r:write()", kWriteHelp, kWait),
    Method("rwsem:tryread", K::kRwsem, kKernel, "r:tryread()", "A hold, or nil if a writer holds or waits."),
    Method("rwsem:trywrite", K::kRwsem, kKernel, "r:trywrite()", "A hold, or nil at once."),
    Method("rwsem:downgrade", K::kRwsem, kKernel, "r:downgrade()", "From writer to reader."),
    Method("rwsem:unlock", K::kRwsem, kKernel, "r:unlock()", kUnlockHelp),
    Method("rwsem:give", K::kRwsem, kKernel, "r:give(owner)", kGiveHelp),
    Method("rrwlock:read", K::kRrwlock, kKernel, "r:read()", kReadHelp, kWait),
    Method("rrwlock:write", K::kRrwlock, kKernel, "r:write()", kWriteHelp, kWait),
    Method("rrwlock:unlock", K::kRrwlock, kKernel, "r:unlock()", kUnlockHelp),
    Method("rrwlock:give", K::kRrwlock, kKernel, "r:give(owner)", kGiveHelp),
    Field("striped.[]", K::kStriped, kKernel, "td[i]", "One of its locks."),
    Method("stripe:read", K::kStripe, kKernel, "td[i]:read()", kReadHelp, kWait),
    Method("stripe:write", K::kStripe, kKernel, "td[i]:write()", kWriteHelp, kWait),
    Method("stripe:unlock", K::kStripe, kKernel, "td[i]:unlock()", kUnlockHelp),
    Method("stripe:give", K::kStripe, kKernel, "td[i]:give(owner)", kGiveHelp),
    Method("pool_lock:read", K::kPoolLock, kKernel, "scl:read()", kReadHelp, kWait),
    Method("pool_lock:write", K::kPoolLock, kKernel, "scl:write()", kWriteHelp, kWait),
    Method("pool_lock:lock", K::kPoolLock, kKernel, "scl:lock()", kLockHelp, kWait),
    Method("pool_lock:unlock", K::kPoolLock, kKernel, "scl:unlock()", kUnlockHelp),
    Method("pool_lock:give", K::kPoolLock, kKernel, "scl:give(owner)", kGiveHelp),
    Method("hold:unlock", K::kHold, kKernel, "hold:unlock()", "Releases it; nothing if that was done."),
    Method("hold:close", K::kHold, kKernel, "local hold <close> = m:lock()",
           "Releases it when the block is left."),

    Method("semaphore:down", K::kSemaphore, kKernel, "s:down()", "Takes one. A wait is D.", kWait),
    Method("semaphore:up", K::kSemaphore, kKernel, "s:up()", "Gives one."),
    Method("completion:wait", K::kCompletion, kKernel, "c:wait()", "Waits until it is complete. A wait is D.",
           kWait),
    Method("completion:complete", K::kCompletion, kKernel, "c:complete()", "Lets one waiter go."),
    Method("completion:complete_all", K::kCompletion, kKernel, "c:complete_all()",
           "Lets all go, later ones too."),
    Method("condvar:wait", K::kCondvar, kKernel, "cv:wait(mutex)",
           "Releases the mutex, waits for a signal, takes the mutex. A wait is D.", kWait),
    Method("condvar:signal", K::kCondvar, kKernel, "cv:signal()", "Wakes one."),
    Method("condvar:broadcast", K::kCondvar, kKernel, "cv:broadcast()", "Wakes all."),
    Method("waitqueue:sleep", K::kWaitqueue, kKernel, "q:sleep()",
           "Sleeps until woken, without a look at anything: the classic mistake. A wait is D.", kWait),
    Method("waitqueue:wait_event", K::kWaitqueue, kKernel, "q:wait_event(function() return ... end)",
           "Sleeps until the condition holds, looked at anew at each wake-up. A wait is D.", kWait),
    Method("waitqueue:wake_one", K::kWaitqueue, kKernel, "q:wake_one()", "Wakes one."),
    Method("waitqueue:wake_all", K::kWaitqueue, kKernel, "q:wake_all()", "Wakes all."),
    Method("gate:pass", K::kGate, kKernel, "g:pass()", "Waits until it is open. A wait is D.", kWait),
    Method("gate:close", K::kGate, kKernel, "g:close()", "From now on passers wait."),
    Method("gate:open", K::kGate, kKernel, "g:open()", "Lets all pass."),
    Method("queue:put", K::kQueue, kBoth, "q:put(value)",
           "Adds a value; waits while it is full. A wait is S.", kWait),
    Method("queue:get", K::kQueue, kBoth, "q:get()", "Takes the oldest value. A wait is S.", kWait),
    Method("shared:get", K::kShared, kBoth, "x:get()", "Its value."),
    Method("shared:set", K::kShared, kBoth, "x:set(value)", "Sets it."),
    Method("shared:add", K::kShared, kBoth, "x:add(n)", "Adds in one step; returns the new value."),
    Method("shared:cas", K::kShared, kBoth, "x:cas(old, new)", "Sets it if it is `old`; true if it was."),

    Method("server:request", K::kServer, kKernel, "sshfs:request(\"OP\", args)",
           "Waits for the reply, or raises an errno.", kRequest),
    Method("server:submit", K::kServer, kKernel, "sshfs:submit(\"OP\", args)",
           "A request to wait for later."),
    Method("server:abort", K::kServer, kUser, "sshfs:abort()", "Aborts the connection: every request fails."),
    Method("server:pause", K::kServer, kUser, "sshfs:pause()", "Stops taking requests."),
    Method("server:resume", K::kServer, kUser, "sshfs:resume()", "Takes requests again."),
    Field("request.op", K::kRequest, kUser, "request.op", "What is asked."),
    Field("request.args", K::kRequest, kUser, "request.args", "With what."),
    Field("request.from", K::kRequest, kUser, "request.from", "Name of the asking process."),
    Field("request.interrupted", K::kRequest, kUser, "request.interrupted",
          "True if the asker was interrupted."),
    Method("request:wait", K::kRequest, kKernel, "r:wait()", "Waits for the reply, or raises an errno.",
           kRequest),

    Method("workers:queue", K::kWorkers, kKernel, "pool:queue(\"name\", function() ... end)",
           "Queues work; returns it."),
    Method("workers:wait", K::kWorkers, kKernel, "pool:wait()", "Waits until nothing is queued or running.",
           kWait),
    Method("work:wait", K::kWork, kKernel, "w:wait()", "Waits until it has run. A wait is D.", kWait),
    Method("work:cancel", K::kWork, kKernel, "w:cancel { wait = true }", "True if it had not begun.",
           kCancel),

    Method("device:io", K::kDevice, kKernel, "d:io(\"4KiB\")", "One I/O, waited for in D.", kWait),
    Method("device:submit", K::kDevice, kKernel, "d:submit(\"4KiB\")", "An I/O to wait for later."),
    Method("device:hold", K::kDevice, kKernel, "d:hold()", "From now on I/Os queue."),
    Method("device:fail", K::kDevice, kKernel, "d:fail(EIO)", "Fails what is queued and what comes."),
    Method("device:release", K::kDevice, kKernel, "d:release()", "Lets I/Os go again."),
    Method("io:wait", K::kIo, kKernel, "i:wait()", "Waits until it is done. A wait is D.", kWait),

    Method("file:open", K::kFile, kBoth, "fd:open()", "Opens it in this process."),
    Method("file:close", K::kFile, kBoth, "fd:close()", "Closes it; the last close runs release."),

    Method("ring:submit", K::kRing, kUser, "uring:submit { op = \"nop\", user_data = 1 }",
           "Submits an operation: true, or nil and an errno. EBUSY: the ring is full of linked entries.",
           kRingEntry),
    Method("ring:prepare", K::kRing, kUser, "uring:prepare { op = \"nop\", user_data = 1 }",
           "Writes an operation into the ring: no system call. The next ring:submit or ring:wait submits all "
           "of them at once. true, or nil and EBUSY: the ring is full.",
           kRingEntry),
    Method("ring:wait", K::kRing, kUser, "uring:wait(1)",
           "Waits in S until so many completions are there; the oldest, { user_data, res, more, text }, or "
           "nil and an errno. res < 0 is -errno.",
           kRingWait),
    Method("ring:peek", K::kRing, kUser, "uring:peek()", "The oldest completion, or nil at once."),

    Method("dataset:write", K::kDataset, kUser | kContextJob, "vm:write(\"1MiB\" [, { append = }])",
           "Writes; may be delayed, or block at the dirty limit. Goes over what the dataset was declared or "
           "cloned with and adds the rest; a volume grows to its size and no further.",
           kFileWrite),
    Method("dataset:read", K::kDataset, kUser | kContextJob, "vm:read \"1MiB\"", "Reads."),
    Method("dataset:free", K::kDataset, kUser | kContextJob, "vm:free \"1GiB\"",
           "Removes or truncates a file of that size; above 30 % dirty frees it forces new txgs."),
    Method("dataset:fsync", K::kDataset, kUser | kContextJob, "vm:fsync()",
           "Waits until what this process wrote is safe."),
    Method("pool:assign", K::kPool, kKernel, "tank:assign(\"128KiB\" [, { file = }])",
           "A transaction; may delay or block.", kAssign),
    Method("pool:wait_synced", K::kPool, kKernel, "tank:wait_synced(txg)", "Waits until that txg has synced.",
           kWait),
    Method("pool:wait_open", K::kPool, kKernel, "tank:wait_open()", "Waits until another txg is open.",
           kWait),
    Field("tx.txg", K::kTx, kKernel, "tx.txg", "Its transaction group."),
    Method("tx:commit", K::kTx, kKernel, "tx:commit()", "Ends the transaction."),

    Method("rng:integer", K::kRng, kContextTop | kBoth | kContextJob, "dice:integer(1, 6)",
           "A whole number, ends included."),
    Method("rng:pick", K::kRng, kContextTop | kBoth | kContextJob, "dice:pick { \"a\", \"b\" }",
           "One of the list."),
    Method("rng:draw", K::kRng, kContextTop | kBoth | kContextJob, "dice:draw(exponential \"5ms\")",
           "A duration in ns."),
};

}  // namespace

std::span<const Word> MethodWords() { return kRows; }

}  // namespace model
