// SPDX-License-Identifier: Apache-2.0
#include "sim/choice.h"

#include <array>
#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Distribution kLatency = Distribution::Exponential(1'000'000);

TEST(ChoiceTest, TheDefaultIsOptionZeroAndADrawByTheSeed) {
  Chooser chooser({.seed = 5});
  Site site = chooser.MakeSite("wake", "lock", "signal");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(chooser.Choose(site, 4), 0u);
  EXPECT_EQ(site.count, 10u);
  Site disk = chooser.MakeSite("latency", "disk0", "service");
  const uint64_t key = SiteKey("latency", "disk0", "service");
  for (uint64_t k = 0; k < 10; ++k) {
    EXPECT_EQ(chooser.Draw(disk, kLatency), kLatency.Quantile(UniformFromBits(Prf(5, key, k))));
  }
  EXPECT_THAT(chooser.schedule().deviations, IsEmpty());
}

TEST(ChoiceTest, NominalDrawsAreTheMedian) {
  Chooser chooser({.seed = 5, .nominal = true});
  Site site = chooser.MakeSite("latency", "disk0", "service");
  // ln 2 * 1e6 = 693147.18
  for (int i = 0; i < 3; ++i) EXPECT_EQ(chooser.Draw(site, kLatency), 693'147);
  EXPECT_EQ(ToText(chooser.schedule()), "base nominal\n");
}

TEST(ChoiceTest, FifoStrategyDoesWhatNoStrategyDoes) {
  FifoStrategy fifo;
  Chooser with({.seed = 5, .strategy = &fifo});
  Chooser without({.seed = 5});
  Site a = with.MakeSite("latency", "disk0", "service");
  Site b = without.MakeSite("latency", "disk0", "service");
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(with.Choose(a, 3), without.Choose(b, 3));
    ASSERT_EQ(with.Draw(a, kLatency), without.Draw(b, kLatency));
  }
  EXPECT_EQ(with.schedule(), without.schedule());
}

TEST(ChoiceTest, RandomStrategyTakesEveryOptionEquallyOften) {
  RandomStrategy random(1);
  Chooser chooser({.strategy = &random});
  Site site = chooser.MakeSite("wake", "lock", "signal");
  std::array<int, 3> counts{};
  for (int i = 0; i < 30'000; ++i) ++counts[chooser.Choose(site, 3)];
  // Standard deviation sqrt(30000 * 1/3 * 2/3) = 82.
  for (int count : counts) EXPECT_NEAR(count, 10'000, 5 * 82);
}

TEST(ChoiceTest, AnotherSiteDoesNotChangeTheChoicesOfTheFirst) {
  RandomStrategy random(1);
  Chooser alone({.strategy = &random});
  Chooser together({.strategy = &random});
  Site site = alone.MakeSite("wake", "lock", "signal");
  Site same = together.MakeSite("wake", "lock", "signal");
  Site other = together.MakeSite("wake", "lock2", "signal");
  for (int i = 0; i < 100; ++i) {
    together.Choose(other, 7);
    ASSERT_EQ(together.Choose(same, 5), alone.Choose(site, 5));
  }
}

// A little run: three sites of choices, one of draws, one ordering decision a step.
std::vector<int64_t> RunOf(Chooser& chooser) {
  Site wake = chooser.MakeSite("wake", "lock", "signal");
  Site pick = chooser.MakeSite("pick", "cpu 0", "next thread");
  Site disk = chooser.MakeSite("latency", "disk0", "service");
  const uint64_t quiesce = chooser.MakeEventKey("txg_sync", "quiesce");
  const uint64_t lock = chooser.MakeEventKey("zfs_ioctl:12", "lock(dp)");
  std::vector<int64_t> results;
  for (uint32_t i = 0; i < 8; ++i) {
    results.push_back(chooser.Choose(wake, 3));
    results.push_back(chooser.Choose(pick, 2));
    results.push_back(chooser.Draw(disk, kLatency));
    const EventKey candidates[] = {{quiesce, i}, {lock, i}, {lock, i + 1}};
    results.push_back(chooser.PickNext(candidates));
  }
  return results;
}

TEST(ChoiceTest, ARunPrintsTheScheduleThatRepeatsIt) {
  RandomStrategy random(3);
  Chooser first({.seed = 9, .strategy = &random});
  const std::vector<int64_t> expected = RunOf(first);
  const Schedule schedule = ParseSchedule(ToText(first.schedule())).value();
  EXPECT_EQ(schedule, first.schedule());
  ASSERT_GT(schedule.deviations.size(), 5u);

  ReplayStrategy replay(schedule.deviations);
  Chooser second({.seed = schedule.seed, .nominal = schedule.nominal, .strategy = &replay});
  EXPECT_EQ(RunOf(second), expected);
  EXPECT_THAT(replay.Unmatched(), IsEmpty());
  EXPECT_EQ(ToText(second.schedule()), ToText(first.schedule()));
}

TEST(ChoiceTest, WithoutNamesARunRepeatsToo) {
  RandomStrategy random(3);
  Chooser first({.seed = 9, .strategy = &random, .keep_names = false});
  const std::vector<int64_t> expected = RunOf(first);
  EXPECT_NE(ToText(first.schedule()).find(" 0x"), std::string::npos);
  ReplayStrategy replay(ParseSchedule(ToText(first.schedule())).value().deviations);
  Chooser second({.seed = 9, .strategy = &replay});
  EXPECT_EQ(RunOf(second), expected);
  EXPECT_NE(ToText(second.schedule()).find("lock(dp)"), std::string::npos);
}

TEST(ChoiceTest, ADrawCanBeSetToAPoint) {
  ReplayStrategy replay(ParseSchedule("draw latency disk0 service #1 = max").value().deviations);
  Chooser chooser({.nominal = true, .strategy = &replay});
  Site site = chooser.MakeSite("latency", "disk0", "service");
  EXPECT_EQ(chooser.Draw(site, kLatency), 693'147);
  EXPECT_EQ(chooser.Draw(site, kLatency), kLatency.Quantile(QuantilePoint::kMax));
  EXPECT_EQ(ToText(chooser.schedule()), "base nominal\ndraw latency disk0 service #1 = max\n");
}

TEST(ChoiceTest, DeviationsThatNeverCameUpAreReported) {
  const Schedule schedule = ParseSchedule(
                                "choose wake lock signal #0 = 1\n"
                                "choose wake lock signal #1 = 5\n"
                                "choose wake gone signal #0 = 1\n"
                                "at a step #0 take b step #0\n")
                                .value();
  ReplayStrategy replay(schedule.deviations);
  Chooser chooser({.strategy = &replay});
  Site site = chooser.MakeSite("wake", "lock", "signal");
  EXPECT_EQ(chooser.Choose(site, 2), 1u);
  EXPECT_EQ(chooser.Choose(site, 2), 0u);  // There is no option 5 of 2.
  const EventKey candidates[] = {{EventNameKey("a", "step"), 0}, {EventNameKey("c", "step"), 0}};
  EXPECT_EQ(chooser.PickNext(candidates), 0u);  // b is not among the candidates.
  EXPECT_THAT(replay.Unmatched(),
              ElementsAre(schedule.deviations[1], schedule.deviations[2], schedule.deviations[3]));
}

TEST(ChoiceTest, OrderDeviationsMatchByNameAndCount) {
  const EventKey a{EventNameKey("a", "step"), 2};
  const EventKey b{EventNameKey("b", "step"), 1};
  const EventKey c{EventNameKey("c", "step"), 0};
  const Deviation take_c = ParseSchedule("at a step #2 take c step #0").value().deviations[0];
  EXPECT_EQ(MatchOrder(take_c, std::vector<EventKey>{a, b, c}), 2u);
  EXPECT_EQ(MatchOrder(take_c, std::vector<EventKey>{a, c, b}), 1u);
  EXPECT_EQ(MatchOrder(take_c, std::vector<EventKey>{b, a, c}), std::nullopt);
  EXPECT_EQ(MatchOrder(take_c, std::vector<EventKey>{a, b}), std::nullopt);
  EXPECT_EQ(MatchOrder(take_c, std::vector<EventKey>{a, b, {c.key, 1}}), std::nullopt);
  EXPECT_EQ(MatchOrder(take_c, std::vector<EventKey>{}), std::nullopt);
}

}  // namespace
}  // namespace sim
