// SPDX-License-Identifier: Apache-2.0
#include "sim/ready_queue.h"

#include "gtest/gtest.h"

namespace sim {
namespace {

// Bursts that fill no block, some small ones, and large ones of up to 2 MiB; each is read to some rest before
// the next one comes.
TEST(ReadyQueueTest, WhatIsPushedPopsInItsOrder) {
  ReadyQueue queue;
  uintptr_t pushed = 0;
  uintptr_t popped = 0;
  for (const size_t burst : {3, 1000, 10, 600'000, 1, 5000, 300'000, 2}) {
    for (size_t i = 0; i < burst; ++i) queue.Push(++pushed);
    ASSERT_EQ(queue.size(), pushed - popped);
    while (pushed - popped > burst % 7) ASSERT_EQ(queue.Pop(), ++popped);
    ASSERT_EQ(queue.size(), pushed - popped);
    ASSERT_EQ(queue.empty(), pushed == popped);
  }
}

TEST(ReadyQueueTest, WhatPopsLaterIsKnownAhead) {
  ReadyQueue queue;
  for (uintptr_t i = 1; i <= 10'000; ++i) queue.Push(i);
  int known = 0;
  for (uintptr_t i = 1; i <= 9'000; ++i) {
    const uintptr_t ahead = queue.Hint();
    if (ahead != 0) {
      ASSERT_EQ(ahead, i + 2);
      ++known;
    }
    ASSERT_EQ(queue.Pop(), i);
  }
  EXPECT_GT(known, 8'900);
}

}  // namespace
}  // namespace sim
