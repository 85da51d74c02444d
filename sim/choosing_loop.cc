// SPDX-License-Identifier: Apache-2.0
#include "sim/choosing_loop.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sim {

ChoosingLoop::ChoosingLoop(Simulation* simulation, OrderOptions options)
    : simulation_(simulation), options_(std::move(options)) {
  SIM_CHECK(options_.chooser != nullptr && options_.names != nullptr && options_.slack.ns() >= 0);
}

bool ChoosingLoop::Before(const Pending& a, const Pending& b) {
  return std::tuple(a.key.time, a.payload != 0, a.sequence) <
         std::tuple(b.key.time, b.payload != 0, b.sequence);
}

EventKey ChoosingLoop::KeyOf(uintptr_t payload) {
  const uint64_t name = Simulation::IsHandler(payload)
                            ? options_.names->NameOf(*Simulation::HandlerOf(payload))
                            : options_.names->NameOf(Simulation::PromiseOf(payload));
  if (name == 0) return {};
  return {name, counts_[name]++};
}

void ChoosingLoop::Insert(const Pending& pending) {
  pending_.insert(std::upper_bound(pending_.begin(), pending_.end(), pending, Before), pending);
}

// Takes over what was scheduled since the last event, in the order of scheduling.
void ChoosingLoop::Absorb() {
  taken_.clear();
  simulation_->queue_.TakeKeys(&taken_);
  std::sort(taken_.begin(), taken_.end(), [](const DueKey& a, const DueKey& b) { return a.order < b.order; });
  for (const DueKey& key : taken_) {
    const uintptr_t payload = simulation_->queue_.PayloadOf(key);
    Insert({key, next_sequence_++, 0, payload != 0 ? KeyOf(payload) : EventKey{}});
  }
  while (!simulation_->ready_.empty()) {
    const uintptr_t payload = simulation_->ready_.Pop();
    Insert({{static_cast<uint64_t>(simulation_->now_.ns()), 0}, next_sequence_++, payload, KeyOf(payload)});
    ++ready_count_;
  }
  // Cancelled ones need not be looked at again once they are first.
  while (!pending_.empty() && pending_.front().payload == 0 &&
         simulation_->queue_.PayloadOf(pending_.front().key) == 0) {
    simulation_->queue_.Claim(pending_.front().key);
    pending_.erase(pending_.begin());
  }
}

SimTime ChoosingLoop::FirstDue() const {
  if (pending_.empty()) return SimTime::Max();
  return SimTime::FromNanos(static_cast<int64_t>(pending_.front().key.time));
}

size_t ChoosingLoop::Choose(SimTime until) {
  if (pending_.front().event.key == 0) return 0;
  const uint64_t first = pending_.front().key.time;
  const uint64_t last =
      std::min(first + static_cast<uint64_t>(options_.slack.ns()), static_cast<uint64_t>(until.ns()));
  candidates_.clear();
  places_.clear();
  for (size_t i = 0; i < pending_.size() && pending_[i].key.time <= last; ++i) {
    const Pending& one = pending_[i];
    if (one.event.key == 0) continue;
    if (one.payload == 0 && simulation_->queue_.PayloadOf(one.key) == 0) continue;  // Cancelled.
    candidates_.push_back(one.event);
    places_.push_back(i);
  }
  return places_[options_.chooser->PickNext(candidates_)];
}

void ChoosingLoop::RunAt(size_t place) {
  const Pending taken = pending_[place];
  pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(place));
  uintptr_t payload = taken.payload;
  if (payload != 0) {
    --ready_count_;
  } else {
    payload = simulation_->queue_.Claim(taken.key);
  }
  const SimTime due = SimTime::FromNanos(static_cast<int64_t>(taken.key.time));
  if (due < simulation_->now_) {
    if (options_.on_late) options_.on_late(taken.event, due);
  } else {
    simulation_->now_ = due;
  }
  simulation_->DispatchOne(payload);
}

Simulation::End ChoosingLoop::Run(SimTime until) {
  while (!simulation_->stop_) {
    Absorb();
    if (pending_.empty()) return Simulation::End::kIdle;
    if (FirstDue() > until) return Simulation::End::kUntil;
    RunAt(Choose(until));
  }
  return Simulation::End::kStopped;
}

}  // namespace sim
