// SPDX-License-Identifier: Apache-2.0
#include "model/machine/run_queue.h"

#include <algorithm>
#include <bit>

#include "sim/check.h"

namespace model {

int64_t NiceWeight(int nice) {
  static constexpr int64_t kWeights[40] = {
      88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904,
      3906,  3121,  2501,  1991,  1586,  1277,  1024,  820,   655,   526,   423,  335,  272,  215,
      172,   137,   110,   87,    70,    56,    45,    36,    29,    23,    18,   15};
  SIM_CHECK(nice >= -20 && nice <= 19);
  return kWeights[nice + 20];
}

RunQueue::RunQueue(SchedulerPolicy policy, int cores) : policy_(policy) {
  switch (policy) {
    case SchedulerPolicy::kFifo:
      slice_ns_ = 0;
      break;
    case SchedulerPolicy::kRoundRobin:
      slice_ns_ = 100'000'000;
      break;
    case SchedulerPolicy::kEevdf:
      // linux kernel/sched/fair.c: 0.7 ms times 1 + ilog2(min(cores, 8)).
      slice_ns_ = 700'000 * static_cast<int64_t>(std::bit_width(static_cast<unsigned>(std::min(cores, 8))));
      break;
  }
}

// The average of those that wait; the running thread is left out, which makes the
// test of eligibility a little stricter towards it than Linux is.
int64_t RunQueue::AverageVruntime() const {
  if (weight_sum_ == 0) return floor_vruntime_ns_;
  return floor_vruntime_ns_ + weighted_vruntime_ / weight_sum_;
}

void RunQueue::Insert(Thread* thread, bool woken) {
  if (policy_ != SchedulerPolicy::kEevdf) {
    fifo_.PushBack(&thread->waiter_);
    ++fifo_size_;
    return;
  }
  const int64_t sequence = next_sequence_++;
  thread->waiter_.argument = sequence;
  const int64_t weight = NiceWeight(thread->nice_);
  if (tree_.empty() && !woken) floor_vruntime_ns_ = std::max(floor_vruntime_ns_, thread->vruntime_ns_);
  if (woken) {
    const int64_t average = AverageVruntime();
    thread->vruntime_ns_ = std::clamp(thread->vruntime_ns_, average, average + slice_ns_ * 1024 / weight);
    thread->deadline_ns_ = thread->vruntime_ns_ + slice_ns_ * 1024 / weight;
  } else if (thread->vruntime_ns_ >= thread->deadline_ns_) {
    thread->deadline_ns_ = thread->vruntime_ns_ + slice_ns_ * 1024 / weight;
  }
  weight_sum_ += weight;
  weighted_vruntime_ += weight * (thread->vruntime_ns_ - floor_vruntime_ns_);
  tree_.insert({thread->deadline_ns_, sequence, thread});
}

void RunQueue::InsertYielding(Thread* thread) {
  for (const Entry& entry : tree_) {
    thread->vruntime_ns_ = std::max(thread->vruntime_ns_, entry.thread->vruntime_ns_ + 1);
    thread->deadline_ns_ = std::max(thread->deadline_ns_, entry.deadline_ns);
  }
  Insert(thread, false);
}

void RunQueue::Place(Thread* thread) {
  if (policy_ != SchedulerPolicy::kEevdf) return;
  thread->vruntime_ns_ = AverageVruntime();
  thread->deadline_ns_ = thread->vruntime_ns_ + slice_ns_ * 1024 / NiceWeight(thread->nice_);
}

absl::btree_set<RunQueue::Entry>::iterator RunQueue::NextEntry() {
  const int64_t average = AverageVruntime();
  for (auto it = tree_.begin(); it != tree_.end(); ++it) {
    if (it->thread->vruntime_ns_ <= average) return it;
  }
  return tree_.begin();
}

Thread* RunQueue::PopNext() {
  SIM_CHECK(!empty());
  Thread* thread = policy_ == SchedulerPolicy::kEevdf ? NextEntry()->thread : fifo_.front()->thread;
  Remove(thread);
  return thread;
}

Thread* RunQueue::Steal() {
  SIM_CHECK(!empty());
  Thread* thread = policy_ == SchedulerPolicy::kEevdf ? std::prev(tree_.end())->thread : fifo_.back()->thread;
  Remove(thread);
  return thread;
}

bool RunQueue::Remove(Thread* thread) {
  if (policy_ != SchedulerPolicy::kEevdf) {
    if (!fifo_.Contains(thread->waiter_)) return false;
    fifo_.Remove(&thread->waiter_);
    --fifo_size_;
    return true;
  }
  const auto it = tree_.find({thread->deadline_ns_, thread->waiter_.argument, thread});
  if (it == tree_.end() || it->thread != thread) return false;
  tree_.erase(it);
  const int64_t weight = NiceWeight(thread->nice_);
  weight_sum_ -= weight;
  weighted_vruntime_ -= weight * (thread->vruntime_ns_ - floor_vruntime_ns_);
  return true;
}

void RunQueue::Account(Thread* thread, int64_t ns) {
  if (policy_ != SchedulerPolicy::kEevdf) return;
  thread->vruntime_ns_ += ns * 1024 / NiceWeight(thread->nice_);
  if (tree_.empty()) floor_vruntime_ns_ = std::max(floor_vruntime_ns_, thread->vruntime_ns_);
}

bool RunQueue::WakePreempts(const Thread* running, const Thread* woken) const {
  if (policy_ != SchedulerPolicy::kEevdf) return false;
  return woken->deadline_ns_ < running->deadline_ns_ || running->vruntime_ns_ >= running->deadline_ns_;
}

}  // namespace model
