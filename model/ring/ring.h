// SPDX-License-Identifier: Apache-2.0
//
// Submission and completion rings: system calls that do not keep their caller.
//
//   Ring ring(&machine, "uring", {.entries = 8, .workers = 2});
//   int error = co_await ring.Submit(thread, std::move(sqe));
//   int error = co_await ring.WaitFor(thread, 1);     // in S
//   std::optional<Cqe> cqe = ring.Reap();
//
//   user:    sq_ ----Enter----> chains -> Issue      cq_ <- overflow_ (kept, flushed on Enter)
//   kernel:                        |                  ^
//                                  v                  | Post
//            nop, cancel, message: at once -----------+
//            timeout, poll: armed --------------------+
//            work: queued -> a worker NAME/1 ... -----+
//
// * Entries are used up by submission: more operations than entries can be in flight.
// * Completions beyond the ring are kept in order and never lost (IORING_FEAT_NODROP).
// * Two accounts of workers (io-wq), made on demand when all of theirs sleep: bounded ones
//   NAME/1 ..., and, for work of sockets and the like, NAME/unbounded/1 .... They are threads
//   of the owner: SIGKILL is for them too, other signals pass them by.
// * A chain (link, hardlink) is submitted with its last entry.
// * With sqpoll a thread NAME/sq takes the entries: it keeps a core busy until there has
//   been nothing for `sq_idle`, and then has to be woken by a call.
// * When the owner exits, what is queued or armed is cancelled and what runs is waited for,
//   in D (io_wq_put_and_exit), before any file is closed.
//
// A ring belongs to the process that first uses it; others get EBADF.
//
// Source: linux io_uring/io_uring.c, io-wq.c, cancel.c, timeout.c, poll.c, sqpoll.c (6.12).
// Differs from the real system: docs/model/ring.md.
#ifndef TXGSIM_MODEL_RING_RING_H_
#define TXGSIM_MODEL_RING_RING_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/ring/request.h"

namespace model {

class Ring {
 public:
  struct Options {
    RingSizes sizes = SizesOfRing(8, 0, false);
    int workers = 0;  // Bounded ones; 0: as many as entries, at most 4 a core.
    bool sqpoll = false;
    sim::SimDuration sq_idle = sim::SimDuration::Seconds(1);
  };
  // REQUIRES: options.sizes.error == 0.
  Ring(Machine* machine, std::string name, Options options);
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring();

  const std::string& name() const { return name_; }
  const Options& options() const { return options_; }
  Process* owner() const { return owner_; }
  int64_t in_flight() const { return static_cast<int64_t>(in_flight_.size()); }
  int64_t ready() const { return static_cast<int64_t>(cq_.size()); }
  int64_t overflown() const { return static_cast<int64_t>(overflow_.size()); }  // IORING_SQ_CQ_OVERFLOW
  // Its workers of both accounts, and the thread that polls; dead ones included.
  std::vector<Thread*> threads() const;

  // ---- For threads of the owner, in user mode ----
  // The system call io_uring_setup, by who uses it first. Returns 0 or EBADF.
  sim::Task<int> Setup(Thread* thread);
  // Writes one entry, which the next call submits: no system call. Returns 0, or EBUSY if the
  // submission ring is full.
  int Prepare(Sqe sqe);
  // One entry, and unless it is linked to the next the call that submits. Returns 0; EBUSY if the
  // submission ring is full; EBADF.
  sim::Task<int> Submit(Thread* thread, Sqe sqe);
  // Waits until `n` completions are there, in S. Returns 0, EINTR if a signal came and none was there, or
  // ETIME. Enters the kernel only if it must.
  sim::Task<int> WaitFor(Thread* thread, int64_t n, sim::SimDuration timeout = sim::SimDuration::Max());
  // The oldest completion of the ring.
  std::optional<Cqe> Reap();
  // The same, of those that are kept too: enters the kernel for them.
  sim::Task<std::optional<Cqe>> Peek(Thread* thread);

 private:
  friend class RingRequest;
  using Request = std::shared_ptr<RingRequest>;
  // Waited on for completions; the waiter's argument is how many must be there.
  class Completions final : public Waitable {
   public:
    explicit Completions(Ring* ring) : Waitable(WaitableKind::kQueue, ring->name()), ring_(ring) {}
    void Enders(const Waiter& waiter, EnderSet* enders) const override;

   private:
    Ring* ring_;
  };
  // Waited on for the end of all workers.
  class WorkersDone final : public Waitable {
   public:
    explicit WorkersDone(Ring* ring) : Waitable(WaitableKind::kCompletion, ring->name()), ring_(ring) {}
    void Enders(const Waiter& waiter, EnderSet* enders) const override;

   private:
    Ring* ring_;
  };
  // Where the polling thread waits for entries.
  class Entries final : public Waitable {
   public:
    explicit Entries(Ring* ring) : Waitable(WaitableKind::kQueue, ring->name()), ring_(ring) {}
    void Enders(const Waiter& waiter, EnderSet* enders) const override;

   private:
    Ring* ring_;
  };

  void Attach(Process* owner);
  sim::Task<int> Enter(Thread* thread, int64_t min_complete, sim::SimDuration timeout);
  sim::Task<int> AwaitCompletions(Thread* thread, int64_t n, sim::SimTime deadline);
  // Takes what is published, chain by chain.
  sim::Task<> SubmitPublished(Thread* thread);
  Request TakeChain(int64_t* entries);

  // ---- requests: issue.cc ----
  void Start(const Request& head, Thread* issuer);
  void Issue(const Request& request, Thread* issuer);
  void IssueReady(Thread* issuer);
  void QueueWork(const Request& request, Thread* issuer);
  void ArmPoll(const Request& request, Thread* issuer);
  void OnPolled(const MessageQueue* queue, Thread* waker);
  static sim::Task<> Run(Ring* ring, Request request, Thread* worker);
  void Complete(const Request& request, RingResult result, Thread* waker);
  void Post(Cqe cqe, Thread* waker);
  void FlushOverflow();
  Request Shared(const RingRequest* request) const;
  static void OnTimeout(sim::EventHandler* handler);
  static void OnLinkTimeout(sim::EventHandler* handler);

  // ---- cancel.cc ----
  void Cancel(const Request& canceller, Thread* issuer);
  void Deliver(const Request& message, Thread* issuer);
  // Takes it out of where it waits, which is the result; it is still to be completed.
  bool Withdraw(const Request& request, Thread* waker);
  // What runs is told, and an interruptible sleep of its worker ends.
  void Interrupt(const Request& request, RingCancel how, Thread* waker);
  static sim::Task<> CancelForExit(Ring* ring, Thread* thread);
  static sim::Task<> CleanForExit(Ring* ring, Thread* thread);
  static sim::Task<> PutWorkers(Ring* ring, Thread* thread);
  bool WorkersGone() const;

  // ---- sqpoll.cc ----
  sim::Task<> PollEntries(Thread* thread);
  void WakePoller(Thread* waker);

  // ---- The wait-for graph ----
  void AddUsers(const Waitable* but_waiting_on, EnderSet::Clause* clause) const;
  void AddEarlier(uint64_t sequence, EnderSet* enders) const;

  Machine* machine_;
  std::string name_;
  Options options_;
  Process* owner_ = nullptr;
  std::unique_ptr<WorkerPool> bounded_;
  std::unique_ptr<WorkerPool> unbounded_;
  Thread* poller_ = nullptr;
  bool need_wakeup_ = false;  // IORING_SQ_NEED_WAKEUP
  bool closing_ = false;      // The owner exits.

  std::deque<Sqe> sq_;
  int64_t published_ = 0;  // Of sq_: those that the kernel may take.
  std::deque<Cqe> cq_;
  std::deque<Cqe> overflow_;
  uint64_t next_sequence_ = 0;
  std::vector<Request> in_flight_;  // In order of submission.
  std::deque<Request> deferred_;    // Chains behind a drain.
  std::deque<Request> ready_;       // To be issued next.
  bool issuing_ = false;
  std::vector<const MessageQueue*> polled_;  // With a hook of this ring.
  Completions completions_;
  WorkersDone workers_done_;
  Entries entries_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_RING_RING_H_
