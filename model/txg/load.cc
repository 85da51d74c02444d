// SPDX-License-Identifier: Apache-2.0
#include "model/txg/load.h"

#include <algorithm>

#include "sim/distribution.h"

namespace model {

Load::Load(Pool* pool, LoadOptions options) : pool_(pool), options_(std::move(options)) {
  at_hand_.resize(static_cast<size_t>(options_.count));
}

void Load::Start() {
  Machine& machine = pool_->machine();
  process_ = machine.CreateProcess(options_.name);
  for (int i = 0; i < options_.count; ++i) {
    const std::string name =
        options_.count == 1 ? options_.name : options_.name + "/" + std::to_string(i + 1);
    machine.Spawn(process_, name, [this, i](Thread* thread) { return Run(thread, i); }, {.at = options_.at});
  }
}

int64_t Load::PeriodNs() const {
  __int128 per_op = 0;
  if (options_.bytes_per_s) {
    per_op = static_cast<__int128>(options_.size_bytes) * 1'000'000'000 / *options_.bytes_per_s;
  } else {
    per_op = static_cast<__int128>(1'000'000'000) / *options_.ops_per_s;
  }
  return static_cast<int64_t>(per_op);
}

int64_t Load::throughput_bytes_per_s() const {
  const int64_t span = (std::min(pool_->machine().now(), options_.stop_at) - options_.at).ns();
  if (span <= 0) return 0;
  return static_cast<int64_t>(static_cast<__int128>(figures_.bytes) * 1'000'000'000 / span);
}

sim::Histogram Load::LatencyNow() const {
  sim::Histogram latency = figures_.latency;
  const int64_t longest = latency.count() > 0 ? latency.max() : 0;
  const int64_t now = pool_->machine().now().ns();
  const bool closed = !options_.bytes_per_s && !options_.ops_per_s;
  for (const std::optional<int64_t>& due : at_hand_) {
    if (!due) continue;
    if (now - *due > longest) latency.Add(now - *due);
    if (closed) continue;
    // Behind the one at hand those that became due meanwhile, of very many each of a sample for several.
    constexpr int64_t kSamples = 1 << 16;
    const int64_t gap = std::max<int64_t>(PeriodNs() * options_.count, 1);
    const int64_t last = std::min({now - longest, now, options_.stop_at.ns()});
    const int64_t times = std::max<int64_t>((last - *due) / gap / kSamples, 1);
    for (int64_t at = *due + gap; at < last; at += gap * times) {
      latency.Add(now - at, static_cast<uint64_t>(std::min(times, (last - at - 1) / gap + 1)));
    }
  }
  return latency;
}

int64_t Load::stall_ns() const {
  int64_t total = process_->figures.stall_ns;
  for (const Thread* thread : process_->threads()) {
    const Waitable* object = thread->waiter().on;
    if (object != nullptr && object->kind() == WaitableKind::kDirtySpace) {
      total += (pool_->machine().now() - thread->since()).ns();
    }
  }
  return total;
}

sim::Task<int> Load::Operate(Thread* thread, int64_t k) {
  ObjectId dataset = 0;
  const int error = pool_->tree().Lookup(options_.dataset, &dataset);
  if (error != 0) co_return error;
  thread->EnterKernel();
  int result = 0;
  if (options_.reads) {
    result = co_await pool_->Read(thread, options_.size_bytes);
  } else {
    result = co_await pool_->Write(thread, dataset, options_.size_bytes, options_.append);
  }
  co_await thread->ReturnToUser();
  if (result != 0 || options_.reads || options_.sync == LoadOptions::Sync::kDisabled) co_return result;
  const bool always = options_.sync == LoadOptions::Sync::kAlways;
  if (!always && (options_.fsync_every == 0 || (k + 1) % options_.fsync_every != 0)) co_return 0;
  thread->EnterKernel();
  result = co_await pool_->Fsync(thread, dataset);
  co_await thread->ReturnToUser();
  co_return result;
}

sim::Task<> Load::Run(Thread* thread, int index) {
  Machine& machine = pool_->machine();
  const bool closed = !options_.bytes_per_s && !options_.ops_per_s;
  const int64_t period = closed ? 0 : PeriodNs();
  const sim::Distribution gap = sim::Distribution::Exponential(period * options_.count);
  sim::Site arrivals = machine.chooser().MakeSite("arrival", thread->name(), "next");
  int64_t due =
      options_.at.ns() + (options_.poisson ? machine.chooser().Draw(arrivals, gap) : period * index);
  for (int64_t k = 0; !thread->killed() && machine.now() < options_.stop_at; ++k) {
    const int64_t now = machine.now().ns();
    if (!closed && due > now) {
      co_await thread->SleepFor(sim::SimDuration::Nanos(due - now), SleepKind::kInterruptible);
      if (thread->killed() || machine.now() >= options_.stop_at) co_return;
    }
    const int64_t start = closed ? machine.now().ns() : due;
    at_hand_[static_cast<size_t>(index)] = start;
    const int error = co_await Operate(thread, k);
    at_hand_[static_cast<size_t>(index)].reset();
    if (error == 0) {
      ++figures_.ops;
      figures_.bytes += options_.size_bytes;
      figures_.latency.Add(machine.now().ns() - start);
    } else {
      ++figures_.errors[error];
    }
    if (closed && error != 0) co_return;
    due += options_.poisson ? machine.chooser().Draw(arrivals, gap) : period * options_.count;
  }
}

}  // namespace model
