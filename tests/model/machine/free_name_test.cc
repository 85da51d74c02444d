// SPDX-License-Identifier: Apache-2.0
#include "model/machine/free_name.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace model {
namespace {

std::string Free(const std::vector<std::string>& taken) {
  FreeName free("k");
  for (const std::string& name : taken) free.Taken(name);
  return free.Get();
}

TEST(FreeNameTest, ItIsTheFirstThatNobodyHas) {
  EXPECT_EQ(Free({}), "k");
  EXPECT_EQ(Free({"k"}), "k/2");
  EXPECT_EQ(Free({"k/3", "k", "k/2"}), "k/4");
  EXPECT_EQ(Free({"k", "k/3"}), "k/2");
  EXPECT_EQ(Free({"k/2"}), "k");
}

TEST(FreeNameTest, NamesOfOthersAreNotInTheWay) {
  EXPECT_EQ(Free({"kk", "k2", "k/", "k/x", "k/02", "k/2x", "/k", "k/99999999999999999999"}), "k");
  EXPECT_EQ(Free({"k", "k/1x", "k/2/3"}), "k/2");
}

}  // namespace
}  // namespace model
