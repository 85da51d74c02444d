// SPDX-License-Identifier: Apache-2.0
#include "model/watch/detector.h"

#include <algorithm>

#include "model/watch/kernel_report.h"

namespace model {
namespace {

// Plain TASK_UNINTERRUPTIBLE and nothing else.
bool IsCandidate(const Thread& thread) {
  return thread.state() == ThreadState::kSleeping && thread.waiter().kind == SleepKind::kUninterruptible &&
         thread.figures().switches != 0;
}

// How often the age of a grace period is looked at.
constexpr sim::SimDuration kRcuLook = sim::SimDuration::Seconds(1);

// get_timestamp() of kernel/watchdog.c: "2^30 ns ~= 10^9".
int64_t WatchdogSeconds(int64_t ns) { return ns >> 30; }

}  // namespace

Detector::Detector(Machine* machine, const DetectorOptions& options)
    : machine_(machine),
      options_(options),
      interval_(options.hung_task_timeout),
      sample_(options.watchdog_thresh * 2 / 5),
      warnings_left_(options.hung_task_warnings),
      hung_task_(this,
                 [](sim::EventHandler* handler) {
                   Detector* self = static_cast<Pass*>(handler)->owner;
                   self->Arm(&self->hung_task_, self->interval_);
                   self->CheckHungTasks();
                 }),
      watchdog_(this,
                [](sim::EventHandler* handler) {
                  Detector* self = static_cast<Pass*>(handler)->owner;
                  self->Arm(&self->watchdog_, self->sample_);
                  self->CheckCores();
                }),
      rcu_(this, [](sim::EventHandler* handler) {
        Detector* self = static_cast<Pass*>(handler)->owner;
        self->Arm(&self->rcu_, kRcuLook);
        self->CheckGracePeriods();
      }) {
  SIM_CHECK(options_.hung_task_timeout.ns() >= 0 && options_.watchdog_thresh.ns() >= 0);
  if (options_.hung_task_check_interval.ns() > 0) {
    interval_ = std::min(interval_, options_.hung_task_check_interval);
  }
}

void Detector::Start() {
  Arm(&hung_task_, interval_);
  Arm(&watchdog_, sample_);
  const bool spins = machine_->options().blocking == BlockingKernel::kSpin;
  if (spins && options_.rcu_stall_timeout.ns() > 0) Arm(&rcu_, kRcuLook);
}

void Detector::Stop() {
  for (Pass* pass : {&hung_task_, &watchdog_, &rcu_}) {
    machine_->simulation().Cancel(pass->id);
    pass->id = {};
  }
}

size_t Detector::armed() const {
  size_t count = 0;
  for (const Pass* pass : {&hung_task_, &watchdog_, &rcu_}) count += pass->id.valid() ? 1 : 0;
  return count;
}

// The next multiple of the interval.
void Detector::Arm(Pass* pass, sim::SimDuration interval) {
  pass->id = {};
  if (interval.ns() == 0) return;
  const int64_t passes = machine_->now().ns() / interval.ns();
  pass->due = sim::SimTime::Start() + interval * (passes + 1);
  pass->id = machine_->simulation().CallAt(pass->due, pass);
}

bool Detector::IsHung(const Thread& thread) const {
  auto it = seen_.find(thread.tid());
  return IsCandidate(thread) && it != seen_.end() && it->second.switches == thread.figures().switches &&
         machine_->now() >= it->second.at + options_.hung_task_timeout;
}

void Detector::CheckHungTasks() {
  for (const auto& thread : machine_->threads()) {
    if (!IsCandidate(*thread)) continue;
    Seen& seen = seen_[thread->tid()];
    if (seen.switches != thread->figures().switches) {
      seen = {thread->figures().switches, machine_->now()};
      continue;
    }
    if (!IsHung(*thread) || warnings_left_ == 0) continue;
    if (warnings_left_ > 0) --warnings_left_;
    const int64_t seconds = (machine_->now() - seen.at) / sim::SimDuration::Seconds(1);
    std::string text = HungTaskText(*thread, seconds, [this](const Thread& owner) { return IsHung(owner); });
    if (warnings_left_ == 0) {
      text += "Future hung task reports are suppressed, see sysctl kernel.hung_task_warnings\n";
    }
    Report(DetectorKind::kHungTask, *thread, std::move(text));
  }
}

void Detector::CheckCores() {
  const sim::SimTime now = machine_->now();
  cores_.resize(machine_->cores().size(), {now - sample_, now - sample_, false});
  for (const auto& core : machine_->cores()) {
    CoreWatch& watch = cores_[static_cast<size_t>(core->id())];
    const Thread* thread = core->running();
    if (thread == nullptr || !thread->spinning()) {
      watch = {now, now, false};
      continue;
    }
    // If it was kept out at the last sample too, it got in when that spin ended.
    if (watch.hogged && thread->since() > now - sample_) watch.touched = watch.told = thread->since();
    watch.hogged = true;
    if (WatchdogSeconds(now.ns()) <=
        WatchdogSeconds(watch.told.ns()) + options_.watchdog_thresh * 2 / sim::SimDuration::Seconds(1)) {
      continue;
    }
    const int64_t stuck = WatchdogSeconds(now.ns()) - WatchdogSeconds(watch.touched.ns());
    watch.told = now;
    Report(DetectorKind::kSoftLockup, *thread, SoftLockupText(*thread, core->id(), stuck));
  }
}

void Detector::CheckGracePeriods() {
  const sim::SimTime now = machine_->now();
  stalls_.resize(machine_->cores().size());
  for (const auto& core : machine_->cores()) {
    Stall& stall = stalls_[static_cast<size_t>(core->id())];
    const Thread* thread = core->running();
    if (thread == nullptr || !thread->spinning()) {
      stall = {};
      continue;
    }
    if (stall.thread != thread || stall.since != thread->since()) {
      stall = {thread, thread->since(), thread->since() + options_.rcu_stall_timeout};
    }
    if (now < stall.next) continue;
    stall.next = now + options_.rcu_stall_timeout * 3 + sim::SimDuration::Seconds(3);
    Report(DetectorKind::kRcuStall, *thread, RcuStallText(*thread, core->id(), now - stall.since));
  }
}

void Detector::Report(DetectorKind kind, const Thread& thread, std::string text) {
  first_report_.try_emplace({kind, thread.tid()}, reports_.size());
  reports_.push_back({kind, machine_->now(), &thread, std::move(text)});
}

const DetectorReport* Detector::FirstReport(const Thread* thread, DetectorKind kind) const {
  auto it = first_report_.find({kind, thread->tid()});
  return it != first_report_.end() ? &reports_[it->second] : nullptr;
}

std::vector<const Thread*> Detector::HungTasks() const {
  std::vector<const Thread*> threads;
  for (size_t i = 0; i < reports_.size(); ++i) {
    if (reports_[i].kind != DetectorKind::kHungTask) continue;
    if (first_report_.at({DetectorKind::kHungTask, reports_[i].thread->tid()}) == i) {
      threads.push_back(reports_[i].thread);
    }
  }
  return threads;
}

sim::SimTime Detector::NextPass() const {
  sim::SimTime next = sim::SimTime::Max();
  for (const Pass* pass : {&hung_task_, &watchdog_, &rcu_}) {
    if (pass->id.valid()) next = std::min(next, pass->due);
  }
  return next;
}

bool Detector::WillStillReport(const Thread* thread) const {
  if (thread->spinning()) {
    return (watchdog_.id.valid() && FirstReport(thread, DetectorKind::kSoftLockup) == nullptr) ||
           (rcu_.id.valid() && FirstReport(thread, DetectorKind::kRcuStall) == nullptr);
  }
  return hung_task_.id.valid() && warnings_left_ != 0 && IsCandidate(*thread) &&
         FirstReport(thread, DetectorKind::kHungTask) == nullptr;
}

bool Detector::Done(const std::vector<const Thread*>& hung) const {
  return std::none_of(hung.begin(), hung.end(), [this](const Thread* t) { return WillStillReport(t); });
}

}  // namespace model
