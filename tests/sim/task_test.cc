// SPDX-License-Identifier: Apache-2.0
#include "sim/task.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/simulation.h"

namespace sim {
namespace {

using ::testing::ElementsAre;

class TaskTest : public ::testing::Test {
 protected:
  Simulation simulation_;
  Simulation::Scope scope_{&simulation_};
};

Task<int> Double(int value) { co_return 2 * value; }

Task<int> SumOfDoubles(int count) {
  int sum = 0;
  for (int i = 1; i <= count; ++i) sum += co_await Double(i);
  co_return sum;
}

template <typename T>
Task<> Store(Task<T> task, T* result) {
  *result = co_await std::move(task);
}

TEST_F(TaskTest, ATaskStartsWhenItIsAwaitedNotWhenItIsCalled) {
  bool ran = false;
  struct Body {
    static Task<> Set(bool* flag) {
      *flag = true;
      co_return;
    }
  };
  {
    Task<> dropped = Body::Set(&ran);
    EXPECT_TRUE(dropped.valid());
  }
  EXPECT_FALSE(ran);
  EXPECT_EQ(simulation_.live_frames(), 0u);
  simulation_.Spawn(Body::Set(&ran));
  EXPECT_FALSE(ran);
  simulation_.Run();
  EXPECT_TRUE(ran);
}

// 2 * (1 + ... + 10) = 110
TEST_F(TaskTest, SubTasksReturnValues) {
  int sum = 0;
  simulation_.Spawn(Store(SumOfDoubles(10), &sum));
  simulation_.Run();
  EXPECT_EQ(sum, 110);
  EXPECT_EQ(simulation_.live_frames(), 0u);
}

TEST_F(TaskTest, AResultMayBeMoveOnly) {
  struct Body {
    static Task<std::unique_ptr<std::string>> Make(std::string text) {
      co_return std::make_unique<std::string>(std::move(text));
    }
  };
  std::unique_ptr<std::string> text;
  simulation_.Spawn(Store(Body::Make("a text that is too long for the small buffer"), &text));
  simulation_.Run();
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(text->size(), 44u);
}

// A call that never blocks is still started and resumed by the dispatcher, so ten
// million of them need one frame at a time and no stack.
TEST_F(TaskTest, TenMillionCallsThatNeverBlockNeedNoStack) {
  struct Body {
    static Task<uintptr_t> StackPointer() {
      co_return reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    }
    static Task<> Loop(int count, uintptr_t* lowest, uintptr_t* highest) {
      *lowest = UINTPTR_MAX;
      for (int i = 0; i < count; ++i) {
        const uintptr_t here = co_await StackPointer();
        *lowest = std::min(*lowest, here);
        *highest = std::max(*highest, here);
      }
    }
  };
  uintptr_t lowest = 0;
  uintptr_t highest = 0;
  simulation_.Spawn(Body::Loop(10'000'000, &lowest, &highest));
  simulation_.Run();
  EXPECT_EQ(lowest, highest);
  EXPECT_EQ(simulation_.events(), 1u);
}

TEST_F(TaskTest, DeepNestingUnwindsWithoutRecursion) {
  struct Body {
    static Task<int> Depth(int left) {
      if (left == 0) co_return 0;
      co_return 1 + co_await Depth(left - 1);
    }
  };
  int depth = 0;
  simulation_.Spawn(Store(Body::Depth(100'000), &depth));
  simulation_.Run();
  EXPECT_EQ(depth, 100'000);
  EXPECT_EQ(simulation_.live_frames(), 0u);
}

struct Guard {
  std::vector<std::string>* log;
  std::string name;
  ~Guard() { log->push_back(name); }
};

Task<> Inner(Simulation* simulation, std::vector<std::string>* log) {
  co_await FrameName{"inner"};
  Guard guard{log, "inner"};
  co_await simulation->Sleep(SimDuration::Seconds(1));
  log->push_back("not reached");
}

Task<> Outer(Simulation* simulation, std::vector<std::string>* log) {
  co_await FrameName{"outer"};
  Guard guard{log, "outer"};
  co_await Inner(simulation, log);
}

TEST_F(TaskTest, TasksThatHaveNotEndedAreDestroyedInnermostFirst) {
  std::vector<std::string> log;
  simulation_.Spawn(Outer(&simulation_, &log));
  simulation_.Run(SimTime::FromNanos(10));
  EXPECT_GT(simulation_.live_frames(), 0u);
  simulation_.DestroyTasks();
  EXPECT_THAT(log, ElementsAre("inner", "outer"));
  EXPECT_EQ(simulation_.live_frames(), 0u);
}

TEST(TaskLifetimeTest, TheEndOfASimulationFreesEveryFrame) {
  std::vector<std::string> log;
  {
    Simulation simulation;
    Simulation::Scope scope(&simulation);
    for (int i = 0; i < 100; ++i) simulation.Spawn(Outer(&simulation, &log));
    simulation.Run(SimTime::FromNanos(10));
    EXPECT_EQ(simulation.live_frames(), 200u);  // Outer and inner each.
  }
  EXPECT_EQ(log.size(), 200u);
}

// A blocked frame knows who awaits it; unnamed frames are left out.
TEST_F(TaskTest, StackNamesTheFramesFromTheInnermostOutwards) {
  struct Blocked {
    const PromiseBase** leaf;
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<internal::TaskPromise<void>> handle) {
      *leaf = &handle.promise();
    }
    void await_resume() {}
  };
  struct Body {
    static Task<> Wait(const PromiseBase** leaf) {
      co_await FrameName{"txg_wait_synced"};
      co_await Blocked{leaf};
    }
    static Task<> Unnamed(const PromiseBase** leaf) { co_await Wait(leaf); }
    static Task<> Call(const PromiseBase** leaf) {
      co_await FrameName{"zfs_ioc_snapshot"};
      co_await Unnamed(leaf);
    }
  };
  const PromiseBase* leaf = nullptr;
  simulation_.Spawn(Body::Call(&leaf));
  simulation_.Run();
  ASSERT_NE(leaf, nullptr);
  const std::vector<const char*> stack = StackOf(leaf);
  ASSERT_EQ(stack.size(), 2u);
  EXPECT_STREQ(stack[0], "txg_wait_synced");
  EXPECT_STREQ(stack[1], "zfs_ioc_snapshot");
}

TEST_F(TaskTest, AFrameCanChangeItsName) {
  struct Body {
    static Task<> Run(const char** seen) {
      co_await FrameName{"first"};
      co_await FrameName{"second"};
      struct Look {
        const char** seen;
        bool await_ready() { return false; }
        bool await_suspend(std::coroutine_handle<internal::TaskPromise<void>> handle) {
          *seen = handle.promise().name();
          return false;
        }
        void await_resume() {}
      };
      co_await Look{seen};
    }
  };
  const char* seen = nullptr;
  simulation_.Spawn(Body::Run(&seen));
  simulation_.Run();
  EXPECT_STREQ(seen, "second");
}

}  // namespace
}  // namespace sim
