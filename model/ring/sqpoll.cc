// SPDX-License-Identifier: Apache-2.0
//
// Ring: the thread that polls the submission ring, so that submitting is no system call.
//
// It looks for entries without giving up its core, at most for a tick at a time; where
// others want that core they then have it, and entries wait until it is back: a polled
// design is as good as the core that its poller has. After `sq_idle` without an entry it
// sleeps, and the next submitter has to make a call to wake it (IORING_SQ_NEED_WAKEUP).
//
// Source: linux io_uring/sqpoll.c:io_sq_thread.
#include "model/ring/ring.h"

namespace model {

void Ring::WakePoller(Thread* waker) { machine_->WakeAll(&entries_, 0, waker); }

sim::Task<> Ring::PollEntries(Thread* thread) {
  co_await sim::FrameName{"io_sq_thread"};
  thread->SetMode(CpuMode::kKernel);
  const sim::SimDuration tick = sim::SimDuration::Nanos(machine_->profile().tick_ns);
  sim::SimTime last_entry = machine_->now();
  while (!thread->killed() && !closing_) {
    if (published_ > 0) {
      co_await SubmitPublished(thread);
      last_entry = machine_->now();
      continue;
    }
    if (machine_->now() - last_entry < options_.sq_idle) {
      const int timed_out = co_await thread->Wait(entries_, {.kind = SleepKind::kSpin, .timeout = tick});
      if (timed_out != 0) co_await thread->Yield();
      continue;
    }
    need_wakeup_ = true;
    thread->set_idles(true);
    thread->set_signals_blocked(true);
    co_await thread->Wait(entries_, {.kind = SleepKind::kInterruptible});
    thread->set_signals_blocked(false);
    thread->set_idles(false);
    need_wakeup_ = false;
    last_entry = machine_->now();
  }
}

}  // namespace model
