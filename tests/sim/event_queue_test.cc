// SPDX-License-Identifier: Apache-2.0
//
// The queue against a naive reference (a std::set of {time, push number}) over random histories, and the
// promises of its head comment one by one.
#include "sim/event_queue.h"

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sim {
namespace {

SimTime At(int64_t ns) { return SimTime::FromNanos(ns); }

// A small generator for the tests' own decisions.
class TestRandom {
 public:
  explicit TestRandom(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return state_ >> 33;
  }
  uint64_t Below(uint64_t n) { return Next() % n; }

 private:
  uint64_t state_;
};

TEST(EventQueueTest, EventsPopInOrderOfTime) {
  EventQueue queue;
  for (int64_t t : {30, 10, 20}) queue.Push(At(t), static_cast<uintptr_t>(t));
  SimTime due;
  for (int64_t t : {10, 20, 30}) {
    EXPECT_EQ(queue.top_time(), At(t));
    EXPECT_EQ(queue.Pop(&due), static_cast<uintptr_t>(t));
    EXPECT_EQ(due, At(t));
  }
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueueTest, EventsDueTogetherPopInPushOrder) {
  EventQueue queue;
  for (uintptr_t i = 0; i < 1000; ++i) queue.Push(At(7), i);
  SimTime due;
  for (uintptr_t i = 0; i < 1000; ++i) EXPECT_EQ(queue.Pop(&due), i);
}

TEST(EventQueueTest, AnEmptyQueueIsNeverDue) {
  EventQueue queue;
  EXPECT_EQ(queue.top_time(), SimTime::Max());
  queue.Push(SimTime::Max(), 1);
  EXPECT_FALSE(queue.empty());
  SimTime due;
  EXPECT_EQ(queue.Pop(&due), 1u);
  EXPECT_EQ(due, SimTime::Max());
}

TEST(EventQueueTest, ACancelledEventNeverPops) {
  EventQueue queue;
  queue.Push(At(1), 1);
  const EventId two = queue.Push(At(2), 2);
  queue.Push(At(3), 3);
  EXPECT_TRUE(queue.Pending(two));
  EXPECT_TRUE(queue.Cancel(two));
  EXPECT_FALSE(queue.Pending(two));
  EXPECT_FALSE(queue.Cancel(two));
  EXPECT_EQ(queue.size(), 2u);
  SimTime due;
  EXPECT_EQ(queue.Pop(&due), 1u);
  EXPECT_EQ(queue.Pop(&due), 3u);
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueueTest, CancellingTheEarliestMovesTheTop) {
  EventQueue queue;
  const EventId first = queue.Push(At(1), 1);
  queue.Push(At(5), 5);
  EXPECT_TRUE(queue.Cancel(first));
  EXPECT_EQ(queue.top_time(), At(5));
}

TEST(EventQueueTest, StaleIdsAreHarmlessWhenTheirSlotIsUsedAgain) {
  EventQueue queue;
  SimTime due;
  const EventId old_id = queue.Push(At(1), 1);
  queue.Pop(&due);
  const EventId new_id = queue.Push(At(2), 2);
  EXPECT_EQ(new_id.slot, old_id.slot);
  EXPECT_FALSE(queue.Cancel(old_id));
  EXPECT_FALSE(queue.Cancel(EventId{}));
  EXPECT_FALSE(EventId{}.valid());
  EXPECT_TRUE(new_id.valid());
  EXPECT_FALSE(queue.Cancel(EventId{1u << 20, 1}));
  EXPECT_TRUE(queue.Pending(new_id));
}

// 200 events, of which 190 are cancelled: the dead keys are dropped at once when they are 101, and what is
// left fits in a heap.
TEST(EventQueueTest, TheFewThatSurviveAManyFoldCancellationPopInOrder) {
  EventQueue queue;
  std::vector<EventId> ids;
  for (uintptr_t i = 0; i < 200; ++i) ids.push_back(queue.Push(At(1000 - static_cast<int64_t>(i)), i));
  for (size_t i = 0; i < 200; ++i) {
    if (i % 20 == 7) continue;
    EXPECT_TRUE(queue.Cancel(ids[i]));
  }
  EXPECT_EQ(queue.size(), 10u);
  SimTime due;
  for (int left = 9; left >= 0; --left) {
    EXPECT_EQ(queue.Pop(&due), static_cast<uintptr_t>(20 * left + 7));
  }
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueueTest, PayloadsAheadAreThoseThatPopLater) {
  EventQueue queue;
  for (uintptr_t i = 1; i <= 1000; ++i) queue.Push(At(static_cast<int64_t>(i) * 10), i);
  int known = 0;
  SimTime due;
  for (uintptr_t i = 1; i <= 1000; ++i) {
    const uintptr_t ahead = queue.Hint();
    if (ahead != 0) {
      ASSERT_EQ(ahead, i + 2);
      ++known;
    }
    ASSERT_EQ(queue.Pop(&due), i);
  }
  EXPECT_GT(known, 500);
}

// Every second event is a frame, among them some that have no number.
TEST(EventQueueTest, FramesPopInTheirPlace) {
  FrameArena arena;
  EventQueue queue(&arena);
  const auto bytes_of = [](int i) { return i % 100 == 1 ? size_t{5000} : size_t{100}; };
  std::vector<uintptr_t> expected;
  for (int i = 0; i < 1000; ++i) {
    if (i % 2 == 0) {
      expected.push_back(static_cast<uintptr_t>(i));
      queue.Push(At(i / 10), expected.back());
    } else {
      void* frame = arena.Allocate(bytes_of(i));
      expected.push_back(reinterpret_cast<uintptr_t>(frame));
      queue.PushFrame(At(i / 10), frame);
    }
  }
  EXPECT_EQ(queue.size(), 1000u);
  SimTime due;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(queue.Pop(&due), expected[static_cast<size_t>(i)]);
    ASSERT_EQ(due, At(i / 10));
    if (i % 2 == 1) arena.Free(reinterpret_cast<void*>(expected[static_cast<size_t>(i)]), bytes_of(i));
  }
  EXPECT_TRUE(queue.empty());
}

// Runs `steps` random operations and compares each answer with the reference. `draw_delay` gives the time
// from the last pop to a new event's due time.
template <typename DrawDelay>
void CompareWithReference(uint64_t seed, int steps, size_t target, uint64_t cancel_percent,
                          DrawDelay draw_delay, uint32_t first_sequence = 0) {
  TestRandom random(seed);
  EventQueue queue(nullptr, first_sequence);
  std::set<std::pair<int64_t, uint64_t>> reference;
  std::vector<std::pair<EventId, std::pair<int64_t, uint64_t>>> ids;
  uint64_t pushes = 0;
  int64_t now = 0;
  for (int step = 0; step < steps; ++step) {
    // The wanted size swings between nothing and twice the target, so that every structure comes and goes.
    const size_t wanted = target * ((step / (2 * target + 1)) % 3);
    const bool push = reference.empty() || random.Below(100) < (reference.size() < wanted ? 80u : 20u);
    if (push) {
      const int64_t due = now + draw_delay(random);
      ids.push_back({queue.Push(At(due), pushes), {due, pushes}});
      reference.insert({due, pushes++});
    } else if (random.Below(100) < cancel_percent) {
      const size_t pick = random.Below(ids.size());
      const bool pending = reference.erase(ids[pick].second) == 1;
      ASSERT_EQ(queue.Pending(ids[pick].first), pending);
      ASSERT_EQ(queue.Cancel(ids[pick].first), pending);
      ids[pick] = ids.back();
      ids.pop_back();
    } else {
      const auto expected = *reference.begin();
      reference.erase(reference.begin());
      ASSERT_EQ(queue.top_time(), At(expected.first));
      SimTime due;
      ASSERT_EQ(queue.Pop(&due), expected.second) << "seed " << seed << " step " << step;
      ASSERT_EQ(due, At(expected.first));
      now = expected.first;
    }
    // Looking may move keys about, so it is done now and then only.
    if (random.Below(3) == 0) {
      ASSERT_EQ(queue.top_time(), reference.empty() ? SimTime::Max() : At(reference.begin()->first));
    }
    ASSERT_EQ(queue.size(), reference.size());
    ASSERT_EQ(queue.empty(), reference.empty());
  }
  for (const auto& [due_ns, number] : reference) {
    SimTime due;
    ASSERT_EQ(queue.Pop(&due), number);
    ASSERT_EQ(due, At(due_ns));
  }
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.top_time(), SimTime::Max());
}

struct Shape {
  const char* name;
  int64_t (*draw)(TestRandom&);
};
void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

const Shape kShapes[] = {
    {"AllEqual", [](TestRandom&) -> int64_t { return 0; }},
    {"FewValues", [](TestRandom& r) -> int64_t { return static_cast<int64_t>(r.Below(3)); }},
    {"Uniform", [](TestRandom& r) -> int64_t { return static_cast<int64_t>(r.Below(1'000'000)); }},
    {"PowersOfTwo", [](TestRandom& r) -> int64_t { return int64_t{1} << r.Below(50); }},
    {"MostlyNowSomeFar",
     [](TestRandom& r) -> int64_t {
       return r.Below(100) < 97 ? static_cast<int64_t>(r.Below(4)) : 1'000'000'000;
     }},
    {"NowOrLongAfter",
     [](TestRandom& r) -> int64_t {
       return r.Below(2) == 0 ? static_cast<int64_t>(r.Below(1000))
                              : (int64_t{1} << 42) + static_cast<int64_t>(r.Next());
     }},
    {"SamePointAhead", [](TestRandom&) -> int64_t { return 1000; }},
    {"DenseClusters",
     [](TestRandom& r) -> int64_t { return static_cast<int64_t>(r.Below(8) * 1'000'000'000 + r.Below(16)); }},
};

class EventQueueShapeTest : public testing::TestWithParam<Shape> {};

TEST_P(EventQueueShapeTest, PopsAsTheReferenceDoesWhenSmall) {
  for (uint64_t seed = 0; seed < 20; ++seed) CompareWithReference(seed, 4000, 40, 10, GetParam().draw);
}

TEST_P(EventQueueShapeTest, PopsAsTheReferenceDoesWhenLarge) {
  CompareWithReference(1, 150'000, 12'000, 0, GetParam().draw);
  CompareWithReference(2, 150'000, 12'000, 40, GetParam().draw);
}

// The numbers begin anew with thousands of events pending, some of them cancelled.
TEST_P(EventQueueShapeTest, PopsAsTheReferenceDoesWhenTheSequenceNumbersRunOut) {
  for (const uint32_t left : {0u, 1u, 9'000u, 20'000u}) {
    CompareWithReference(6, 60'000, 5'000, 30, GetParam().draw, ~uint32_t{0} - left);
  }
}

TEST_P(EventQueueShapeTest, PopsAsTheReferenceDoesWhenMostAreCancelled) {
  CompareWithReference(3, 60'000, 3'000, 90, GetParam().draw);
}

INSTANTIATE_TEST_SUITE_P(Shapes, EventQueueShapeTest, testing::ValuesIn(kShapes),
                         [](const auto& shape) { return shape.param.name; });

// Events a year ahead are looked at, which brings them near; then many are pushed before them.
TEST(EventQueueTest, EventsPushedBeforeWhatWasBroughtNearPopFirst) {
  constexpr int64_t kYear = int64_t{1} << 55;
  EventQueue queue;
  for (uintptr_t i = 0; i < 5000; ++i)
    queue.Push(At(kYear + static_cast<int64_t>(i) * 1'000'000), 100'000 + i);
  EXPECT_EQ(queue.top_time(), At(kYear));
  for (uintptr_t i = 0; i < 20'000; ++i) {
    queue.Push(At(static_cast<int64_t>((i * 7919) % 20'000)), (i * 7919) % 20'000);
    if (i % 100 == 0) queue.top_time();
  }
  SimTime due;
  for (uintptr_t i = 0; i < 20'000; ++i) ASSERT_EQ(queue.Pop(&due), i);
  for (uintptr_t i = 0; i < 5000; ++i) ASSERT_EQ(queue.Pop(&due), 100'000 + i);
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueueTest, AMillionEventsPopInOrder) {
  TestRandom random(5);
  EventQueue queue;
  for (uintptr_t i = 0; i < 1'000'000; ++i) queue.Push(At(static_cast<int64_t>(random.Below(1u << 30))), i);
  SimTime last;
  SimTime due;
  for (int i = 0; i < 1'000'000; ++i) {
    queue.Pop(&due);
    ASSERT_LE(last, due);
    last = due;
  }
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace sim
