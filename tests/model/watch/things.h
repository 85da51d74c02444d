// SPDX-License-Identifier: Apache-2.0
//
// What the threads of these tests do, and the things that they wait on.
#ifndef TXGSIM_TESTS_MODEL_WATCH_THINGS_H_
#define TXGSIM_TESTS_MODEL_WATCH_THINGS_H_

#include <string>
#include <utility>
#include <vector>

#include "model/sync/event.h"
#include "model/sync/lock.h"
#include "tests/model/support/world.h"

namespace model {

// A thing that is ended by all of these actors together, or by someone outside.
class Thing final : public Waitable {
 public:
  Thing(WaitableKind kind, std::string name, std::string root = {})
      : Waitable(kind, std::move(name)), root_(std::move(root)) {}
  void Enders(const Waiter&, EnderSet* enders) const override {
    enders->outside = outside;
    for (const Actor* actor : needs) enders->Needs(actor);
  }
  const std::string& root_name() const override { return root_.empty() ? name() : root_; }

  std::vector<const Actor*> needs;
  bool outside = false;

 private:
  std::string root_;
};

// Waits on `thing` in the kernel, for ever unless somebody wakes it.
inline sim::Task<> WaitOn(Thread* thread, Waitable* thing, WaitSpec spec) {
  thread->EnterKernel();
  co_await thread->Wait(*thing, spec);
  co_await thread->ReturnToUser();
}

// As an idle worker does.
inline sim::Task<> WaitForWork(Thread* thread, Waitable* work) {
  thread->set_idles(true);
  co_await thread->Wait(*work, {.kind = SleepKind::kIdle});
}

// Takes two mutexes, one after the other.
inline sim::Task<> TakeBoth(Thread* thread, Mutex* first, Mutex* second) {
  co_await sim::FrameName{"take_both"};
  co_await first->LockIt(thread);
  co_await thread->Compute(Micros(10));
  co_await second->LockIt(thread);
  co_await thread->Compute(Micros(5));
  second->Unlock(thread);
  first->Unlock(thread);
}

// A system call that takes a mutex for a moment.
inline sim::Task<> TakeOne(Thread* thread, Mutex* mutex) {
  thread->EnterKernel();
  co_await mutex->LockIt(thread);
  co_await thread->Compute(Micros(2));
  mutex->Unlock(thread);
  co_await thread->ReturnToUser();
}

inline sim::Task<> Tick(Thread* thread, sim::SimDuration period) {
  while (!thread->killed()) co_await thread->SleepFor(period, SleepKind::kInterruptible);
}

inline std::vector<std::string> Names(const std::vector<const Thread*>& threads) {
  std::vector<std::string> names;
  for (const Thread* thread : threads) names.push_back(thread->name());
  return names;
}

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_WATCH_THINGS_H_
