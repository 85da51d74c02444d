// SPDX-License-Identifier: Apache-2.0
#include "sim/deviation.h"

#include <string>

#include "gtest/gtest.h"

namespace sim {
namespace {

std::string ErrorOf(std::string_view text) { return std::string(ParseSchedule(text).status().message()); }

constexpr std::string_view kExample =
    "base seed=42\n"
    "choose wake dp_config/readers signal #4 = 2\n"
    "draw latency disk0 service #17 = p99\n"
    "at txg_sync quiesce #4 take zfs_ioctl:12 lock(dp) #1\n";

TEST(DeviationTest, TheExampleOfTheHeadParses) {
  const Schedule schedule = ParseSchedule(kExample).value();
  EXPECT_FALSE(schedule.nominal);
  EXPECT_EQ(schedule.seed, 42u);
  ASSERT_EQ(schedule.deviations.size(), 3u);
  const Deviation& choose = schedule.deviations[0];
  EXPECT_EQ(choose.kind, Deviation::Kind::kChoose);
  EXPECT_EQ(choose.where, (EventKey{SiteKey("wake", "dp_config/readers", "signal"), 4}));
  EXPECT_EQ(choose.choice, 2u);
  const Deviation& draw = schedule.deviations[1];
  EXPECT_EQ(draw.kind, Deviation::Kind::kDraw);
  EXPECT_EQ(draw.where, (EventKey{SiteKey("latency", "disk0", "service"), 17}));
  EXPECT_EQ(draw.point, QuantilePoint::kP99);
  const Deviation& order = schedule.deviations[2];
  EXPECT_EQ(order.kind, Deviation::Kind::kOrder);
  EXPECT_EQ(order.where, (EventKey{EventNameKey("txg_sync", "quiesce"), 4}));
  EXPECT_EQ(order.taken, (EventKey{EventNameKey("zfs_ioctl:12", "lock(dp)"), 1}));
}

TEST(DeviationTest, TextSurvivesARoundTrip) {
  EXPECT_EQ(ToText(ParseSchedule(kExample).value()), kExample);
  EXPECT_EQ(ToText(ParseSchedule("base nominal\n").value()), "base nominal\n");
}

TEST(DeviationTest, NamesWithSpacesPercentsOrNothingSurvive) {
  for (const std::string name :
       {"", "a b", "100%", "%41", "tab\there", "0x12", "#4", "=", "d\xc3\xa9j\xc3\xa0"}) {
    Schedule schedule;
    schedule.deviations.push_back({.kind = Deviation::Kind::kChoose,
                                   .where = {SiteKey(name, name, name), 1},
                                   .choice = 3,
                                   .where_name = SiteName(name, name, name)});
    const std::string text = ToText(schedule);
    const absl::StatusOr<Schedule> parsed = ParseSchedule(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, schedule) << text;
    EXPECT_EQ(ToText(*parsed), text);
  }
}

TEST(DeviationTest, ANameThatWasNotKeptIsWrittenAsItsKey) {
  Schedule schedule;
  schedule.deviations.push_back(
      {.kind = Deviation::Kind::kOrder, .where = {0xabc, 4}, .taken = {~uint64_t{0}, 1}});
  const std::string text = "base seed=0\nat 0x0000000000000abc #4 take 0xffffffffffffffff #1\n";
  EXPECT_EQ(ToText(schedule), text);
  EXPECT_EQ(ParseSchedule(text).value(), schedule);
}

TEST(DeviationTest, CommentsAndEmptyLinesMeanNothing) {
  const Schedule schedule = ParseSchedule("# found by chance\n\nbase seed=7\n\n# end").value();
  EXPECT_EQ(schedule.seed, 7u);
  EXPECT_TRUE(schedule.deviations.empty());
}

TEST(DeviationTest, ErrorsNameLineTextAndWhatIsAccepted) {
  EXPECT_EQ(ErrorOf("base seed=1\nchose a b c #0 = 1\n"),
            "line 2: 'chose a b c #0 = 1' is no line of a schedule; accepted: 'base seed=N', 'base nominal', "
            "'choose KIND PATH LABEL #K = N', 'draw KIND PATH LABEL #K = POINT', "
            "'at ACTOR OPERATION #K take ACTOR OPERATION #K'");
  EXPECT_EQ(ErrorOf("base seed=1\nbase seed=2\n"), "line 2: 'base seed=2' is a second base; accepted: one");
}

TEST(DeviationTest, MalformedLinesAreRefused) {
  for (const char* line : {"base",
                           "base seed=",
                           "base seed=-1",
                           "base seed=18446744073709551616",
                           "base nominal now",
                           "choose a b #0 = 1",
                           "choose a b c 0 = 1",
                           "choose a b c #0 = x",
                           "choose a b c #0 = 1 2",
                           "choose a b c #0 = 4294967296",
                           "choose a  c #0 = 1",
                           "choose a %2 c #0 = 1",
                           "choose a %zz c #0 = 1",
                           "choose 0x #0 = 1",
                           "choose 0xg #0 = 1",
                           "draw a b c #0 = p95",
                           "draw a b c #0",
                           "at a b #0",
                           "at a b #0 take c #1",
                           "take a b #0"}) {
    EXPECT_FALSE(ParseSchedule(line).ok()) << line;
  }
  EXPECT_TRUE(ParseSchedule("base seed=18446744073709551615").ok());
  EXPECT_TRUE(ParseSchedule("choose a b c #0 = 4294967295").ok());
}

}  // namespace
}  // namespace sim
