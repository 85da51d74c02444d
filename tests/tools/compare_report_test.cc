// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/txgsim/report/compare_reasons.h"
#include "tools/txgsim/report/compare_semantics.h"

namespace tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kMs = 1'000'000;

struct Figures {
  int64_t latency = 0;
  int64_t user = 0;
  int64_t kernel = 0;
  int64_t txgs = 1;
  std::string result = "0";
};

Json Single(int64_t value) { return {{"count", 1}, {"median", value}, {"min", value}, {"max", value}}; }

// Of a comparison: what the sentences are made from.
Json Comparison(const std::vector<std::pair<std::string, Figures>>& designs) {
  Json compare = {{"job", "prune"}, {"repeats", 1}, {"direct_result", "0"}, {"same_tree", true}};
  compare["semantics"] = Json::object();
  for (const auto& [name, figures] : designs) {
    Json& run = compare["designs"][name];
    run["jobs"]["prune"] = {{"result_text", figures.result}};
    run["phases"] = {{"latency_ns", Single(figures.latency)},
                     {"cpu_user_ns", Single(figures.user)},
                     {"cpu_kernel_ns", Single(figures.kernel)},
                     {"syscalls", Single(10)},
                     {"txgs", Single(figures.txgs)}};
  }
  return compare;
}

// More of everything, but most of all of its own time.
TEST(CompareReasonsTest, TheReasonIsWhatHasGrownMost) {
  const Json compare = Comparison({{"channel_tx", {.latency = 180 * kMs, .user = 150 * kMs, .kernel = kMs}},
                                   {"pipeline", {.latency = 40 * kMs, .kernel = 25 * kMs}},
                                   {"ioctl", {.latency = 60 * kMs, .txgs = 8}},
                                   {"callback", {.latency = 30 * kMs}},
                                   {"program", {.latency = 10 * kMs}}});
  EXPECT_THAT(
      ReasonsFor(compare),
      ElementsAre("channel_tx: 18 times as long as program: 150 ms more in user mode, think time included",
                  HasSubstr("pipeline: 4.0 times as long as program: 25.0 ms more in the kernel"),
                  "ioctl: 6.0 times as long as program: it waits for 8 txgs, program for 1",
                  "callback: 3.0 times as long as program: it waits 20.0 ms longer"));
}

TEST(CompareReasonsTest, AJobThatFailedIsNoRecord) {
  const Json compare = Comparison({{"ioctl", {.latency = 20 * kMs}},
                                   {"channel_tx", {.latency = kMs, .result = "ETIMEDOUT"}},
                                   {"program", {.latency = 19 * kMs}}});
  EXPECT_THAT(ReasonsFor(compare),
              ElementsAre("channel_tx: the job ends with ETIMEDOUT, on the dataset model alone with 0"));
}

TEST(CompareSemanticsTest, EveryDesignIsCountedAndEqualDifferencesAreOneLine) {
  Json compare =
      Comparison({{"ioctl", {}}, {"pipeline", {}}, {"channel_tx", {}}, {"ring", {}}, {"program", {}}});
  compare["designs"]["ring"]["jobs"]["prune"].erase("result_text");
  const Json late = {
      {"call", "zfs.sync"}, {"index", 2}, {"direct", "EEXIST"}, {"got", "0"}, {"cause", "deferred_errno"}};
  compare["semantics"]["pipeline"] = late;
  compare["semantics"]["channel_tx"] = late;
  compare["not_deferrable_because"] = "zfs.sync fails";
  const std::string text = SemanticsText(compare, Style(false));
  EXPECT_EQ(text,
            "deferrable: no, because zfs.sync fails\n"
            "agree with direct, tree included: 2 of 5; differ for a known cause: 2; did not end: 1\n"
            "  pipeline, channel_tx: call 2 zfs.sync: direct has EEXIST, here 0; cause: deferred_errno\n");
  compare["semantics"]["pipeline"]["cause"] = "";
  EXPECT_THAT(SemanticsText(compare, Style(false)), HasSubstr("did not end: 1; differ for none: 1\n"));
  compare.erase("same_tree");
  EXPECT_EQ(SemanticsText(compare, Style(false)), "");
}

}  // namespace
}  // namespace tools
