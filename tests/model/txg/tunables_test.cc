// SPDX-License-Identifier: Apache-2.0
#include "model/txg/tunables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace model {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kGiB = int64_t{1} << 30;

// A tenth of memory, at most 4 GiB; see OpenZFS arc.c:arc_init.
TEST(TunablesTest, LimitsFollowFromMemory) {
  struct Row {
    int64_t memory;
    int64_t dirty_max;
  };
  for (const auto& [memory, dirty_max] : {Row{8 * kGiB, 858'993'459}, Row{16 * kGiB, 1'717'986'918},
                                          Row{32 * kGiB, 3'435'973'836}, Row{64 * kGiB, 4'294'967'296}}) {
    PoolTunables tunables;
    tunables.Resolve(memory);
    EXPECT_EQ(tunables.zfs_dirty_data_max, dirty_max);
    EXPECT_EQ(tunables.zfs_wrlog_data_max, 2 * dirty_max);
  }
  PoolTunables set;
  set.zfs_dirty_data_max = kGiB;
  set.Resolve(8 * kGiB);
  EXPECT_EQ(set.zfs_dirty_data_max, kGiB);
  EXPECT_EQ(set.zfs_wrlog_data_max, 2 * kGiB);
}

TEST(TunablesTest, EachHasARangeThatHasItsDefault) {
  const PoolTunables defaults;
  std::set<std::string_view> names;
  for (const TunableInfo& tunable : Tunables()) {
    EXPECT_TRUE(names.insert(tunable.name).second) << tunable.name;
    EXPECT_FALSE(tunable.about.empty()) << tunable.name;
    int64_t value = defaults.*tunable.field;
    if (tunable.unit == TunableUnit::kSeconds) value /= 1'000'000'000;
    // 0 stands for "from memory".
    if (value != 0) {
      EXPECT_GE(value, tunable.min) << tunable.name;
    }
    EXPECT_LE(value, tunable.max) << tunable.name;
    EXPECT_EQ(FindTunable(tunable.name), &tunable);
    EXPECT_THAT(TunablesReference(), HasSubstr("| `" + std::string(tunable.name) + "`"));
  }
}

TEST(TunablesTest, ARangeIsToldInTheUnit) {
  EXPECT_EQ(TunableRangeText(*FindTunable("zfs_txg_timeout")), "1 to 3600 s");
  EXPECT_EQ(TunableRangeText(*FindTunable("zfs_deadman_failmode")), "wait, continue, panic");
  EXPECT_EQ(TunableFieldValue(*FindTunable("zfs_txg_timeout"), 5), 5'000'000'000);
}

}  // namespace
}  // namespace model
