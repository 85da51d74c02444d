// SPDX-License-Identifier: Apache-2.0
//
// Crews of user threads that run upcalls: a process' helper, the machine's dispatcher.
//
// The dispatcher is one pool for the whole machine, in a process of its own: as many
// threads run at once as there are cores (`width`); when one blocks, another is woken
// or made, until there are `limit`; from then on work waits, which is how blocked
// callbacks starve the ones behind them.
//
// Source: xnu bsd/pthread (workqueue), WORKQUEUE_CONSTRAINED_MAXTHREADS.
// Differs from the real system: one priority, no delay before a thread is made, idle
// threads are kept.
#ifndef TXGSIM_MODEL_UPCALL_DISPATCHER_H_
#define TXGSIM_MODEL_UPCALL_DISPATCHER_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "model/sync/crew.h"
#include "model/upcall/upcall.h"

namespace model {

class UpcallCrew : public Crew, public UpcallRunner {
 public:
  using Crew::Crew;
  // Puts a call into the queue; `waker` pays for waking a thread.
  void Submit(std::shared_ptr<Upcall> upcall, Thread* waker);

  void Withdraw(Call* call) override;
  void AddTakersOf(const Call& call, EnderSet* enders) const override;

 private:
  size_t QueuedItems() const override { return queue_.size(); }
  sim::Task<> ServeOne(Thread* thread) override;
  void OnMemberEnd(Thread* thread) override;

  std::deque<std::shared_ptr<Upcall>> queue_;
  std::vector<std::shared_ptr<Upcall>> taken_;
};

class Dispatcher final : public UpcallCrew {
 public:
  struct Options {
    int width = 0;  // 0: the cores of the machine.
    int limit = 64;
  };
  Dispatcher(Machine* machine, const std::string& name, Options options);

  // Runs `body` on a thread of the pool. The result can be waited for, from user code.
  std::shared_ptr<Upcall> Async(Thread* caller, UpcallBody body, std::any argument);
};

}  // namespace model

#endif  // TXGSIM_MODEL_UPCALL_DISPATCHER_H_
