// SPDX-License-Identifier: Apache-2.0
//
// Writers at a quota and on a full pool (OpenZFS module/zfs/dmu_tx.c:dmu_tx_assign,
// dsl_dir.c:dsl_dir_tempreserve_space).
#include <gtest/gtest.h>

#include "model/dataset/errno.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using sim::SimDuration;

constexpr int64_t kMiB = 1 << 20;

struct QuotaFixture : PoolFixture {
  explicit QuotaFixture(const Settings& settings = {}) : PoolFixture(settings) {
    Make(CreateFilesystem("tank/a"));
  }
  ObjectId Id(std::string_view name) const {
    ObjectId id = 0;
    EXPECT_EQ(pool->tree().Lookup(name, &id), 0);
    return id;
  }
  Load& Write(int64_t size, bool append = false) {
    load =
        std::make_unique<Load>(pool.get(), LoadOptions{.name = "app",
                                                       .size_bytes = size,
                                                       .dataset = "tank/a",
                                                       .append = append,
                                                       .at = sim::SimTime::Start() + SimDuration::Millis(1)});
    load->Start();
    return *load;
  }
  std::unique_ptr<Load> load;
};

sim::Task<> HoldTxgOpen(Thread* thread, Pool* pool) {
  thread->EnterKernel();
  Tx tx;
  co_await pool->Assign(thread, &tx, {});
  co_await thread->SleepFor(SimDuration::Seconds(2), SleepKind::kUninterruptible);
  pool->Commit(&tx, thread);
}

TEST(QuotaTest, AWriterOverItsQuotaGetsEdquot) {
  QuotaFixture f;
  f.pool->tree().Write(f.Id("tank/a"), 320 * kMiB, 0, 1);
  f.Make(SetProperty("tank/a", "quota", "320M"));
  const Load& load = f.Write(kMiB);
  f.RunUntil(SimDuration::Seconds(1));
  EXPECT_EQ(load.figures().ops, 0);
  EXPECT_EQ(load.figures().errors.at(kEDQUOT), 1);
  EXPECT_EQ(f.pool->pipeline().open_txg(), kTxgInitial);  // The error costs no txg.
}

// Empty at first; and with 40 MiB that its writes might go over, but append to.
TEST(QuotaTest, AWriterReachesItsQuotaByWriting) {
  for (const uint64_t extent : {uint64_t{0}, uint64_t{40 * kMiB}}) {
    QuotaFixture f;
    f.pool->tree().Write(f.Id("tank/a"), extent, 0, 1);
    f.pool->tree().SetExtent(f.Id("tank/a"), extent);
    f.Make(SetProperty("tank/a", "quota", "64M"));
    const Load& load = f.Write(kMiB, extent != 0);
    f.RunUntil(SimDuration::Seconds(60));
    ASSERT_EQ(load.figures().errors.count(kEDQUOT), 1U) << extent;
    const auto used = static_cast<int64_t>(f.pool->tree().UsedBytes(f.Id("tank/a")));
    EXPECT_GE(used, 64 * kMiB);
    EXPECT_LT(used, 67 * kMiB);
    EXPECT_LE(load.figures().bytes, used - static_cast<int64_t>(extent));
    EXPECT_GT(load.figures().bytes, used - static_cast<int64_t>(extent) - kMiB);
  }
}

TEST(QuotaTest, AWriterOverItsOwnDataStaysBelowItsQuota) {
  QuotaFixture f;
  f.pool->tree().Write(f.Id("tank/a"), 40 * kMiB, 0, 1);
  f.pool->tree().SetExtent(f.Id("tank/a"), 40 * kMiB);
  f.Make(SetProperty("tank/a", "quota", "64M"));
  const Load& load = f.Write(kMiB);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_TRUE(load.figures().errors.empty());
  EXPECT_GT(load.figures().bytes, 100 * kMiB);
  EXPECT_EQ(f.pool->tree().UsedBytes(f.Id("tank/a")), static_cast<uint64_t>(40 * kMiB));
}

// What may be in flight below a quota is told by spa_asize_inflation: 330 MiB of records that count once.
TEST(QuotaTest, TheWorstCaseOfAWriteIsATunable) {
  PoolFixture::Settings settings;
  settings.tunables.spa_asize_inflation = 1;
  QuotaFixture f(settings);
  f.Make(SetProperty("tank/a", "quota", "320M"));
  f.Write(kMiB);
  f.RunUntil(SimDuration::Millis(900));
  EXPECT_GT(f.pool->pipeline().history().front().ndirty, 110 * 128 << 10);
}

TEST(QuotaTest, AWriterOnAFullPoolGetsEnospc) {
  QuotaFixture f;
  f.pool->tree().Write(f.Id("tank/a"), uint64_t{1} << 40, 0, 1);
  const Load& load = f.Write(kMiB);
  f.RunUntil(SimDuration::Seconds(1));
  EXPECT_EQ(load.figures().errors.at(kENOSPC), 1);
}

// A record of 128 KiB counts as 3 MiB while it is in flight, and up to 320 + 10 MiB may be in flight below a
// quota of 320 MiB. So 110 records go into a txg, 13 writes of 1 MiB and 6 records of the 14th, which waits
// until that is on disk.
TEST(QuotaTest, FarBelowItsQuotaAWriterAlreadyWaitsForTxgs) {
  QuotaFixture f;
  f.Make(SetProperty("tank/a", "quota", "320M"));
  f.pool->tree().SetExtent(f.Id("tank/a"), kMiB);  // Each writes the same.
  const Load& load = f.Write(kMiB);
  f.RunUntil(SimDuration::Millis(500));
  EXPECT_GT(load.figures().ops, 50);
  EXPECT_GT(f.pool->pipeline().synced_txg(), kTxgInitial + 3);
  for (const TxgRow& row : f.pool->pipeline().history()) EXPECT_LE(row.ndirty, 110 * 128 << 10) << row.txg;
  EXPECT_EQ(f.pool->pipeline().history().front().ndirty, 110 * 128 << 10);
  EXPECT_TRUE(load.figures().errors.empty());
}

TEST(QuotaTest, TheWaitForATxgIsUninterruptible) {
  QuotaFixture f;
  f.Make(SetProperty("tank/a", "quota", "320M"));
  f.Run("holder", SimDuration::Nanos(0), [&](Thread* thread) { return HoldTxgOpen(thread, f.pool.get()); });
  const Load& load = f.Write(kMiB);
  f.RunUntil(SimDuration::Seconds(1));
  EXPECT_EQ(load.figures().ops, 13);
  EXPECT_EQ(load.process()->threads().front()->StateLetter(), 'D');
  f.machine.Signal(load.process(), kSigKill);
  f.RunUntil(SimDuration::Millis(1900));
  EXPECT_FALSE(load.process()->ended());
  f.RunUntil(SimDuration::Seconds(3));
  EXPECT_TRUE(load.process()->ended());
}

TEST(QuotaTest, NothingIsInFlightOnceAllIsOnDisk) {
  QuotaFixture f;
  const Load& load = f.Write(kMiB);
  f.RunUntil(SimDuration::Millis(10));
  EXPECT_GT(f.pool->in_flight().Of(f.Id("tank/a")), 0U);
  EXPECT_EQ(f.pool->in_flight().Of(f.Id("tank/a")), f.pool->in_flight().Of(f.Id("tank")));
  f.machine.Signal(load.process(), kSigKill);
  f.RunUntil(SimDuration::Seconds(20));
  EXPECT_EQ(f.pool->in_flight().Of(f.Id("tank")), 0U);
}

}  // namespace
}  // namespace model
