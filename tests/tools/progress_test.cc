// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/progress.h"

#include <gtest/gtest.h>

namespace tools {
namespace {

// 3 of 12 in 6 s: the 9 to come take 18 s.
TEST(ProgressTest, ALineTellsTheTimeToGo) {
  EXPECT_EQ(ProgressLine(3, 12, "runs", 6, 0), "3/12 runs, 25 %, 6 s, 18 s to go");
  EXPECT_EQ(ProgressLine(0, 12, "runs", 2, 0), "0/12 runs, 0 %, 2 s");
  EXPECT_EQ(ProgressLine(12, 12, "runs", 600, 2), "12/12 runs, 100 %, 10 min, 2 failed");
  EXPECT_EQ(ProgressLine(1, 11, "runs", 3600, 0), "1/11 runs, 9 %, 60 min, 10.0 h to go");
}

}  // namespace
}  // namespace tools
