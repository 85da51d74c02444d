// SPDX-License-Identifier: Apache-2.0
//
// What the reports print beside verdicts: headings, labels, and the words in their cells.
#include <array>

#include "tools/txgsim/explain/explain_topics.h"

namespace tools {
namespace {

constexpr auto kTopics = std::to_array<Topic>({
    // Jobs, loads, pools of a run.
    {"result", "Of a job: what its body returned, 0 or an errno; `killed`; `not ended`."},
    {"latency", "Of a job: from its first to its last instruction. Of a load: run.loads.NAME.latency."},
    {"txgs", "Of a job: the transaction groups that it waited for."},
    {"syscalls", "System calls of the threads of a job or process."},
    {"callbacks", "Calls of the kernel back into the user code of a job."},
    {"lock held", "Of a job: the time for which it kept txg_sync from starting or finishing a txg."},
    {"D state", "Of a job: the time that its threads slept uninterruptibly, summed up."},
    {"others waited", "Of a job: the time for which other administration waited at the admin gate."},
    {"ops", "Of a load: the operations that ended."},
    {"throughput", "Of a load: bytes written or read for each second that it ran."},
    {"P50", "Of a load: half of its operations took no longer, counted from when each was due."},
    {"P99", "Of a load: 99 of 100 operations took no longer, counted from when each was due."},
    {"max", "Of a load: its longest operation."},
    {"stalled", "Of a load: the time for which its threads were blocked at the dirty limit, summed up."},
    {"delayed", "Of a load: the time for which the write throttle held its threads back, summed up."},
    {"errors",
     "Of a load: operations that ended with an errno, a count for each; the column is there only if any "
     "did."},
    {"synced txg", "Of a pool: the number of the last txg that is whole on disk."},
    {"dirty", "Of a pool: dirty data at the end of the run; see `explain dirty data`."},
    {"dirty max", "Of a pool: the most dirty data that it had at any time."},
    {"gate closed", "Of a pool: the time for which its sync gate was closed, so that no txg could start."},
    {"state",
     "Of a pool: online, suspended or frozen. Of a txg: O open, Q quiescing, W waits for txg_sync, S "
     "syncing, "
     "C committed.\n"
     "Of a thread: the letters of ps, column S."},
    {"online", "Of a pool: neither suspended nor frozen."},
    {"frozen",
     "Of a pool: a stopped, looping or silent user process holds up its txgs. Of what a job reads: one state "
     "from begin\n"
     "to commit."},

    // zpool iostat and the kstat txgs.
    {"capacity", "zpool iostat: space in use and free, of the pool."},
    {"alloc", "zpool iostat: space in use."},
    {"free", "zpool iostat: space not in use."},
    {"operations", "zpool iostat: reads and writes a second, on average over the run."},
    {"bandwidth", "zpool iostat: bytes read and written a second, on average over the run."},
    {"total_wait",
     "zpool iostat -l: mean time from issue to end of a disk I/O, queueing included; left of reads, right of "
     "writes."},
    {"read", "zpool iostat: of each pair of columns the left one: reads."},
    {"write", "zpool iostat: of each pair of columns the right one: writes."},
    {"birth", "kstat txgs: the instant at which the txg opened, in ns. Of a bookmark: that of its snapshot."},
    {"ndirty", "kstat txgs: bytes of dirty data that the txg took on."},
    {"nread", "kstat txgs: bytes that the pool read from disk while the txg synced, whoever asked."},
    {"nwritten", "kstat txgs: bytes that the pool wrote to disk while the txg synced, whoever asked."},
    {"reads", "kstat txgs: reads of the pool while the txg synced."},
    {"writes", "kstat txgs: writes of the pool while the txg synced."},
    {"otime", "kstat txgs: time for which the txg was open, in ns."},
    {"qtime",
     "kstat txgs: time for which it was quiescing: closed, until its last transaction had ended, in ns."},
    {"wtime", "kstat txgs: time for which it was quiesced and waited for txg_sync, in ns."},
    {"stime", "kstat txgs: time for which it was syncing, in ns."},
    {"events", "What `zpool events` would list of a pool; and of a run, what the simulation did one by one."},

    // Hangs.
    {"thread", "Name of a thread, as ps has it; \"(+5 alike)\": five more of its pool stand as it does."},
    {"PID", "Number of a thread."},
    {"since", "The instant at which the thread came to where it is."},
    {"waits on",
     "What a thread waits for; in parentheses who holds it or owes it, and who is before it in the queue."},
    {"stack", "Frames of a thread, innermost first."},
    {"also", "Another hang in the same run that has nothing to do with the first."},
    {"judged at",
     "The hang as an expectation with `at =` found it, in a run that was well again at its end."},
    {"cut off", "--until or machine.stop_at ended the run; what would have come is not known."},
    {"not ended", "Processes, jobs and operators that had not ended when the run did."},
    {"the kernel's log",
     "What dmesg would show: reports of the hung-task detector, the soft-lockup watchdog and the RCU stall "
     "detector."},
    {"stuck", "Of a cell of the safety matrix: the threads in the hung set."},

    // Expectations, arms, parameters.
    {"expectations", "Of an arm: how many of its expectations held; see `explain expect`."},
    {"end", "Of an arm: the instant at which its run ended."},
    {"not checked",
     "An expectation that was not judged: the parameters are not those of an arm, the run was interrupted, "
     "or "
     "a shard\n"
     "alone cannot tell."},
    {"check", "A check() in a body that failed, with its place and time; it fails the run."},
    {"isolation",
     "Whether jobs and commands did as if one ran after the other; see `explain serialisable`. The lines "
     "below "
     "prove what\n"
     "is not."},
    {"serialisable",
     "There is an order, one after the other, in which all transactions see what they saw; strictly: one "
     "that "
     "agrees\n"
     "with real time, so that what had ended comes before what began later."},
    {"parameter", "Of a scenario: what --set changes."},
    {"parameters", "Of an arm: what it sets otherwise than the defaults of the file."},
    {"default", "Of a parameter: its value where nobody sets it."},
    {"choices", "Of a parameter: the values that it may have."},
    {"kind",
     "Of an arm: base, variant, control (must complete without a hang) or fix (the same, and says what "
     "helps)."},
    {"meaning", "Of a parameter: what the file says of it."},
    {"repeat", "The command that gives the same run again."},

    // compare.
    {"phases",
     "The job is begun at several points of the txg period (--phases); figures are medians over them, and "
     "this "
     "row is the\n"
     "least and the greatest. \"same\": they do not differ in the digits shown. Of 8 values the median is "
     "the fourth."},
    {"latency of a repeat",
     "compare, of a job with repeats: the median of their latencies, without the pauses between them."},
    {"cost to the job", "compare: what the job itself pays under each design."},
    {"harm to others", "compare: what loads and other administration pay for the job."},
    {"what others saw",
     "compare: anomalies that the job is at fault of; left out where nobody else looks at the pool or "
     "changes it."},
    {"what it promises",
     "compare: what a design guarantees by its construction; docs/model/designs.md says why."},
    {"where a design loses", "compare: why a design costs the job or others clearly more than the best one."},
    {"when something goes wrong in the middle of the job",
     "compare --faults: the safety matrix; see `explain safety matrix`."},
    {"reference", "compare: the design that \"(0.40x)\" refers to, the first of the list."},
    {"txgs waited for", "compare: transaction groups that the job waited for."},
    {"system calls", "compare: system calls of the job; see also `explain crossing`."},
    {"runs repeated", "compare: how often the job began anew because what it had read had changed."},
    {"errnos told late", "compare: errnos that the job was told only at the commit."},
    {"cpu, user", "compare: time of the job's threads on a core in user mode."},
    {"cpu, kernel", "compare: time of the job's threads on a core in kernel mode."},
    {"core tied up", "compare: time for which a core was kept busy by waiting."},
    {"asleep in D", "compare: time that the job's threads slept uninterruptibly, summed up."},
    {"sync lock held",
     "compare: time for which the job kept txg_sync from starting or finishing a txg; below it, by what that "
     "time was\n"
     "spent on: crossing, read_cpu, read_io, user, think, blocked."},
    {"read_cpu", "Of the time that the sync lock was held: the kernel's own work."},
    {"read_io", "Of the time that the sync lock was held: reads from disk."},
    {"user", "Of the time that the sync lock was held: user code of the job."},
    {"think", "Of the time that the sync lock was held: think time of the client."},
    {"blocked", "Of the time that the sync lock was held: blocked behind others, or stopped."},
    {"admin waited",
     "compare: time for which other administration waited at the admin gate because of the job."},
    {"writers stalled", "compare: time for which loads were blocked at the dirty limit, summed up."},
    {"writers delayed", "compare: time for which the write throttle held loads back, summed up."},
    {"writers' worst p99", "compare: the P99 of the load that has the greatest."},
    {"writers' throughput", "compare: throughput of all loads together."},
    {"dirty data, most", "compare: the most dirty data that a pool had at any time."},
    {"a part of its changes", "compare: anomaly partial_visibility, counted."},
    {"what was undone later", "compare: anomaly dirty_read, counted."},
    {"a part that a failure left", "compare: anomaly half_done_read, counted."},
    {"updates lost by it", "compare: anomaly lost_update, counted."},
    {"write skew by it", "compare: anomaly write_skew, counted."},
    {"its reads torn", "compare: anomalies read_skew and non_repeatable_read, counted."},
    {"written in two orders", "compare: anomaly dirty_write, counted."},
    {"other cycles", "compare: anomaly other_cycle, counted."},
    {"steps seen",
     "compare: in how many steps others could see the job's changes come; measured, where \"readers see\" is "
     "promised."},
    {"left half done", "compare: how often the job failed and left some of its changes."},
    {"txgs to disk", "compare: over how many txgs the job's changes reached the disk."},
    {"readers see", "compare: what others can see of the job's changes while it runs."},
    {"after an error", "compare: what becomes of the job's other changes when one of them is refused."},
    {"after a power cut", "compare: what of the job's changes an import finds after one."},
    {"the job reads", "compare: which state of the pool the job is shown."},
    {"every step", "Others see each change as it is made."},
    {"task by task", "Others see the changes of one sync task together, and those of the next later."},
    {"all or none", "All changes of the job, or none of them."},
    {"rest goes on", "One change is refused; those before it stay, and those after it are made."},
    {"earlier stay", "The program ends at the error; the changes before it stay."},
    {"a prefix", "The first so many changes of the job, in its order."},
    {"none, or passed", "Nothing, or those changes whose sync task had passed its checks."},
    {"passed, by batch",
     "The first so many batches; of each, those changes whose sync task had passed its checks."},
    {"all or none, by pool", "All changes of the job on a pool, or none of them; pools come one by one."},
    {"no change", "Its changes are refused: a program without sync."},
    {"any subset", "Some of the changes, not always the first ones: they were under way at once."},
    {"live", "Each read shows the pool as it is at that instant."},
    {"live, and own", "Live, and with the changes that the job itself has asked for."},
    {"frozen, and own", "The pool as it was at Begin, with the changes that the job itself has recorded."},
    {"frozen, then live",
     "The pool does not change while the job decides; but others get in before its changes are made."},
    {"live, not own", "Live, but without the changes that the job itself has recorded and not sent."},
    {"current",
     "The state in syncing context, with the program's own changes; nobody else changes it meanwhile."},
    {"agree with direct",
     "compare: designs under which the job has the answers, the result and the pool that it has on the "
     "dataset\n"
     "model alone. The others differ, for a cause that follows, or did not end."},
    // Causes of differences.
    {"own_mutation",
     "Cause of a semantic difference: the answer leaves out what the job itself changed before, or has more "
     "of it\n"
     "than a recorded change shows."},
    {"deferred_errno",
     "Cause of a semantic difference: the change is only recorded, hence 0; its errno comes with the "
     "commit."},
    {"same_txg",
     "Cause of a semantic difference: all changes of the job go into one txg, which does not take a second "
     "snapshot\n"
     "of one filesystem."},
    {"open_check",
     "Cause of a semantic difference: a check in open context, which leaves out what only a txg can tell, or "
     "the look\n"
     "at names that ioctls begin with."},
    {"atomic_error", "Cause of a semantic difference: one refused change undid the others."},
    {"outside_call",
     "Cause of a semantic difference: the job did something beside its calls before (sh, a file), which the\n"
     "dataset model alone leaves out. Not verified."},
    {"uncaught",
     "Cause of a semantic difference: the job raised an errno, and a channel program ends with ECHRNG then."},
    {"limit",
     "Cause of a semantic difference: the design ended the job: a limit or a missing word of a channel "
     "program, the\n"
     "lease of a channel transaction. Other limits: `explain limit_hit`, `explain dirty limit`."},
    {"interference", "Cause of a semantic difference: somebody else changed the pool, or killed the job."},
    {"never", "compare: the job did not end."},
});

}  // namespace

std::span<const Topic> ReportTopics() { return kTopics; }

}  // namespace tools
