// SPDX-License-Identifier: Apache-2.0
#include "sim/simulation.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sim {
namespace {

using ::testing::ElementsAre;

// Calls a function when it is due.
struct Action : EventHandler {
  explicit Action(std::function<void()> what)
      : EventHandler([](EventHandler* self) { static_cast<Action*>(self)->function(); }),
        function(std::move(what)) {}
  std::function<void()> function;
};

struct Note : Action {
  Note(std::vector<std::string>* lines, const std::string& line)
      : Action([lines, line] { lines->push_back(line); }) {}
};

Task<> WriteAfter(Simulation* simulation, std::vector<std::string>* log, std::string text, SimDuration span) {
  co_await simulation->Sleep(span);
  log->push_back(std::move(text));
}

class SimulationTest : public ::testing::Test {
 protected:
  Simulation simulation_;
  Simulation::Scope scope_{&simulation_};
  std::vector<std::string> log_;
};

TEST_F(SimulationTest, EventsRunByTimeThenByOrderOfScheduling) {
  Note a(&log_, "a"), b(&log_, "b"), c(&log_, "c");
  simulation_.CallAfter(SimDuration::Micros(2), &c);
  simulation_.CallAfter(SimDuration::Micros(1), &a);
  simulation_.CallAfter(SimDuration::Micros(1), &b);
  EXPECT_EQ(simulation_.Run(), Simulation::End::kIdle);
  EXPECT_THAT(log_, ElementsAre("a", "b", "c"));
  EXPECT_EQ(simulation_.now().ns(), 2'000);
  EXPECT_EQ(simulation_.events(), 3u);
}

// Two events are due at 1 us. The first one wakes something now; what was in the
// queue before that goes first.
TEST_F(SimulationTest, WhatIsWokenNowGoesAfterWhatWasDueNow) {
  Note woken(&log_, "woken"), due(&log_, "due");
  Action waker([&] { simulation_.CallReady(&woken); });
  simulation_.CallAfter(SimDuration::Micros(1), &waker);
  simulation_.CallAfter(SimDuration::Micros(1), &due);
  simulation_.Run();
  EXPECT_THAT(log_, ElementsAre("due", "woken"));
}

TEST_F(SimulationTest, TheReadyQueueIsFirstInFirstOutAndGrows) {
  std::vector<std::string> expected;
  for (int i = 0; i < 3000; ++i) {
    expected.push_back(std::to_string(i));
    simulation_.Spawn(WriteAfter(&simulation_, &log_, std::to_string(i), SimDuration::Nanos(0)));
  }
  EXPECT_EQ(simulation_.pending(), 3000u);
  simulation_.Run();
  EXPECT_EQ(log_, expected);
  EXPECT_EQ(simulation_.now(), SimTime::Start());
}

// Ended tasks leave gaps in the list of roots, which is closed up when there are many.
TEST_F(SimulationTest, TasksThatAreLeftAreDestroyedNewestFirstHoweverManyEnded) {
  struct AtEnd {
    std::vector<std::string>* log;
    std::string text;
    ~AtEnd() { log->push_back(text); }
  };
  struct Body {
    static Task<> Wait(Simulation* simulation, std::vector<std::string>* log, int number) {
      AtEnd at_end{log, std::to_string(number)};
      co_await simulation->Sleep(SimDuration::Seconds(1));
    }
  };
  for (int i = 0; i < 1000; ++i) {
    if (i % 250 == 100) {
      simulation_.Spawn(Body::Wait(&simulation_, &log_, i));
    } else {
      simulation_.Spawn(WriteAfter(&simulation_, &log_, "short", SimDuration::Nanos(i % 3)));
    }
  }
  simulation_.Run(SimTime::FromNanos(1000));
  EXPECT_EQ(log_.size(), 996u);
  EXPECT_EQ(simulation_.live_frames(), 4u);
  log_.clear();
  simulation_.DestroyTasks();
  EXPECT_THAT(log_, ElementsAre("850", "600", "350", "100"));
}

TEST_F(SimulationTest, ASleepOfZeroLetsTheOthersGoFirst) {
  struct Body {
    static Task<> Twice(Simulation* simulation, std::vector<std::string>* log, std::string name) {
      log->push_back(name + "1");
      co_await simulation->Sleep({});
      log->push_back(name + "2");
    }
  };
  simulation_.Spawn(Body::Twice(&simulation_, &log_, "a"));
  simulation_.Spawn(Body::Twice(&simulation_, &log_, "b"));
  simulation_.Run();
  EXPECT_THAT(log_, ElementsAre("a1", "b1", "a2", "b2"));
}

TEST_F(SimulationTest, ACancelledEventDoesNotRun) {
  Note a(&log_, "a"), b(&log_, "b");
  const EventId id = simulation_.CallAfter(SimDuration::Micros(1), &a);
  simulation_.CallAfter(SimDuration::Micros(2), &b);
  EXPECT_TRUE(simulation_.Cancel(id));
  EXPECT_FALSE(simulation_.Cancel(id));
  simulation_.Run();
  EXPECT_THAT(log_, ElementsAre("b"));
}

TEST_F(SimulationTest, RunStopsAtTheGivenTimeAndGoesOnLater) {
  Note a(&log_, "a"), b(&log_, "b");
  simulation_.CallAfter(SimDuration::Micros(1), &a);
  simulation_.CallAfter(SimDuration::Micros(5), &b);
  EXPECT_EQ(simulation_.Run(SimTime::FromNanos(3'000)), Simulation::End::kUntil);
  EXPECT_THAT(log_, ElementsAre("a"));
  EXPECT_EQ(simulation_.now().ns(), 1'000);
  simulation_.AdvanceTo(SimTime::FromNanos(3'000));
  EXPECT_EQ(simulation_.now().ns(), 3'000);
  EXPECT_EQ(simulation_.Run(), Simulation::End::kIdle);
  EXPECT_THAT(log_, ElementsAre("a", "b"));
}

TEST_F(SimulationTest, StopEndsTheRunAfterTheEventAtHand) {
  Action stopper([&] { simulation_.Stop(); });
  Note later(&log_, "later");
  simulation_.CallReady(&stopper);
  simulation_.CallReady(&later);
  EXPECT_EQ(simulation_.Run(), Simulation::End::kStopped);
  EXPECT_TRUE(log_.empty());
  EXPECT_EQ(simulation_.Run(), Simulation::End::kIdle);
  EXPECT_THAT(log_, ElementsAre("later"));
}

TEST_F(SimulationTest, SeveralSimulationsOfOneThreadDoNotMeet) {
  Simulation other;
  {
    Simulation::Scope scope(&other);
    other.Spawn(WriteAfter(&other, &log_, "other", SimDuration::Micros(1)));
  }
  simulation_.Spawn(WriteAfter(&simulation_, &log_, "mine", SimDuration::Micros(2)));
  EXPECT_EQ(Current(), &simulation_);
  simulation_.Run();
  EXPECT_THAT(log_, ElementsAre("mine"));
  other.Run();
  EXPECT_THAT(log_, ElementsAre("mine", "other"));
  EXPECT_EQ(other.now().ns(), 1'000);
}

}  // namespace
}  // namespace sim
