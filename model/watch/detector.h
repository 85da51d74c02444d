// SPDX-License-Identifier: Apache-2.0
//
// The detectors that a real kernel has: khungtaskd, the soft-lockup watchdog, RCU's.
//
// They are not how the simulator finds hangs; they show what an administrator
// would have seen, when, and what they miss.
//
//   khungtaskd   a pass every `interval` looks at threads in plain D. The first pass
//                that sees a new count of context switches notes it; a later one, at
//                least `timeout` after that, reports. With interval = timeout a thread
//                blocked at b is reported in (b + timeout, b + 2 timeout]. Killable and
//                idle sleeps are skipped; a wait that wakes now and then is never
//                reported; one that stays is reported again at each pass, until the
//                budget of warnings is used up.
//   watchdog     every 2/5 of its threshold looks at each core; one that has spun in
//                the kernel for more than twice the threshold is reported.
//   RCU          a core that spins in the kernel passes no quiescent state, so no grace
//                period ends: reported when one is as old as `rcu_stall_timeout`, again
//                three times that and 3 s later. Only where blocked threads spin.
//
// Source: linux kernel/hung_task.c, kernel/watchdog.c (time in units of 2^30 ns),
// kernel/rcu/tree_stall.h (check_cpu_stall).
//
// Differs from the real system: a grace period is taken to begin with each spin, and
// every core that spins is reported for itself, to the second.
//
// They run as events of the simulation that change nothing in it and leave no
// record, so the digest is the same without them. They never end by themselves: a
// run loop that wants to know whether anything else is pending subtracts armed().
#ifndef TXGSIM_MODEL_WATCH_DETECTOR_H_
#define TXGSIM_MODEL_WATCH_DETECTOR_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "model/machine/machine.h"
#include "sim/simulation.h"
#include "sim/time.h"

namespace model {

struct DetectorOptions {
  sim::SimDuration hung_task_timeout = sim::SimDuration::Seconds(120);  // 0: off.
  sim::SimDuration hung_task_check_interval;                            // 0: as the timeout.
  int hung_task_warnings = 10;                                          // -1: no limit.
  sim::SimDuration watchdog_thresh = sim::SimDuration::Seconds(10);     // 0: off.
  sim::SimDuration rcu_stall_timeout = sim::SimDuration::Seconds(21);   // 0: off.
};

enum class DetectorKind : uint8_t { kHungTask, kSoftLockup, kRcuStall };

struct DetectorReport {
  DetectorKind kind = DetectorKind::kHungTask;
  sim::SimTime at;
  const Thread* thread = nullptr;
  std::string text;
};

class Detector {
 public:
  Detector(Machine* machine, const DetectorOptions& options);
  Detector(const Detector&) = delete;
  Detector& operator=(const Detector&) = delete;
  ~Detector() { Stop(); }

  // Passes are at multiples of the interval from time 0.
  void Start();
  void Stop();
  // How many events of the detectors are pending.
  size_t armed() const;

  // In order of time, repeated reports of one thread included.
  const std::vector<DetectorReport>& reports() const { return reports_; }
  // The first report of that kind on the thread, or null.
  const DetectorReport* FirstReport(const Thread* thread, DetectorKind kind) const;
  // Threads reported by khungtaskd, in order of first report.
  std::vector<const Thread*> HungTasks() const;

  // When any looks next; SimTime::Max() if all are off.
  sim::SimTime NextPass() const;
  // Whether a thread that stays as it is now will yet get its first report.
  bool WillStillReport(const Thread* thread) const;
  // True if none of these will: a run that shows nothing but a hang may end.
  bool Done(const std::vector<const Thread*>& hung) const;

 private:
  struct Pass : sim::EventHandler {
    Pass(Detector* detector, void (*function)(EventHandler*)) : EventHandler(function), owner(detector) {}
    Detector* owner;
    sim::EventId id;
    sim::SimTime due;
  };
  struct Seen {
    int64_t switches = 0;
    sim::SimTime at;
  };
  struct CoreWatch {
    sim::SimTime touched;  // The watchdog last got to run here.
    sim::SimTime told;     // Then, or at the last report.
    bool hogged = false;
  };
  struct Stall {
    const Thread* thread = nullptr;
    sim::SimTime since;
    sim::SimTime next;  // The next report on this spin.
  };

  void Arm(Pass* pass, sim::SimDuration interval);
  void CheckHungTasks();
  void CheckCores();
  void CheckGracePeriods();
  bool IsHung(const Thread& thread) const;
  void Report(DetectorKind kind, const Thread& thread, std::string text);

  Machine* machine_;
  DetectorOptions options_;
  sim::SimDuration interval_;
  sim::SimDuration sample_;
  int warnings_left_;
  Pass hung_task_;
  Pass watchdog_;
  Pass rcu_;
  absl::btree_map<int, Seen> seen_;  // By thread id: those that a pass has found in D.
  std::vector<CoreWatch> cores_;     // By core id.
  std::vector<Stall> stalls_;        // By core id.
  std::vector<DetectorReport> reports_;
  absl::btree_map<std::pair<DetectorKind, int>, size_t> first_report_;  // By thread id.
};

}  // namespace model

#endif  // TXGSIM_MODEL_WATCH_DETECTOR_H_
