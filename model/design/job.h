// SPDX-License-Identifier: Apache-2.0
//
// A job: one compound operation, written once and run under every design.
//
// Its body is a coroutine outside the simulation (a Lua function, or C++ in a
// test) that runs until it needs the pool, and is resumed with the answer. Where
// it stops, the design says how the call crosses the line, what it costs and what
// it sees. A body can be started any number of times: each start is a fresh copy.
#ifndef TXGSIM_MODEL_DESIGN_JOB_H_
#define TXGSIM_MODEL_DESIGN_JOB_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/design/call.h"
#include "model/txg/pool.h"
#include "model/upcall/dispatcher.h"
#include "sim/distribution.h"
#include "sim/histogram.h"

namespace model {

// What the body did when it stopped.
struct JobStep {
  enum class Kind : uint8_t {
    kCall,     // Wants `call` served.
    kCompute,  // Uses a core for `compute`.
    kAct,      // Does something else in user mode: `act`, on the thread that runs the body.
    kDone,     // Has ended, by itself (error == 0) or by an errno that nobody handled.
    kStopped,  // Was ended by a limit that Meter() set: `error`, `text`.
    kBroken,   // Has ended by an error of the scenario: `text`.
  };
  Kind kind = Kind::kDone;
  JobCall call;
  sim::SimDuration compute;
  // A command, or a file system call, of the job's own process beside its transaction.
  // The oracle, which has neither time nor locks, leaves it out.
  std::function<sim::Task<>(Thread*)> act;
  int error = 0;
  std::string text;  // Also of kAct: what it is and where, "sh at line 7".

  // The body goes on after this step.
  bool goes_on() const { return kind == Kind::kCall || kind == Kind::kCompute || kind == Kind::kAct; }
};

// The step of a body that the kernel has stopped at its limit (module/zfs/zcp.c:zcp_lua_counthook).
JobStep TimedOut(int64_t instructions);

// What a body may use where the kernel runs it (OpenZFS module/zfs/zcp.c).
struct ProgramLimits {
  int64_t instructions = 10'000'000;  // ZCP_DEFAULT_INSTRLIMIT
  int64_t memory_bytes = 10 << 20;    // ZCP_DEFAULT_MEMLIMIT
};
// Instructions are counted by so many (zfs_lua_check_instrlimit_interval).
inline constexpr int64_t kInstructionTick = 100;

// One run of a body.
class JobRun {
 public:
  virtual ~JobRun() = default;
  // From the start on, instructions and memory are counted, and end the body beyond the limits.
  // Before Start().
  virtual void Meter(ProgramLimits) {}
  // So many were run, in full ticks; 0 unless counted.
  virtual int64_t instructions() const { return 0; }
  // To the first step; then with the answer to the last call (ignored after other steps).
  virtual JobStep Start() = 0;
  virtual JobStep Resume(const JobAnswer& answer) = 0;
};

class JobBody {
 public:
  virtual ~JobBody() = default;
  virtual std::unique_ptr<JobRun> NewRun() = 0;
};

enum class DesignKind : uint8_t { kIoctl, kPipeline, kCallback, kChannelTx, kOptimisticTx, kRing, kProgram };
inline constexpr std::string_view kDesignKindNames[] = {"ioctl",         "pipeline", "callback", "channel_tx",
                                                        "optimistic_tx", "ring",     "program"};
constexpr std::string_view DesignKindName(DesignKind kind) {
  return kDesignKindNames[static_cast<size_t>(kind)];
}

inline constexpr DesignKind kAllDesigns[] = {
    DesignKind::kIoctl,        DesignKind::kPipeline, DesignKind::kCallback, DesignKind::kChannelTx,
    DesignKind::kOptimisticTx, DesignKind::kRing,     DesignKind::kProgram};

struct DesignOptions {
  int64_t read_batch = 1;  // Items that one list call brings, under every design.
  bool prefetch = true;    // The item listed last brings its properties.
  struct {
    int64_t batch = 0;  // Mutations in one call; 0: all.
  } pipeline;
  struct {
    bool syncing = false;
    bool config_lock = false;
    bool overlay = false;  // As that of channel_tx; open mode only.
    CallWait wait = CallWait::kPlain;
    UpcallPlace place = UpcallPlace::kInline;
  } callback;
  struct {
    sim::SimDuration lease = sim::SimDuration::Max();
    bool overlay = false;
    bool commit_throttled = false;  // Commit waits for dirty space as any other task.
    bool spa_each_call = false;     // The pool is opened by each call, not held from Begin on.
    bool each_pool = false;         // One transaction for each pool that the job names, in that order.
  } channel_tx;
  struct {
    int64_t retries = 10;
    sim::Distribution backoff;  // Before a retry; drawn from the site "NAME/backoff".
    bool overlay = false;
  } optimistic_tx;
  struct {
    ProgramLimits limits;
    bool sync = true;  // False: in open context, as `zfs program -n`.
  } program;
  struct {
    int64_t entries = 8;
    int64_t workers = 4;
    bool read_after_wait = false;  // A read first reaps all mutations.
  } ring;
};

struct JobOptions {
  std::string name;
  sim::SimTime at;
  sim::Distribution think;  // Before each call that crosses; drawn from the site "NAME/think".
  int64_t repeats = 1;
  std::optional<sim::Distribution> every;  // From start to start; absent: back to back.
  DesignKind design = DesignKind::kChannelTx;
  DesignOptions options;
  uint64_t seed = 0;
};

// Where the time went during which the job kept txg_sync from advancing.
enum class LockPhase : uint8_t { kCrossing, kReadCpu, kReadIo, kUser, kThink, kBlocked };
inline constexpr size_t kLockPhases = 6;
inline constexpr std::string_view kLockPhaseNames[kLockPhases] = {"crossing", "read_cpu", "read_io",
                                                                  "user",     "think",    "blocked"};

// Adds up the time for which a job keeps txg_sync from advancing, by phase.
class LockClock final : public SyncLockObserver {
 public:
  // Who is told as well, before the hold is over; null: nobody.
  void set_tap(SyncLockObserver* tap) { tap_ = tap; }
  // The job begins, or ceases, to keep txg_sync from advancing.
  void Hold(sim::SimTime now) override {
    holding_ = true;
    mark_ = now;
    if (tap_ != nullptr) tap_->Hold(now);
  }
  void Release(sim::SimTime now) override {
    if (tap_ != nullptr) tap_->Release(now);
    Enter(phase_, now);
    holding_ = false;
  }
  void Enter(LockPhase phase, sim::SimTime now) {
    if (holding_) {
      ns_[static_cast<size_t>(phase_)] += (now - mark_).ns();
      mark_ = now;
    }
    phase_ = phase;
  }
  // The user code that a crossing waits for has been stopped since `at`: from then on it is user code.
  void StoppedSince(sim::SimTime at) {
    if (phase_ == LockPhase::kCrossing) Enter(LockPhase::kUser, std::max(at, mark_));
  }
  // txg_sync waited for a lock of this job, found out afterwards.
  void AddBlocked(sim::SimDuration span) { ns_[static_cast<size_t>(LockPhase::kBlocked)] += span.ns(); }
  bool holding() const { return holding_; }
  // Up to the last Enter or Release.
  int64_t ns(LockPhase phase) const { return ns_[static_cast<size_t>(phase)]; }
  int64_t total_ns() const {
    int64_t total = 0;
    for (int64_t ns : ns_) total += ns;
    return total;
  }

 private:
  SyncLockObserver* tap_ = nullptr;
  bool holding_ = false;
  LockPhase phase_ = LockPhase::kUser;
  sim::SimTime mark_;
  int64_t ns_[kLockPhases] = {};
};

struct JobFigures {
  bool started = false;
  bool ended = false;
  int result = 0;          // Errno; REQUIRES ended.
  int failed_intent = -1;  // Of a transaction that was refused: which intent.
  sim::SimTime start;
  sim::SimTime last_step;  // Of the last repeat: when its last mutation was made or, if recorded, had been.
  sim::SimTime end;
  sim::Histogram latency;  // One entry a repeat.
  int64_t retries = 0;     // Of all repeats together.
  int64_t late_errors = 0;
  LockClock lock_clock;
  Pool* config_hold = nullptr;  // Whose config lock the job holds across user code.
  // The repeat at hand: what was asked and answered, in order, for the oracle.
  struct Exchange {
    JobCall call;
    std::string answer;
    int error = 0;          // Of the answer.
    bool recorded = false;  // A mutation that was only written down.
  };
  std::vector<Exchange> exchanges;
  // Of a design that does not wait for its mutations: when they took effect, in that order.
  struct Applied {
    size_t exchange = 0;   // The mutation.
    size_t seen_from = 0;  // The first exchange that could see it.
  };
  std::vector<Applied> applied;
  // The first of several repeats, once it has ended: the oracle knows what the pool was like before it alone.
  struct FirstRepeat {
    int result = 0;
    bool stopped = false;
    int uncaught = 0;
    std::vector<Exchange> exchanges;
    std::vector<Applied> applied;
    DatasetTree tree;  // As it left the pool.
  };
  std::optional<FirstRepeat> first;
  int uncaught = 0;          // What the body raised, where its design gives another errno for that.
  std::string broken;        // The scenario's error, if the body broke.
  std::string stopped_by;    // What a design does not let a job do, if that ended it.
  int64_t instructions = 0;  // Of the body, where the kernel counts them.

  // For how long txg_sync has been waiting for `config_hold`.
  sim::SimDuration ConfigWait() const;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_JOB_H_
