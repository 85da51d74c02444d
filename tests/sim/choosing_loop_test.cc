// SPDX-License-Identifier: Apache-2.0
#include "sim/choosing_loop.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>

namespace sim {
namespace {

using testing::ElementsAre;

SimTime At(int64_t ns) { return SimTime::FromNanos(ns); }

// A handler with a name of its own that notes when it ran.
struct Step : EventHandler {
  Step(std::vector<std::string>* trace, Simulation* run, std::string text)
      : EventHandler([](EventHandler* self) { static_cast<Step*>(self)->Note(); }),
        trace_(trace),
        simulation(run),
        name(std::move(text)) {}
  void Note() { trace_->push_back(name + "@" + std::to_string(simulation->now().ns())); }

  std::vector<std::string>* trace_;
  Simulation* simulation;
  std::string name;
};

class StepNames final : public EventNames {
 public:
  explicit StepNames(Chooser* chooser) : chooser_(chooser) {}
  uint64_t NameOf(const PromiseBase&) override { return chooser_->MakeEventKey("task", "resume"); }
  uint64_t NameOf(const EventHandler& handler) override {
    const std::string& name = static_cast<const Step&>(handler).name;
    return name.starts_with("-") ? 0 : chooser_->MakeEventKey(name, "step");
  }

 private:
  Chooser* chooser_;
};

// Takes the last candidate every time.
class LastStrategy final : public Strategy {
 public:
  uint32_t Choose(const EventKey&, uint32_t) override { return 0; }
  std::optional<QuantilePoint> Draw(const EventKey&) override { return std::nullopt; }
  uint32_t PickNext(std::span<const EventKey> candidates) override {
    return static_cast<uint32_t>(candidates.size() - 1);
  }
};

// Runs steps "a", "b" ... due at the given times under a strategy, and returns the trace.
struct Outcome {
  std::vector<std::string> trace;
  std::vector<std::string> late;
  Schedule schedule;
};

Outcome RunSteps(const std::vector<std::pair<std::string, int64_t>>& due, int64_t slack, Strategy* strategy) {
  Outcome outcome;
  Chooser chooser({.strategy = strategy});
  StepNames names(&chooser);
  Simulation simulation;
  simulation.ChooseOrder({.chooser = &chooser,
                          .names = &names,
                          .slack = SimDuration::Nanos(slack),
                          .on_late = [&outcome](const EventKey&, SimTime at) {
                            outcome.late.push_back("due " + std::to_string(at.ns()));
                          }});
  std::vector<std::unique_ptr<Step>> steps;
  for (const auto& [name, at] : due) {
    steps.push_back(std::make_unique<Step>(&outcome.trace, &simulation, name));
    simulation.CallAt(At(at), steps.back().get());
  }
  EXPECT_EQ(simulation.Run(), Simulation::End::kIdle);
  EXPECT_EQ(simulation.pending(), 0u);
  outcome.schedule = chooser.schedule();
  return outcome;
}

TEST(ChoosingLoopTest, WithoutSlackOnlyTiesArePermuted) {
  LastStrategy last;
  const Outcome outcome = RunSteps({{"a", 10}, {"b", 10}, {"c", 11}}, 0, &last);
  EXPECT_THAT(outcome.trace, ElementsAre("b@10", "a@10", "c@11"));
  EXPECT_THAT(outcome.late, ElementsAre());
}

// b is within 5 of a and goes first, at its own time; a runs then, 3 late; c was out of reach.
TEST(ChoosingLoopTest, AnEventWithinSlackMayGoFirstAndWhatItPassesRunsLate) {
  LastStrategy last;
  const Outcome outcome = RunSteps({{"a", 10}, {"b", 13}, {"c", 16}}, 5, &last);
  EXPECT_THAT(outcome.trace, ElementsAre("b@13", "a@13", "c@16"));
  EXPECT_THAT(outcome.late, ElementsAre("due 10"));
}

// a could be passed for ever by events that keep coming; 15 is as late as it gets.
TEST(ChoosingLoopTest, NoEventIsLaterThanSlack) {
  LastStrategy last;
  const Outcome outcome =
      RunSteps({{"a", 10}, {"b", 12}, {"c", 14}, {"d", 15}, {"e", 16}, {"f", 18}}, 5, &last);
  EXPECT_THAT(outcome.trace, ElementsAre("d@15", "c@15", "b@15", "a@15", "f@18", "e@18"));
}

TEST(ChoosingLoopTest, AnEventWithoutANameKeepsItsPlace) {
  LastStrategy last;
  const Outcome outcome = RunSteps({{"-timer", 10}, {"a", 10}, {"-tick", 11}, {"b", 12}}, 5, &last);
  EXPECT_THAT(outcome.trace, ElementsAre("-timer@10", "b@12", "a@12", "-tick@12"));
}

TEST(ChoosingLoopTest, AScheduleOfOrdersRepeatsTheRun) {
  const std::vector<std::pair<std::string, int64_t>> due = {{"a", 10}, {"b", 12}, {"a", 13}, {"c", 14}};
  LastStrategy last;
  const Outcome first = RunSteps(due, 3, &last);
  const absl::StatusOr<Schedule> schedule = ParseSchedule(ToText(first.schedule));
  ASSERT_TRUE(schedule.ok());
  ASSERT_FALSE(schedule->deviations.empty());
  ReplayStrategy replay(schedule->deviations);
  const Outcome second = RunSteps(due, 3, &replay);
  EXPECT_EQ(second.trace, first.trace);
  EXPECT_TRUE(replay.Unmatched().empty());
}

// A task that wakes others, sleeps, and cancels, as the seed says.
Task<> Wander(Simulation* simulation, std::vector<std::string>* trace, int id,
              std::vector<std::unique_ptr<Step>>* steps, std::vector<EventId>* ids) {
  for (uint64_t k = 0; k < 40; ++k) {
    const uint64_t bits = Prf(7, static_cast<uint64_t>(id), k);
    trace->push_back(std::to_string(id) + "@" + std::to_string(simulation->now().ns()));
    steps->push_back(std::make_unique<Step>(trace, simulation, "s" + std::to_string(id)));
    ids->push_back(
        simulation->CallAfter(SimDuration::Nanos(static_cast<int64_t>(bits % 4)), steps->back().get()));
    if (bits % 3 == 0) simulation->Cancel((*ids)[(bits >> 8) % ids->size()]);
    if (bits % 5 == 0) simulation->CallReady(steps->back().get());
    co_await simulation->Sleep(SimDuration::Nanos(static_cast<int64_t>((bits >> 4) % 3)));
  }
}

std::vector<std::string> WanderTrace(bool choosing) {
  std::vector<std::string> trace;
  FifoStrategy fifo;
  Chooser chooser({.strategy = &fifo});
  StepNames names(&chooser);
  std::vector<std::unique_ptr<Step>> steps;
  std::vector<EventId> ids;
  Simulation simulation;
  const Simulation::Scope scope(&simulation);
  if (choosing) {
    simulation.ChooseOrder(
        {.chooser = &chooser, .names = &names, .slack = SimDuration::Nanos(2), .on_late = {}});
  }
  for (int id = 0; id < 8; ++id) simulation.Spawn(Wander(&simulation, &trace, id, &steps, &ids));
  EXPECT_EQ(simulation.Run(At(20)), Simulation::End::kUntil);
  trace.push_back("pending " + std::to_string(simulation.pending()));
  EXPECT_EQ(simulation.Run(), Simulation::End::kIdle);
  trace.push_back("events " + std::to_string(simulation.events()));
  return trace;
}

TEST(ChoosingLoopTest, BothLoopsGiveOneOrder) { EXPECT_EQ(WanderTrace(true), WanderTrace(false)); }

}  // namespace
}  // namespace sim
