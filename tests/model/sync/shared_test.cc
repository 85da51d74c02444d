// SPDX-License-Identifier: Apache-2.0
#include "model/sync/shared.h"

#include "gtest/gtest.h"
#include "tests/model/support/world.h"

namespace model {
namespace {

TEST(SharedTest, ReadAddWriteLosesAnUpdate) {
  World world;
  Shared counter(&world.machine, "counter", int64_t{0});
  auto body = [&](Thread* t) -> sim::Task<> {
    SharedValue seen = co_await counter.Get(t);
    co_await counter.Set(t, std::get<int64_t>(seen) + 1);
  };
  world.User("a", body);
  world.User("b", body);
  world.Run();
  EXPECT_EQ(counter.value(), SharedValue(int64_t{1}));
}

TEST(SharedTest, AddAndCasAreAtomic) {
  World world;
  Shared counter(&world.machine, "counter", int64_t{0});
  Shared lock(&world.machine, "lock", false);
  int winners = 0;
  auto body = [&](Thread* t) -> sim::Task<> {
    co_await counter.Add(t, int64_t{1});
    if (co_await lock.Cas(t, false, true)) ++winners;
  };
  for (int i = 0; i < 10; ++i) world.User("t" + std::to_string(i), body);
  world.Run();
  EXPECT_EQ(counter.value(), SharedValue(int64_t{10}));
  EXPECT_EQ(winners, 1);
}

TEST(SharedTest, ValuesKeepTheirType) {
  World world;
  Shared variable(&world.machine, "v", {});
  EXPECT_FALSE(variable.is_number());
  world.User("a", [&](Thread* t) -> sim::Task<> {
    co_await variable.Set(t, std::string("text"));
    EXPECT_FALSE(co_await variable.Cas(t, std::string("other"), true));
    co_await variable.Set(t, int64_t{2});
    EXPECT_EQ(co_await variable.Add(t, 0.5), SharedValue(2.5));
    EXPECT_FALSE(co_await variable.Cas(t, int64_t{2}, true));
    co_await variable.Set(t, INT64_MAX);
    EXPECT_EQ(co_await variable.Add(t, int64_t{1}), SharedValue(INT64_MIN));
  });
  world.Run();
  EXPECT_TRUE(variable.is_number());
}

// An access takes no time but lets others that are ready go first.
TEST(SharedTest, AnAccessIsAStep) {
  World world;
  Shared variable(&world.machine, "v", int64_t{0});
  std::vector<std::string> order;
  auto body = [&](Thread* t) -> sim::Task<> {
    for (int i = 0; i < 2; ++i) {
      co_await variable.Get(t);
      order.push_back(t->name());
    }
  };
  world.User("a", body);
  world.User("b", body);
  world.Run();
  EXPECT_EQ(order, (std::vector<std::string>{"a", "b", "a", "b"}));
  EXPECT_EQ(world.now_ns(), 0);
}

}  // namespace
}  // namespace model
