// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/block_ledger.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

BlockLedger Ledger(std::initializer_list<std::pair<ObjectId, uint64_t>> entries) {
  BlockLedger ledger;
  for (const auto& [birth, bytes] : entries) ledger.Add(birth, bytes);
  return ledger;
}

TEST(BlockLedgerTest, TakesByBirth) {
  BlockLedger ledger = Ledger({{0, 5}, {3, 7}, {8, 1}});
  EXPECT_EQ(ledger.Total(), 13u);
  EXPECT_EQ(ledger.TotalFrom(3), 8u);
  EXPECT_THAT(ledger.TakeFrom(4).bytes(), ElementsAre(Pair(8, 1)));
  EXPECT_THAT(ledger.TakeBefore(3).bytes(), ElementsAre(Pair(0, 5)));
  EXPECT_THAT(ledger.bytes(), ElementsAre(Pair(3, 7)));
}

TEST(BlockLedgerTest, TakesEvenlyAndExactly) {
  // Of 3 + 5 + 4 = 12 bytes 6 are taken. Running sums 3, 8, 12 give floor(6 * sum / 12) = 1, 4, 6.
  BlockLedger ledger = Ledger({{0, 3}, {3, 5}, {8, 4}});
  EXPECT_THAT(ledger.TakeEvenly(6).bytes(), ElementsAre(Pair(0, 1), Pair(3, 3), Pair(8, 2)));
  EXPECT_THAT(ledger.bytes(), ElementsAre(Pair(0, 2), Pair(3, 2), Pair(8, 2)));
}

TEST(BlockLedgerTest, TakesNoMoreThanThereIs) {
  BlockLedger ledger = Ledger({{0, 3}, {3, 5}});
  EXPECT_EQ(ledger.TakeEvenly(100).Total(), 8u);
  EXPECT_TRUE(ledger.empty());
  EXPECT_TRUE(ledger.TakeEvenly(1).empty());
}

TEST(BlockLedgerTest, SharesOfLargeFiguresDoNotOverflow) {
  const uint64_t half = uint64_t{1} << 62;
  BlockLedger ledger = Ledger({{0, half}, {3, half}});
  EXPECT_THAT(ledger.TakeEvenly(half).bytes(), ElementsAre(Pair(0, half / 2), Pair(3, half / 2)));
}

TEST(BlockLedgerTest, SubtractsEntryByEntryAndKeepsNoZero) {
  BlockLedger ledger = Ledger({{0, 5}, {3, 7}});
  ledger.Subtract(Ledger({{0, 5}, {3, 2}}));
  EXPECT_THAT(ledger.bytes(), ElementsAre(Pair(3, 5)));
  ledger.Add(4, 0);
  EXPECT_THAT(ledger.bytes(), ElementsAre(Pair(3, 5)));
}

}  // namespace
}  // namespace model
