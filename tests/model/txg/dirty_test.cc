// SPDX-License-Identifier: Apache-2.0
#include "model/txg/dirty.h"

#include <gtest/gtest.h>

#include <vector>

namespace model {
namespace {

struct Row {
  int64_t dirty;
  int64_t delay_ns;
};

PoolTunables WithMax(int64_t max) {
  PoolTunables tunables;
  tunables.zfs_dirty_data_max = max;
  return tunables;
}

// dmu_tx.c:dmu_tx_delay with M = 1000: min = 600, t = 500000 * (d - 600) / (1000 - d), at most 100 ms.
TEST(DirtyDelayTest, EqualsTheFormulaAtALimitOfOneThousand) {
  const std::vector<Row> rows = {
      {600, 0},          {601, 1253},       {650, 71428},    {700, 166666},   {750, 300000},
      {800, 500000},     {850, 833333},     {900, 1500000},  {950, 3500000},  {990, 19500000},
      {995, 39500000},   {996, 49500000},   {997, 66166666}, {998, 99500000}, {999, 100000000},
      {1000, 100000000}, {2000, 100000000}, {599, 0},        {0, 0}};
  for (const Row& row : rows) EXPECT_EQ(DirtyDelayNs(row.dirty, WithMax(1000)), row.delay_ns) << row.dirty;
}

TEST(DirtyDelayTest, EqualsTheFormulaAtALimitOfFourGibibytes) {
  const std::vector<Row> rows = {{2576980377, 0},        {2619930050, 12820},    {2791728742, 71428},
                                 {3006477107, 166666},   {3221225472, 300000},   {3435973836, 499999},
                                 {3650722201, 833333},   {3865470566, 1499999},  {4080218931, 3499999},
                                 {4252017623, 19499999}, {4273492459, 39499999}, {4286377361, 99499995},
                                 {4290672328, 100000000}};
  for (const Row& row : rows) {
    EXPECT_EQ(DirtyDelayNs(row.dirty, WithMax(int64_t{4} << 30)), row.delay_ns) << row.dirty;
  }
}

// arc.c:arc_init: 10 % of memory, at most min(4 GiB, 25 %).
TEST(DirtyDelayTest, TheLimitFollowsFromMemory) {
  const std::vector<std::pair<int64_t, int64_t>> rows = {
      {8, 858993459}, {16, 1717986918}, {32, 3435973836}, {40, 4294967296}, {64, 4294967296}};
  for (const auto& [gib, max] : rows) {
    PoolTunables tunables;
    tunables.Resolve(gib << 30);
    EXPECT_EQ(tunables.zfs_dirty_data_max, max) << gib;
  }
}

}  // namespace
}  // namespace model
