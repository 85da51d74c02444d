// SPDX-License-Identifier: Apache-2.0
#include "sim/arena.h"

#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sim {
namespace {

// 3,000 frames of up to 4,096 bytes are some 6 MB: pages of several chunks.
TEST(FrameArenaTest, ANumberStandsForItsFrame) {
  FrameArena arena;
  std::vector<std::pair<void*, size_t>> frames;
  std::set<uint32_t> numbers;
  for (size_t i = 0; i < 3000; ++i) {
    const size_t bytes = 1 + i * 37 % 4096;
    void* frame = arena.Allocate(bytes);
    frames.emplace_back(frame, bytes);
    const uint32_t number = arena.NumberOf(frame);
    EXPECT_TRUE(numbers.insert(number).second);
    EXPECT_LT(number, uint32_t{1} << 31);
    EXPECT_EQ(arena.FrameAt(number), frame);
  }
  for (const auto& [frame, bytes] : frames) arena.Free(frame, bytes);
  EXPECT_EQ(arena.live(), 0u);
}

TEST(FrameArenaTest, AVeryLargeFrameHasNoNumber) {
  FrameArena arena;
  for (const size_t bytes : {size_t{4097}, size_t{1} << 20}) {
    void* frame = arena.Allocate(bytes);
    EXPECT_EQ(arena.NumberOf(frame), FrameArena::kNoNumber);
    arena.Free(frame, bytes);
  }
  EXPECT_EQ(arena.live(), 0u);
}

}  // namespace
}  // namespace sim
