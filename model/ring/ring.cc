// SPDX-License-Identifier: Apache-2.0
#include "model/ring/ring.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace model {
namespace {

// RLIMIT_NPROC stands behind the unbounded account; no scenario comes near it.
constexpr int kUnboundedWorkers = 4096;
constexpr int kWorkersPerCore = 4;

int64_t PowerOfTwo(int64_t n) { return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(n))); }

}  // namespace

RingSizes SizesOfRing(int64_t entries, int64_t cq_entries, bool clamp) {
  RingSizes sizes;
  const bool too_large = entries > kMaxRingEntries || cq_entries > kMaxRingCqEntries;
  if (entries < 1 || cq_entries < 0 || (too_large && !clamp)) return {.error = kEINVAL};
  sizes.sq = PowerOfTwo(std::min(entries, kMaxRingEntries));
  sizes.cq = cq_entries == 0 ? 2 * sizes.sq : PowerOfTwo(std::min(cq_entries, kMaxRingCqEntries));
  if (sizes.cq < sizes.sq) return {.error = kEINVAL};
  return sizes;
}

Ring::Ring(Machine* machine, std::string name, Options options)
    : machine_(machine),
      name_(std::move(name)),
      options_(options),
      completions_(this),
      workers_done_(this),
      entries_(this) {
  SIM_CHECK_MSG(options_.sizes.error == 0, name_);
}

// A request and its work item point to each other until it has ended.
Ring::~Ring() {
  for (const Request& request : in_flight_) request->work_.reset();
}

std::vector<Thread*> Ring::threads() const {
  std::vector<Thread*> threads;
  if (owner_ == nullptr) return threads;
  for (const WorkerPool* pool : {bounded_.get(), unbounded_.get()}) {
    threads.insert(threads.end(), pool->threads().begin(), pool->threads().end());
  }
  if (poller_ != nullptr) threads.push_back(poller_);
  return threads;
}

void Ring::Attach(Process* owner) {
  owner_ = owner;
  const int cores = kWorkersPerCore * machine_->options().cores;
  const int by_default = static_cast<int>(std::min<int64_t>(options_.sizes.sq, cores));
  const int bounded = options_.workers > 0 ? options_.workers : by_default;
  bounded_ = std::make_unique<WorkerPool>(machine_, name_,
                                          WorkerPool::Options{.count = 0, .max = bounded, .process = owner});
  unbounded_ = std::make_unique<WorkerPool>(
      machine_, name_ + "/unbounded",
      WorkerPool::Options{.count = 0, .max = kUnboundedWorkers, .process = owner});
  owner->BeforeFilesClose([this](Thread* thread) { return CancelForExit(this, thread); });
  owner->OnThreadEnd([this](Thread*) {
    if (closing_ && WorkersGone()) machine_->WakeAll(&workers_done_, 0, nullptr);
  });
  if (!options_.sqpoll) return;
  poller_ = machine_->Spawn(owner, name_ + "/sq", [this](Thread* thread) { return PollEntries(thread); });
  poller_->Charge(machine_->profile().thread_create_ns);
  poller_->set_service(true);
}

sim::Task<int> Ring::Setup(Thread* thread) {
  if (owner_ == nullptr) {
    co_await sim::FrameName{"io_uring_setup"};
    Attach(thread->process());
    thread->EnterKernel();
    co_await thread->ReturnToUser();
  }
  co_return owner_ == thread->process() ? 0 : kEBADF;
}

int Ring::Prepare(Sqe sqe) {
  if (static_cast<int64_t>(sq_.size()) >= options_.sizes.sq) return kEBUSY;
  sq_.push_back(std::move(sqe));
  return 0;
}

sim::Task<int> Ring::Submit(Thread* thread, Sqe sqe) {
  if (const int error = co_await Setup(thread); error != 0) co_return error;
  const bool goes_on = sqe.link || sqe.hardlink;
  const int full = Prepare(std::move(sqe));
  if (full != 0 || goes_on) co_return full;
  if (!options_.sqpoll) co_return co_await Enter(thread, 0, sim::SimDuration::Max());
  published_ = static_cast<int64_t>(sq_.size());
  if (need_wakeup_) co_return co_await Enter(thread, 0, sim::SimDuration::Max());
  WakePoller(nullptr);
  co_return 0;
}

sim::Task<int> Ring::WaitFor(Thread* thread, int64_t n, sim::SimDuration timeout) {
  if (const int error = co_await Setup(thread); error != 0) co_return error;
  n = std::min(n, options_.sizes.cq);
  const bool all_published = published_ == static_cast<int64_t>(sq_.size());
  if (ready() >= n && all_published) co_return 0;
  co_return co_await Enter(thread, n, timeout);
}

std::optional<Cqe> Ring::Reap() {
  if (cq_.empty()) return std::nullopt;
  Cqe cqe = std::move(cq_.front());
  cq_.pop_front();
  return cqe;
}

sim::Task<std::optional<Cqe>> Ring::Peek(Thread* thread) {
  if (cq_.empty() && !overflow_.empty()) co_await Enter(thread, 0, sim::SimDuration::Max());
  co_return Reap();
}

sim::Task<int> Ring::Enter(Thread* thread, int64_t min_complete, sim::SimDuration timeout) {
  co_await sim::FrameName{"io_uring_enter"};
  thread->EnterKernel();
  thread->Charge(machine_->profile().ring_enter_ns);
  published_ = static_cast<int64_t>(sq_.size());
  if (options_.sqpoll) {
    if (published_ > 0) WakePoller(thread);
  } else {
    co_await SubmitPublished(thread);
  }
  co_await thread->Settle();
  FlushOverflow();
  int error = 0;
  if (ready() < min_complete) {
    const bool for_ever = timeout == sim::SimDuration::Max();
    const sim::SimTime deadline = for_ever ? sim::SimTime::Max() : machine_->now() + timeout;
    error = co_await AwaitCompletions(thread, min_complete, deadline);
  }
  co_await thread->ReturnToUser();
  co_return error;
}

sim::Task<int> Ring::AwaitCompletions(Thread* thread, int64_t n, sim::SimTime deadline) {
  co_await sim::FrameName{"io_cqring_wait"};
  while (ready() < n) {
    WaitSpec spec = {.kind = SleepKind::kInterruptible, .timeout_result = kETIME};
    if (deadline != sim::SimTime::Max()) spec.timeout = deadline - machine_->now();
    const int error = co_await thread->Wait(completions_, spec, 0, n);
    FlushOverflow();
    if (error != 0 && ready() == 0) co_return error;
    if (error != 0) co_return 0;  // What is there is reported, not the signal.
  }
  co_return 0;
}

Ring::Request Ring::TakeChain(int64_t* entries) {
  Request head;
  Request last;
  bool goes_on = true;
  while (goes_on && published_ > 0) {
    goes_on = sq_.front().link || sq_.front().hardlink;
    auto request = std::make_shared<RingRequest>(this, std::move(sq_.front()), next_sequence_++);
    sq_.pop_front();
    --published_;
    ++*entries;
    in_flight_.push_back(request);
    if (head == nullptr) {
      head = request;
    } else {
      head->sqe_.drain |= request->sqe_.drain;
      request->previous_ = last;
      last->next_ = request;
    }
    last = request;
  }
  return head;
}

sim::Task<> Ring::SubmitPublished(Thread* thread) {
  while (published_ > 0) {
    int64_t entries = 0;
    const Request head = TakeChain(&entries);
    thread->Charge(entries * machine_->profile().ring_entry_ns);
    co_await thread->Settle();
    Start(head, thread);
  }
}

// ---- The wait-for graph ----

// Threads of the owner that may still submit, and so cancel or talk to what is in flight.
void Ring::AddUsers(const Waitable* but_waiting_on, EnderSet::Clause* clause) const {
  for (const Thread* thread : owner_->threads()) {
    if (thread->service() || thread->ended() || thread->exiting()) continue;
    if (but_waiting_on != nullptr && thread->waiter().on == but_waiting_on) continue;
    clause->any_of.push_back(thread);
  }
}

void Ring::AddEarlier(uint64_t sequence, EnderSet* enders) const {
  for (const Request& request : in_flight_) {
    if (request->sequence_ < sequence) enders->Needs(request.get());
  }
}

void Ring::Completions::Enders(const Waiter&, EnderSet* enders) const {
  EnderSet::Clause& clause = enders->NeedsAnyOf();
  for (const Request& request : ring_->in_flight_) clause.any_of.push_back(request.get());
  if (ring_->published_ > 0 && ring_->poller_ != nullptr) clause.any_of.push_back(ring_->poller_);
  ring_->AddUsers(this, &clause);
}

void Ring::WorkersDone::Enders(const Waiter&, EnderSet* enders) const {
  for (const Thread* thread : ring_->threads()) {
    if (!thread->ended() && !thread->exiting()) enders->Needs(thread);
  }
}

void Ring::Entries::Enders(const Waiter&, EnderSet* enders) const {
  ring_->AddUsers(nullptr, &enders->NeedsAnyOf());
}

}  // namespace model
