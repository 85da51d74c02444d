// SPDX-License-Identifier: Apache-2.0
//
// The figures of processes, jobs, loads, locks and pools.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "model/admin/zpool_text.h"
#include "model/dataset/errno.h"
#include "model/dataset/tree_digest.h"
#include "model/script/run/pool.h"
#include "model/script/run/result.h"
#include "model/script/run/sync.h"
#include "sim/digest.h"

namespace model {
namespace {

// What the threads of a process used, up to now.
struct ThreadSums {
  int64_t user_ns = 0;
  int64_t kernel_ns = 0;
  int64_t spin_ns = 0;
  int64_t d_ns = 0;

  void Add(const Thread& thread) {
    const ThreadFigures figures = thread.figures();
    user_ns += figures.cpu_user_ns;
    kernel_ns += figures.cpu_kernel_ns;
    spin_ns += figures.cpu_spin_ns;
    d_ns += figures.d_state_ns;
  }
};

// One process, or several of one name that followed each other.
struct ProcessSums {
  int64_t start_ns = 0;
  bool ended = true;
  int64_t end_ns = 0;
  int64_t last_start_ns = 0;
  int result = 0;
  bool killed = false;
  std::optional<int64_t> kill_to_exit_ns;
  sim::Histogram latency;
  ProcessFigures figures;
  ThreadSums threads;
};

void Add(World& world, const Process& process, int result, bool first, ProcessSums* sums) {
  if (first) sums->start_ns = process.start().ns();
  sums->last_start_ns = process.start().ns();
  sums->ended = sums->ended && process.ended();
  if (process.ended()) {
    sums->end_ns = process.end().ns();
    sums->latency.Add((process.end() - process.start()).ns());
  }
  sums->result = result;
  sums->killed = process.killed();
  if (process.kill_to_exit()) sums->kill_to_exit_ns = process.kill_to_exit()->ns();
  sums->figures.syscalls += process.figures.syscalls;
  sums->figures.callbacks += process.figures.callbacks;
  sums->figures.crossings += process.figures.crossings;
  sums->figures.txgs += process.figures.txgs;
  sums->figures.delay_ns += process.figures.delay_ns;
  sums->figures.stall_ns += process.figures.stall_ns;
  sums->figures.admin_wait_ns += process.figures.admin_wait_ns;
  for (const Pool* pool : world.pools().pools()) {
    sums->figures.admin_wait_ns += pool->AdminWaitAtHand(&process);
  }
  for (const Thread* thread : process.threads()) sums->threads.Add(*thread);
}

ResultValue FiguresResult(const ProcessSums& sums) {
  ResultValue value = ResultValue::Object();
  if (sums.ended) {
    value.Set("result", sums.result);
    value.Set("result_text", sums.killed ? "killed" : ErrnoText(sums.result));
  }
  value.Set("start_ns", sums.start_ns);
  if (sums.ended) {
    value.Set("end_ns", sums.end_ns);
    value.Set("latency_ns", sums.end_ns - sums.last_start_ns);
  }
  value.Set("latency", LatencyResult(sums.latency));
  value.Set("syscalls", sums.figures.syscalls);
  value.Set("callbacks", sums.figures.callbacks);
  value.Set("crossings", sums.figures.crossings);
  value.Set("cpu_user_ns", sums.threads.user_ns);
  value.Set("cpu_kernel_ns", sums.threads.kernel_ns);
  value.Set("cpu_spin_ns", sums.threads.spin_ns);
  value.Set("core_tied_ns", sums.threads.spin_ns);
  value.Set("d_state_ns", sums.threads.d_ns);
  value.Set("txgs", sums.figures.txgs);
  value.Set("admin_wait_ns", sums.figures.admin_wait_ns);
  if (sums.kill_to_exit_ns) value.Set("kill_to_exit_ns", *sums.kill_to_exit_ns);
  return value;
}

// A process of no load and no job.
bool IsOwnProcess(World& world, const Process& process) {
  const auto& loads = world.scenario().loads;
  const auto& jobs = world.scenario().jobs;
  const auto named = [&](const auto& decl) { return decl.name == process.name(); };
  return std::none_of(loads.begin(), loads.end(), named) && std::none_of(jobs.begin(), jobs.end(), named);
}

ResultValue RowResult(const TxgRow& row) {
  ResultValue value = ResultValue::Object();
  value.Set("txg", static_cast<int64_t>(row.txg));
  value.Set("birth_ns", row.birth_ns);
  value.Set("state", std::string(1, row.state));
  value.Set("ndirty", row.ndirty);
  value.Set("nread", row.nread);
  value.Set("nwritten", row.nwritten);
  value.Set("reads", row.reads);
  value.Set("writes", row.writes);
  value.Set("otime_ns", row.otime_ns);
  value.Set("qtime_ns", row.qtime_ns);
  value.Set("wtime_ns", row.wtime_ns);
  value.Set("stime_ns", row.stime_ns);
  value.Set("sync_start_ns", row.sync_start_ns);
  value.Set("sync_tasks", row.sync_tasks);
  value.Set("waiters", row.waiters);
  return value;
}

// With the holds and waits that have not ended.
void AddLock(const std::string& name, const Lock& lock, sim::SimTime now,
             std::map<std::string, LockFigures>* locks) {
  LockFigures& sums = (*locks)[name];
  sums.acquisitions += lock.figures().acquisitions;
  sums.wait_ns += lock.figures().wait_ns;
  for (const Waiter* waiter = lock.waiters().front(); waiter != nullptr; waiter = waiter->next) {
    sums.wait_ns += (now - waiter->thread->since()).ns();
  }
  sums.hold_ns_max = std::max(sums.hold_ns_max, lock.figures().hold_ns_max);
  for (const Lock::Hold& hold : lock.holds()) {
    sums.hold_ns_max = std::max(sums.hold_ns_max, (now - hold.since).ns());
  }
}

// Since when all that could go on in user mode has been stopped.
std::optional<sim::SimTime> StoppedSince(const Process& process) {
  std::optional<sim::SimTime> last;
  for (const Thread* thread : process.threads()) {
    if (thread->state() == ThreadState::kStopped)
      last = std::max(last.value_or(thread->since()), thread->since());
  }
  return last;
}

}  // namespace

ResultValue LatencyResult(const sim::Histogram& latency) {
  ResultValue value = ResultValue::Object();
  value.Set("count", static_cast<int64_t>(latency.count()));
  value.Set("p50_ns", latency.Quantile(0.5));
  value.Set("p90_ns", latency.Quantile(0.9));
  value.Set("p99_ns", latency.Quantile(0.99));
  value.Set("p999_ns", latency.Quantile(0.999));
  value.Set("max_ns", latency.max());
  return value;
}

ResultValue ProcessesResult(World& world) {
  std::vector<std::string_view> order;
  std::map<std::string_view, std::vector<Process*>> by_name;
  for (const auto& process : world.machine().processes()) {
    if (!IsOwnProcess(world, *process)) continue;
    std::vector<Process*>& namesakes = by_name[process->name()];
    if (namesakes.empty()) order.push_back(process->name());
    namesakes.push_back(process.get());
  }
  ResultValue value = ResultValue::Object();
  for (const std::string_view name : order) {
    ProcessSums sums;  // Of one name at a time: a histogram takes some 25 kB.
    const std::vector<Process*>& namesakes = by_name[name];
    for (Process* process : namesakes) {
      const int result = process->killed() ? kEINTR : world.ProcessOf(process).result;
      Add(world, *process, result, process == namesakes.front(), &sums);
    }
    value.Set(name, FiguresResult(sums));
  }
  return value;
}

ResultValue JobsResult(World& world, const RunIsolation& isolation) {
  ResultValue value = ResultValue::Object();
  for (const auto& job : world.pools().jobs()) {
    if (job == nullptr) continue;
    const JobFigures& figures = job->figures();
    ProcessSums sums;
    Add(world, *job->process(), figures.ended ? figures.result : kEINTR, true, &sums);
    if (figures.ended && figures.latency.count() > 0) sums.latency = figures.latency;
    ResultValue entry = FiguresResult(sums);
    // From the first to the last instruction of the job; its process lives a little longer.
    if (figures.ended) {
      entry.Set("start_ns", figures.start.ns());
      if (sums.ended) {
        entry.Set("end_ns", figures.end.ns());
        entry.Set("latency_ns", (figures.end - figures.start).ns());
      }
    }
    // Up to now, where it is still held.
    LockClock clock = figures.lock_clock;
    clock.set_tap(nullptr);
    if (const std::optional<sim::SimTime> since = StoppedSince(*job->process())) clock.StoppedSince(*since);
    if (clock.holding()) clock.Release(world.now());
    clock.AddBlocked(figures.ConfigWait());
    entry.Set("sync_lock_held_ns", clock.total_ns());
    ResultValue& split = entry.Set("sync_lock_split", ResultValue::Object());
    for (size_t i = 0; i < kLockPhases; ++i)
      split.Set(kLockPhaseNames[i], clock.ns(static_cast<LockPhase>(i)));
    entry.Set("late_errors", figures.late_errors);
    if (job->options().design == DesignKind::kProgram) entry.Set("instructions", figures.instructions);
    if (!figures.stopped_by.empty()) entry.Set("stopped_by", figures.stopped_by);
    entry.Set("retries", figures.retries);
    entry.Set("anomalies", isolation.AnomaliesOf(job->options().name));
    entry.Set("design", DesignKindName(job->options().design));
    value.Set(job->options().name, std::move(entry));
  }
  return value;
}

ResultValue LoadsResult(World& world) {
  ResultValue value = ResultValue::Object();
  for (const auto& load : world.pools().loads()) {
    if (load == nullptr) continue;
    const LoadFigures& figures = load->figures();
    ResultValue& entry = value.Set(load->options().name, ResultValue::Object());
    entry.Set("ops", figures.ops);
    entry.Set("bytes", figures.bytes);
    entry.Set("throughput_bytes_per_s", load->throughput_bytes_per_s());
    entry.Set("latency", LatencyResult(load->LatencyNow()));
    entry.Set("stall_ns", load->stall_ns());
    entry.Set("delay_ns", load->delay_ns());
    ResultValue& errors = entry.Set("errors", ResultValue::Object());
    for (const auto& [error, count] : figures.errors) errors.Set(ErrnoText(error), count);
  }
  return value;
}

ResultValue LocksResult(World& world) {
  std::map<std::string, LockFigures> locks;
  for (const auto& object : world.sync().objects()) {
    if (object->lock != nullptr) AddLock(object->name, *object->lock, world.now(), &locks);
    for (const auto& stripe : object->stripes) AddLock(object->name, *stripe, world.now(), &locks);
  }
  if (!world.pools().pools().empty()) {
    const Mutex& lock = world.pools().module().namespace_lock();
    AddLock(lock.name(), lock, world.now(), &locks);
  }
  for (Pool* pool : world.pools().pools()) {
    for (const Lock* lock :
         std::initializer_list<const Lock*>{&pool->config_lock(), &pool->admin_gate(), &pool->scl_config(),
                                            &pool->scl_state(), &pool->scl_zio()}) {
      AddLock(lock->name(), *lock, world.now(), &locks);
    }
  }
  ResultValue value = ResultValue::Object();
  for (const auto& [name, figures] : locks) {
    ResultValue& entry = value.Set(name, ResultValue::Object());
    entry.Set("acquisitions", figures.acquisitions);
    entry.Set("wait_ns", figures.wait_ns);
    entry.Set("hold_ns_max", figures.hold_ns_max);
  }
  return value;
}

ResultValue MarksResult(const World& world) {
  ResultValue value = ResultValue::Object();
  for (const auto& [name, entries] : world.marks) {
    ResultValue& list = value.Set(name, ResultValue::Array());
    for (const MarkEntry& mark : entries) {
      ResultValue& entry = list.Append(ResultValue::Object());
      entry.Set("at_ns", mark.at.ns());
      entry.Set("value", ResultValue::FromPlain(mark.value));
    }
  }
  return value;
}

namespace {

// What `zpool iostat -v` is made of.
ResultValue DisksResult(const Pool& pool) {
  ResultValue disks = ResultValue::Array();
  const auto add = [&disks](const Device& device, std::string vdev) {
    const DeviceFigures& figures = device.figures();
    ResultValue& entry = disks.Append(ResultValue::Object());
    entry.Set("name", device.name());
    entry.Set("vdev", std::move(vdev));
    entry.Set("reads", figures.reads);
    entry.Set("writes", figures.writes);
    entry.Set("read_bytes", figures.read_bytes);
    entry.Set("written_bytes", figures.written_bytes);
    entry.Set("read_wait_ns", figures.read_wait_ns);
    entry.Set("write_wait_ns", figures.write_wait_ns);
    entry.Set("errors", figures.errors);
  };
  const std::vector<Vdev>& vdevs = pool.disks().vdevs();
  for (size_t i = 0; i < vdevs.size(); ++i) {
    for (const Device* device : vdevs[i].members) add(*device, VdevName(vdevs[i], i));
  }
  if (pool.log_device() != nullptr) add(*pool.log_device()->devices().front(), "logs");
  return disks;
}

ResultValue EventsResult(const Pool& pool) {
  ResultValue events = ResultValue::Array();
  for (const PoolEvent& event : pool.events()) {
    ResultValue& entry = events.Append(ResultValue::Object());
    entry.Set("at_ns", event.at.ns());
    entry.Set("kind", event.kind);
    entry.Set("text", event.text);
  }
  return events;
}

// What an import would find now.
ResultValue RecoveredResult(const Pool& pool) {
  const RecoveredPool recovered = pool.Recover();
  int64_t records = 0;
  int64_t bytes = 0;
  ResultValue datasets = ResultValue::Object();
  for (const auto& [dataset, writes] : recovered.writes) {
    records += writes.replayed;
    bytes += writes.replayed_bytes;
    if (pool.tree().FindDataset(dataset) == nullptr) continue;
    ResultValue& entry = datasets.Set(pool.tree().NameOf(dataset), ResultValue::Object());
    entry.Set("written", static_cast<int64_t>(writes.last_seq));
    entry.Set("there", static_cast<int64_t>(writes.seq));
    entry.Set("replayed", writes.replayed);
  }
  ResultValue value = ResultValue::Object();
  value.Set("txg", static_cast<int64_t>(recovered.txg));
  value.Set("replayed", records);
  value.Set("replayed_bytes", bytes);
  value.Set("datasets", std::move(datasets));
  if (recovered.tree) {
    value.Set("tree_digest", sim::DigestText(NormalisedTreeDigest(*recovered.tree, false)));
  }
  return value;
}

}  // namespace

ResultValue PoolsResult(World& world, const Judgement& judgement) {
  ResultValue value = ResultValue::Object();
  for (Pool* pool : world.pools().pools()) {
    ResultValue& entry = value.Set(pool->name(), ResultValue::Object());
    const auto frozen = std::find(judgement.frozen.begin(), judgement.frozen.end(), pool->name());
    entry.Set("tree_digest", sim::DigestText(NormalisedTreeDigest(pool->tree(), false)));
    entry.Set("txg_synced", static_cast<int64_t>(pool->pipeline().synced_txg()));
    entry.Set("dirty_bytes", pool->dirty().total());
    entry.Set("dirty_bytes_max", pool->dirty().max_seen());
    entry.Set("sync_lock_held_ns", pool->pipeline().gate_closed_time().ns());
    entry.Set("suspended", pool->suspended());
    entry.Set("slow_ios", pool->slow_ios());
    entry.Set("events", EventsResult(*pool));
    entry.Set("disks", DisksResult(*pool));
    entry.Set("alloc_bytes", static_cast<int64_t>(pool->tree().AllocatedBytes()));
    entry.Set("size_bytes", static_cast<int64_t>(pool->tree().pool_bytes()));
    if (world.halted()) entry.Set("recovered", RecoveredResult(*pool));
    entry.Set("frozen", frozen != judgement.frozen.end());
    ResultValue& rows = entry.Set("txgs", ResultValue::Array());
    const std::deque<TxgRow>& history = pool->pipeline().history();
    const auto shown = std::min(history.size(), static_cast<size_t>(pool->tunables().zfs_txg_history));
    for (size_t i = history.size() - shown; i < history.size(); ++i) rows.Append(RowResult(history[i]));
  }
  return value;
}

}  // namespace model
