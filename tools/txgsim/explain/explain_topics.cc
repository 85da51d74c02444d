// SPDX-License-Identifier: Apache-2.0
//
// Verdicts, subkinds, designs, anomalies and commands. Words that the glossary has, too, are explained here.
#include "tools/txgsim/explain/explain_topics.h"

#include <array>

namespace tools {
namespace {

constexpr auto kTopics = std::to_array<Topic>({
    {"completed",
     "verdict: every job, process and operator ended, and nobody is blocked. In a file that has none: nobody "
     "is hung."},
    {"slow",
     "verdict: somebody has been blocked for longer than machine.slow_after (10 s), but who stands at the "
     "end of\n"
     "the chain progresses. It holds at an instant; a run in which all ended is `completed`, however long it "
     "took."},
    {"deadlock",
     "verdict: a cycle in the wait-for graph; its members wait for each other and nothing else can end it. A "
     "cycle\n"
     "of one is a thread that waits for itself. Cores count: a spinner may wait for the core that another "
     "spins on."},
    {"lost_event",
     "verdict: the root waits for something that nothing left in the system can produce: a wake-up that came "
     "too\n"
     "early, an owner that died, a completion that was lost, a queue whose timer is gone."},
    {"external",
     "verdict: the root waits for something outside: a device, a server process, an operator. `freed by` "
     "names what\n"
     "would free it. A machine that has panicked or lost its power before all had ended is external, too: "
     "somebody has\n"
     "to start it anew."},
    {"frozen_pool",
     "verdict: the root is a stopped, looping or silent user process that holds up a pool's transaction "
     "groups.\n"
     "pools.NAME.frozen is set whatever the verdict is."},
    {"livelock", "verdict: threads are busy, and none makes progress: machine.laps laps without one."},
    {"unknown",
     "verdict: a thread that might still end the wait runs for ever, so nothing can be proven; or the run "
     "was "
     "cut short,\n"
     "by --until, stop_at or Ctrl-C, before all had ended (subkinds unfinished, interrupted)."},
    {"D",
     "thread state: uninterruptible sleep. No signal ends it, SIGKILL included, unless the wait is killable, "
     "which\n"
     "ps does not show: the column KILLABLE does. The hung-task detector reports plain D only."},
    {"S",
     "thread state: interruptible sleep. A signal ends it. Service threads sleep so with all signals "
     "blocked."},
    {"R", "thread state: running, or waiting for a core."},
    {"T", "thread state: stopped by SIGSTOP, until SIGCONT."},
    {"Z",
     "thread state: zombie. It has ended; other threads of its process, or its parent, have yet to notice."},
    {"cycle", "subkind of deadlock: threads that wait for each other, in the order waiter to holder."},
    {"self_deadlock", "subkind of deadlock: a thread waits for itself."},
    {"exhaustion",
     "subkind of deadlock: all members of a pool of threads, or all units of a limit, are stuck."},
    {"lost_wakeup", "subkind of lost_event: the wake-up came before the wait, or reached somebody else."},
    {"lost_completion", "subkind of lost_event: the I/O is done, and nobody will be told."},
    {"orphaned_wait",
     "subkind of lost_event: who should have acted has ended, or there is nobody who could."},
    {"stopped", "subkind of external and frozen_pool: the root is stopped (SIGSTOP). `cont` frees it."},
    {"endless_loop", "subkind of external and frozen_pool: the root loops for ever in user code."},
    {"not_begun", "subkind of external: the root is a person who has not begun."},
    {"device", "subkind of external: the root is a device that does not answer."},
    {"server", "subkind of external: the root is a request that a server does not answer."},
    {"outside", "subkind of external: the root is something that only somebody outside can bring about."},
    {"long_wait", "subkind of slow: blocked for longer than machine.slow_after."},
    {"runs_for_ever", "subkind of unknown: what runs for ever might still end the wait."},
    {"unfinished", "subkind of unknown: --until or stop_at ended the run before all had ended."},
    {"interrupted", "subkind of unknown: Ctrl-C ended the run before all had ended."},
    {"panic", "subkind of external: the kernel has panicked; nothing runs until someone starts it anew."},
    {"power_cut",
     "subkind of external: the power is gone; nothing runs until someone starts the machine anew."},
    {"freed by",
     "The single actions that end the hang, each tried alone from that instant on; \"only\" names whom it "
     "frees "
     "where\n"
     "that is not all."},
    {"sync-lock",
     "The two gates that an open channel transaction holds: the admin gate (mutating administration waits) "
     "and the\n"
     "sync gate (txg_sync starts no txg). Reads, writers below the dirty limit and fsync go on."},
    {"digest",
     "A 64-bit hash (XXH3) over every record of the run. Two runs agree when their digests do: on any "
     "machine, with\n"
     "any compiler."},
    {"ioctl", "design: a system call for every step; a change waits for its own transaction group."},
    {"pipeline",
     "design: changes are recorded in user space and sent in batches, a system call and a txg each; an error "
     "does not\n"
     "stop the rest."},
    {"callback",
     "design: one system call that calls the job back in user space at every step; open (it holds both "
     "gates), "
     "syncing\n"
     "(txg_sync itself waits for it) or, naively, under the config lock."},
    {"channel_tx",
     "design: a transaction that stays open between system calls and holds the txg sync lock; reads see one "
     "frozen\n"
     "pool, intents are applied all or not at all."},
    {"optimistic_tx",
     "design: a transaction that holds nothing; Commit fails with ERETRY if anything that was read has "
     "changed "
     "since,\n"
     "and the whole job runs again."},
    {"program",
     "design: the job is shipped to the kernel and runs in txg_sync, as `zfs program` does: no crossings, no "
     "user code,\n"
     "and no txg while it runs."},
    {"partial_visibility", "anomaly: somebody saw some of a job's changes and not the others."},
    {"dirty_write",
     "anomaly: two jobs wrote over each other, one thing in one order and another in the other."},
    {"dirty_read", "anomaly: somebody read what a job then undid, or changed again, before it failed."},
    {"half_done_read",
     "anomaly: somebody read what a job changed that failed, or never ended: it stays so, a part of what was "
     "meant\n"
     "as one."},
    {"lost_update", "anomaly: a change was made on a read that another change had overtaken."},
    {"write_skew",
     "anomaly: two jobs each changed what the other had read, and neither saw the other; one after the other "
     "would have\n"
     "ended otherwise."},
    {"safety matrix",
     "compare --faults all: a row for every thing that can go wrong in the middle of a job, a column for "
     "every "
     "design.\n"
     "run --design DESIGN --fault FAULT is one cell with its whole report."},
    {"sweep",
     "command: runs a scenario for every combination of parameter values, and with several seeds. A "
     "parameter has\n"
     "the values of --set NAME=V1,V2 or NAME=1..64*2, else those of `sweep =` in the file. Expectations on "
     "\"all\"\n"
     "are judged at every point, those on \"sweep\" at the end. docs/sweep.md has the rest."},
    {"shard",
     "A part of a sweep: --shard 0/4 to 3/4 do a quarter of the runs each, on any machine; `txgsim merge` "
     "joins\n"
     "their results."},
    {"interval",
     "Of a figure over several seeds: mean +- t * s / sqrt(n), with Student's t for 95 %. The true mean lies "
     "within\n"
     "in 95 of 100 cases, if the figure is roughly normal over the seeds."},
    {"exit-codes",
     "0    every expectation held\n"
     "1    an expectation failed, or a hang or panic that nothing expects; with `run --strict` also a warning\n"
     "2    usage or scenario error\n"
     "3    internal failure, or a limit\n"
     "130  interrupted"},
});

}  // namespace

std::span<const Topic> GeneralTopics() { return kTopics; }

}  // namespace tools
