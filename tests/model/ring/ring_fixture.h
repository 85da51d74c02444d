// SPDX-License-Identifier: Apache-2.0
//
// A ring and a process that uses it, for tests.
//
//   RingFixture f({.sizes = SizesOfRing(8, 0, false)});
//   f.App([&](Thread* t) -> sim::Task<> { co_await f.ring.Submit(t, Nop(1)); ... });
//   f.world.Run();
//   f.Text()   // "1:0 2:-125": user_data:res of what was reaped, "+" after a res with MORE
#ifndef TXGSIM_TESTS_MODEL_RING_RING_FIXTURE_H_
#define TXGSIM_TESTS_MODEL_RING_RING_FIXTURE_H_

#include <string>
#include <utility>
#include <vector>

#include "model/ring/ring.h"
#include "tests/model/support/world.h"

namespace model {

inline Sqe Nop(int64_t user_data) { return {.op = RingOp::kNop, .user_data = user_data}; }
inline Sqe Cancel(int64_t user_data, int64_t target, bool graceful = false) {
  return {.op = RingOp::kCancel, .user_data = user_data, .target = target, .graceful = graceful};
}
inline Sqe Message(int64_t user_data, int64_t target, std::string text) {
  return {.op = RingOp::kMessage, .user_data = user_data, .target = target, .text = std::move(text)};
}
inline Sqe Timeout(int64_t user_data, int64_t ms) {
  return {.op = RingOp::kTimeout, .user_data = user_data, .timeout = Millis(ms)};
}
inline Sqe Poll(int64_t user_data, MessageQueue* queue) {
  return {.op = RingOp::kPoll, .user_data = user_data, .poll = queue};
}
inline Sqe WorkOf(int64_t user_data, RingWork work) {
  return {.op = RingOp::kWork, .user_data = user_data, .work = std::move(work)};
}
// Sleeps in D for so long on its worker, then returns `res`.
inline Sqe Sleeps(int64_t user_data, int64_t ms, int64_t res = 0,
                  SleepKind kind = SleepKind::kUninterruptible) {
  return WorkOf(user_data,
                {.name = "sleep", .body = [=](Thread* worker, RingRequest*) -> sim::Task<RingResult> {
                   const int error = co_await worker->SleepFor(Millis(ms), kind);
                   co_return RingResult{.res = error != 0 ? -error : res};
                 }});
}
inline Sqe Linked(Sqe sqe) {
  sqe.link = true;
  return sqe;
}
inline Sqe Hardlinked(Sqe sqe) {
  sqe.hardlink = true;
  return sqe;
}

struct RingFixture {
  explicit RingFixture(Ring::Options options = {}, const MachineOptions& machine = Ideal())
      : world(machine), ring(&world.machine, "uring", options) {}
  ~RingFixture() { world.simulation.DestroyTasks(); }

  Thread* App(ThreadBody body) {
    app = world.User("app", std::move(body));
    return app;
  }
  // Reaps until `n` have been reaped in all.
  sim::Task<> Reap(Thread* thread, size_t n) {
    while (cqes.size() < n) {
      const int error = co_await ring.WaitFor(thread, 1);
      if (error != 0) co_return;
      Take();
    }
  }
  void Take() {
    while (std::optional<Cqe> cqe = ring.Reap()) {
      cqes.push_back(*cqe);
      at_ms.push_back(world.now_ns() / 1'000'000);
    }
  }
  std::string Text() const {
    std::string text;
    for (const Cqe& cqe : cqes) {
      if (!text.empty()) text += " ";
      text += std::to_string(cqe.user_data) + ":" + std::to_string(cqe.res) + (cqe.more ? "+" : "");
    }
    return text;
  }

  World world;
  Ring ring;
  Thread* app = nullptr;
  std::vector<Cqe> cqes;
  std::vector<int64_t> at_ms;
};

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_RING_RING_FIXTURE_H_
