// SPDX-License-Identifier: Apache-2.0
//
// What `pipeline` does at each step, what others see of it, and what survives.
#include "model/design/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/design/oracle.h"
#include "tests/model/design/job_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using ::testing::ElementsAre;

// a, b and c go, each by a recorded mutation.
CallsBody ThreeDestroys() {
  return CallsBody({Sync(Destroy("tank/vm@a")), Sync(Destroy("tank/vm@b")), Sync(Destroy("tank/vm@c"))});
}

DesignOptions Batch(int64_t n) {
  DesignOptions options;
  options.pipeline.batch = n;
  return options;
}

TEST(PipelineTest, ABatchIsOneIoctlAndOneTxg) {
  DesignFixture f;
  CallsBody body = ThreeDestroys();
  Job* job = f.AddJob(DesignKind::kPipeline, &body);
  f.RunUntil(SimDuration::Seconds(10));
  ASSERT_TRUE(job->figures().ended);
  EXPECT_EQ(job->figures().result, 0);
  EXPECT_EQ(job->process()->figures.syscalls, 1);  // The mutations cost none.
  EXPECT_EQ(job->process()->figures.txgs, 1);
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("keep_1"));
  EXPECT_EQ(job->figures().lock_clock.ns(LockPhase::kCrossing), 0);
  EXPECT_EQ(job->figures().lock_clock.ns(LockPhase::kUser), 0);
  EXPECT_GT(job->figures().lock_clock.ns(LockPhase::kReadCpu), 0);
}

// Two and one: two ioctls, each waits for a txg of its own.
TEST(PipelineTest, BatchesOfTwoAreTwoIoctls) {
  DesignFixture f;
  CallsBody body = ThreeDestroys();
  Job* job = f.AddJob(DesignKind::kPipeline, &body, Batch(2));
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(job->process()->figures.syscalls, 2);
  EXPECT_EQ(job->process()->figures.txgs, 2);
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("keep_1"));
}

// Only reads cross, so only before them the job thinks.
TEST(PipelineTest, ThinksBeforeReadsAlone) {
  DesignFixture f;
  CallsBody body({Exists("tank/vm"), Sync(Destroy("tank/vm@a")), Sync(Destroy("tank/vm@b"))});
  Job* job = f.AddJob(DesignKind::kPipeline, &body, {}, sim::Distribution::Constant(1'000'000'000));
  f.RunUntil(SimDuration::Millis(2900));
  EXPECT_EQ(job->figures().exchanges.size(), 0u);
  f.RunUntil(SimDuration::Millis(3500));
  EXPECT_TRUE(job->figures().ended);
}

TEST(PipelineTest, ReadsNeverSeeWhatWasRecorded) {
  DesignFixture f;
  CallsBody body({Sync(Destroy("tank/vm@a")), Exists("tank/vm@a")});
  const DatasetTree start = f.pool->tree();
  const DirectRun direct = RunDirect(&body, start);
  Job* job = f.AddJob(DesignKind::kPipeline, &body);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_TRUE(job->figures().exchanges[0].recorded);
  EXPECT_EQ(job->figures().exchanges[1].answer, "true");
  const auto difference =
      Explain(direct, start,
              {.design = DesignKind::kPipeline, .completed = true, .exchanges = &job->figures().exchanges});
  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->cause, "own_mutation");
}

TEST(PipelineTest, ASyntaxErrorIsToldAtOnceAndAnyOtherLate) {
  DesignFixture f;
  CallsBody body({Sync(TakeSnapshot("tank/vm@/")), Sync(Destroy("tank/vm@a")),
                  Sync(TakeSnapshot("tank/vm@b")),  // Exists.
                  Sync(TakeSnapshot("tank/no@x")),  // Of nothing.
                  Sync(Destroy("tank/vm@c"))});
  const DatasetTree start = f.pool->tree();
  const DirectRun direct = RunDirect(&body, start);
  Job* job = f.AddJob(DesignKind::kPipeline, &body);
  f.RunUntil(SimDuration::Seconds(10));
  const auto& exchanges = job->figures().exchanges;
  EXPECT_EQ(exchanges[0].error, kEINVAL);
  EXPECT_EQ(exchanges[2].error, 0);
  EXPECT_EQ(exchanges[3].error, 0);
  EXPECT_EQ(job->figures().late_errors, 2);
  EXPECT_EQ(job->figures().result, kEEXIST);                   // The first of the list.
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("b", "keep_1"));  // An error does not stop the rest.
  const auto difference =
      Explain(direct, start, {.design = DesignKind::kPipeline, .completed = true, .exchanges = &exchanges});
  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->index, 2);
  EXPECT_EQ(difference->cause, "deferred_errno");
}

// The second snapshot of one filesystem comes two txgs after the first; the job is told nothing of it.
TEST(PipelineTest, EagainIsRepeatedTwoTxgsLater) {
  DesignFixture f;
  CallsBody body(
      {Sync(TakeSnapshot("tank/vm@x")), Sync(TakeSnapshot("tank/vm@y")), Sync(Destroy("tank/vm@a"))});
  Job* job = f.AddJob(DesignKind::kPipeline, &body);
  f.RunUntil(SimDuration::Seconds(10));
  ASSERT_EQ(job->figures().result, 0);
  EXPECT_EQ(job->figures().late_errors, 0);
  ObjectId x = 0, y = 0;
  ASSERT_EQ(f.pool->tree().Lookup("tank/vm@x", &x), 0);
  ASSERT_EQ(f.pool->tree().Lookup("tank/vm@y", &y), 0);
  // Waits for its txg, and for that + TXG_DEFER_SIZE; the next is open then.
  EXPECT_EQ(f.pool->tree().SnapshotOf(y).created.txg,
            f.pool->tree().SnapshotOf(x).created.txg + kTxgDeferSize + 1);
  EXPECT_EQ(job->process()->figures.txgs, 3);
  EXPECT_EQ(job->process()->figures.syscalls, 1);
}

// What the others see: the config lock drops between two tasks, so a reader that waits for it gets in.
TEST(PipelineTest, OthersSeeItTaskByTask) {
  DesignFixture f;
  std::vector<JobCall> calls;
  for (int i = 0; i < 40; ++i) calls.push_back(Sync(CreateFilesystem("tank/vm/" + std::to_string(i))));
  CallsBody body(calls);
  f.AddJob(DesignKind::kPipeline, &body);
  std::vector<int> seen;
  struct Reader {
    static sim::Task<> Run(Thread* thread, Pool* pool, std::vector<int>* seen) {
      for (int k = 0; k < 2000; ++k) {
        thread->EnterKernel();
        co_await pool->config_lock().Read(thread);
        ObjectId vm = 0;
        pool->tree().Lookup("tank/vm", &vm);
        seen->push_back(static_cast<int>(pool->tree().DatasetOf(vm).children.size()));
        pool->config_lock().Unlock(thread);
        co_await thread->ReturnToUser();
        co_await thread->SleepFor(SimDuration::Micros(20), SleepKind::kInterruptible);
      }
    }
  };
  f.Run("reader", SimDuration::Millis(2000), [&](Thread* t) { return Reader::Run(t, f.pool.get(), &seen); });
  f.RunUntil(SimDuration::Seconds(10));
  int between = 0;
  for (int count : seen) between += count > 0 && count < 40 ? 1 : 0;
  EXPECT_GT(between, 3);
  EXPECT_EQ(seen.back(), 40);
}

TEST(PipelineTest, APowerCutLeavesAllOfABatchOrNothing) {
  for (const bool after : {false, true}) {
    DesignFixture f({.keep_tree_on_disk = true});
    CallsBody body = ThreeDestroys();
    Job* job = f.AddJob(DesignKind::kPipeline, &body);
    int64_t before = 0;
    f.Type(SimDuration::Seconds(1), "zfs snapshot tank@before", &before);  // A txg that is on disk.
    // Before the uberblock is written, or when the job has been told.
    SimDuration at = SimDuration::Seconds(2);
    while (f.SnapshotsLeft().size() > 1) f.RunUntil(at += SimDuration::Micros(20));
    ASSERT_FALSE(job->figures().ended);
    if (after) f.RunUntil(SimDuration::Seconds(10));
    const RecoveredPool recovered = f.pool->Recover();
    ObjectId vm = 0;
    ASSERT_EQ(recovered.tree->Lookup("tank/vm", &vm), 0);
    EXPECT_EQ(recovered.tree->DatasetOf(vm).snapshots.size(), after ? 1u : 4u);
  }
}

TEST(PipelineTest, KilledBeforeTheFlushNothingWasDone) {
  DesignFixture f;
  CallsBody body({Sync(Destroy("tank/vm@a")), Exists("tank/vm")});
  Job* job = f.AddJob(DesignKind::kPipeline, &body, {}, sim::Distribution::Constant(1'000'000'000));
  f.RunUntil(SimDuration::Millis(2500));
  EXPECT_EQ(job->figures().exchanges.size(), 1u);
  f.machine.Signal(job->process(), kSigKill);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_TRUE(job->process()->ended());
  EXPECT_LT(job->process()->kill_to_exit()->ns(), 10'000'000);
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("a", "b", "keep_1", "c"));
}

// In D: the batch that was sent is done, and the process dies behind it; the next is never sent.
TEST(PipelineTest, KilledAfterTheFlushThatBatchIsDone) {
  for (const int64_t batch : {0, 2}) {
    DesignFixture f({.disk_service = SimDuration::Millis(20)});
    CallsBody body = ThreeDestroys();
    Job* job = f.AddJob(DesignKind::kPipeline, &body, Batch(batch));
    f.RunUntil(SimDuration::Millis(2005));
    EXPECT_EQ(job->process()->threads().front()->StateLetter(), 'D');
    f.machine.Signal(job->process(), kSigKill);
    f.RunUntil(SimDuration::Millis(2010));
    EXPECT_FALSE(job->process()->ended());
    f.RunUntil(SimDuration::Seconds(10));
    EXPECT_TRUE(job->process()->ended());
    if (batch == 0) {
      EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("keep_1"));
    } else {
      EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("keep_1", "c"));
    }
  }
}

// An error of the body: what was not sent is dropped. Then the tree differs from direct's, rightly.
TEST(PipelineTest, AnErrorOfTheBodyDropsWhatWasRecorded) {
  DesignFixture f;
  class FailingBody final : public JobBody {
   public:
    std::unique_ptr<JobRun> NewRun() override {
      class Run final : public JobRun {
        JobStep Start() override {
          return {.kind = JobStep::Kind::kCall, .call = Sync(Destroy("tank/vm@a"))};
        }
        JobStep Resume(const JobAnswer&) override { return {.kind = JobStep::Kind::kDone, .error = kEIO}; }
      };
      return std::make_unique<Run>();
    }
  } body;
  const DatasetTree start = f.pool->tree();
  const DirectRun direct = RunDirect(&body, start);
  Job* job = f.AddJob(DesignKind::kPipeline, &body);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(job->figures().result, kEIO);
  EXPECT_EQ(job->process()->figures.syscalls, 0);
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("a", "b", "keep_1", "c"));
  const DesignOutcome outcome{.design = DesignKind::kPipeline,
                              .completed = true,
                              .result = kEIO,
                              .exchanges = &job->figures().exchanges};
  EXPECT_FALSE(Explain(direct, start, outcome).has_value());
  const auto difference = ExplainTree(direct, start, outcome, f.pool->tree());
  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->cause, "atomic_error");
}

TEST(PipelineTest, ASuspendedPoolRefusesTheBatch) {
  DesignFixture f;
  CallsBody body = ThreeDestroys();
  Job* job = f.AddJob(DesignKind::kPipeline, &body);
  f.RunUntil(SimDuration::Millis(1900));
  f.pool->Suspend(SuspendReason::kIoError);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(job->figures().result, kEAGAIN);
  EXPECT_EQ(job->figures().late_errors, 3);
}

}  // namespace
}  // namespace model
