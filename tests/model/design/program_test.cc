// SPDX-License-Identifier: Apache-2.0
//
// What `program` does at each step, what others see of it, and what survives.
#include "model/design/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "model/design/oracle.h"
#include "tests/model/design/job_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using ::testing::ElementsAre;

// Calls, each after so many instructions; a body that obeys the limits as the host of Lua does.
class CountedBody final : public JobBody {
 public:
  struct Part {
    int64_t instructions = 0;
    JobStep step;
  };
  explicit CountedBody(std::vector<Part> parts) : parts_(std::move(parts)) {}
  std::unique_ptr<JobRun> NewRun() override {
    class Run final : public JobRun {
     public:
      explicit Run(std::vector<Part> parts) : parts_(parts.begin(), parts.end()) {}
      void Meter(ProgramLimits limits) override { limits_ = limits; }
      int64_t instructions() const override { return count_ / kInstructionTick * kInstructionTick; }
      JobStep Start() override {
        if (parts_.empty()) return {.kind = JobStep::Kind::kDone};
        const Part part = parts_.front();
        parts_.pop_front();
        count_ += part.instructions;
        if (instructions() <= limits_.instructions) return part.step;
        count_ = (limits_.instructions / kInstructionTick + 1) * kInstructionTick;
        return {.kind = JobStep::Kind::kStopped, .error = kETIME, .text = "Timed out."};
      }
      JobStep Resume(const JobAnswer&) override { return Start(); }

     private:
      std::deque<Part> parts_;
      ProgramLimits limits_;
      int64_t count_ = 0;
    };
    return std::make_unique<Run>(parts_);
  }

 private:
  std::vector<Part> parts_;
};

JobStep Step(JobCall call) { return {.kind = JobStep::Kind::kCall, .call = std::move(call)}; }
JobStep ComputeStep(SimDuration span) { return {.kind = JobStep::Kind::kCompute, .compute = span}; }

// Destroys a, uses the core for so long, destroys b.
CountedBody Between(int64_t instructions, SimDuration compute) {
  return CountedBody({{0, Step(Sync(Destroy("tank/vm@a")))},
                      {0, ComputeStep(compute)},
                      {instructions, Step(Sync(Destroy("tank/vm@b")))}});
}

DesignOutcome OutcomeOf(const Job& job) {
  return {.design = DesignKind::kProgram,
          .completed = job.figures().ended,
          .stopped = !job.figures().stopped_by.empty(),
          .result = job.figures().result,
          .exchanges = &job.figures().exchanges};
}

TEST(ProgramTest, IsOneSystemCallOneTxgAndNeverInUserMode) {
  DesignFixture f;
  Job* job = f.AddJob(DesignKind::kProgram, &f.prune, {}, sim::Distribution::Constant(1'000'000'000));
  f.RunUntil(SimDuration::Seconds(10));
  ASSERT_TRUE(job->figures().ended);
  EXPECT_EQ(job->figures().result, 0);
  EXPECT_EQ(job->process()->figures.syscalls, 1);
  EXPECT_EQ(job->process()->figures.txgs, 1);
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("keep_1"));
  const LockClock& clock = job->figures().lock_clock;
  EXPECT_EQ(clock.ns(LockPhase::kUser), 0);
  EXPECT_EQ(clock.ns(LockPhase::kCrossing), 0);
  EXPECT_EQ(clock.ns(LockPhase::kThink), 0);  // No call crosses.
  // The lock twice a txg, five list calls, three checks and three changes.
  const PoolCosts costs;
  EXPECT_EQ(clock.total_ns() - 2 * f.machine.profile().lock_ns,
            5 * costs.list_item_ns + 3 * (costs.sync_task_check_ns + costs.sync_task_apply_ns));
}

TEST(ProgramTest, AnInstructionCostsWhatThePoolSays) {
  DesignFixture f;
  CountedBody body({{1'000'000, Step(Exists("tank/vm"))}});
  Job* job = f.AddJob(DesignKind::kProgram, &body);
  f.RunUntil(SimDuration::Seconds(10));
  const PoolCosts costs;
  EXPECT_EQ(job->figures().instructions, 1'000'000);
  EXPECT_EQ(job->figures().lock_clock.total_ns() - 2 * f.machine.profile().lock_ns,
            1'000'000 * costs.lua_instruction_ns + costs.get_prop_ns);
}

TEST(ProgramTest, ReadsSeeThePresentAndMutationsHaveTheirRealErrno) {
  DesignFixture f;
  CallsBody body({Sync(Destroy("tank/vm@a")), Exists("tank/vm@a"), Sync(TakeSnapshot("tank/no@x")),
                  Sync(Destroy("tank/vm@b"))});
  const DatasetTree start = f.pool->tree();
  const DirectRun direct = RunDirect(&body, start);
  Job* job = f.AddJob(DesignKind::kProgram, &body);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(job->figures().exchanges[1].answer, "false");
  EXPECT_EQ(job->figures().exchanges[2].error, kENOENT);
  EXPECT_EQ(job->figures().result, 0);
  EXPECT_EQ(job->figures().late_errors, 0);
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("keep_1", "c"));
  EXPECT_FALSE(Explain(direct, start, OutcomeOf(*job)).has_value());
}

// All is in one txg, which a second snapshot of the same filesystem cannot be; nothing repeats it.
TEST(ProgramTest, ASecondSnapshotOfOneFilesystemIsRefused) {
  DesignFixture f;
  CallsBody body({Sync(TakeSnapshot("tank/vm@x")), Sync(TakeSnapshot("tank/vm@y"))});
  const DatasetTree start = f.pool->tree();
  const DirectRun direct = RunDirect(&body, start);
  Job* job = f.AddJob(DesignKind::kProgram, &body);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(job->figures().exchanges[1].error, kEAGAIN);
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("a", "b", "keep_1", "c", "x"));
  const auto difference = Explain(direct, start, OutcomeOf(*job));
  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->cause, "same_txg");
}

// A reader waits until the whole task has ended; no txg ends meanwhile.
TEST(ProgramTest, OthersSeeTheWholeTask) {
  DesignFixture f;
  CountedBody body = Between(0, SimDuration::Millis(200));
  f.AddJob(DesignKind::kProgram, &body);
  int64_t done = 0;
  Process* list = f.Type(SimDuration::Millis(2050), "zfs list tank/vm", &done);
  f.RunUntil(SimDuration::Millis(2100));
  EXPECT_EQ(f.SnapshotsLeft().size(), 3u);  // In the tree, but nobody can look.
  EXPECT_EQ(f.pool->pipeline().sync_thread()->StateLetter(), 'R');
  EXPECT_EQ(list->threads().front()->StateLetter(), 'D');
  EXPECT_EQ(f.jobs.front()->process()->threads().front()->StateLetter(), 'S');
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_GT(done, 2'200'000'000);
}

TEST(ProgramTest, APowerCutLeavesAllOrNothing) {
  DesignFixture f({.keep_tree_on_disk = true});
  CountedBody body = Between(0, SimDuration::Millis(200));
  f.AddJob(DesignKind::kProgram, &body);
  int64_t before = 0;
  f.Type(SimDuration::Seconds(1), "zfs snapshot tank@before", &before);  // A txg that is on disk.
  const auto on_disk = [&] {
    const RecoveredPool recovered = f.pool->Recover();
    ObjectId vm = 0;
    EXPECT_EQ(recovered.tree->Lookup("tank/vm", &vm), 0);
    return recovered.tree->DatasetOf(vm).snapshots.size();
  };
  f.RunUntil(SimDuration::Millis(2100));
  EXPECT_EQ(f.SnapshotsLeft().size(), 3u);
  EXPECT_EQ(on_disk(), 4u);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(on_disk(), 2u);
}

TEST(ProgramTest, Trap11AnErrorOfTheBodyKeepsWhatWasDone) {
  DesignFixture f;
  CountedBody body(
      {{0, Step(Sync(Destroy("tank/vm@a")))}, {0, {.kind = JobStep::Kind::kDone, .error = kEIO}}});
  const DatasetTree start = f.pool->tree();
  const DirectRun direct = RunDirect(&body, start);
  Job* job = f.AddJob(DesignKind::kProgram, &body);
  f.RunUntil(SimDuration::Seconds(10));
  // Whatever it was, an error that nobody caught is ECHRNG to the caller.
  EXPECT_EQ(job->figures().result, kECHRNG);
  EXPECT_EQ(job->figures().stopped_by, "EIO was raised and not caught");
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("b", "keep_1", "c"));
  const auto difference = Explain(direct, start, OutcomeOf(*job));
  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->cause, "limit");
  EXPECT_FALSE(ExplainTree(direct, start, OutcomeOf(*job), f.pool->tree()).has_value());
}

// Ends at the first multiple of 100 above the limit; what was done by then stays.
TEST(ProgramTest, TheInstructionLimitEndsItWithEtime) {
  DesignFixture f;
  CountedBody body = Between(5'000, {});
  const DatasetTree start = f.pool->tree();
  const DirectRun direct = RunDirect(&body, start);
  DesignOptions options;
  options.program.limits.instructions = 1'000;
  Job* job = f.AddJob(DesignKind::kProgram, &body, options);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(job->figures().result, kETIME);
  EXPECT_EQ(job->figures().instructions, 1'100);
  EXPECT_EQ(job->figures().stopped_by, "Timed out.");
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("b", "keep_1", "c"));
  const auto difference = Explain(direct, start, OutcomeOf(*job));
  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->cause, "limit");
}

// zcp_synctask.c:zcp_synctask_wrapper counts the room that each call states, those of zfs.check.* too. Of 1
// TiB less the slop there is left what two and a half snapshots state (3 blocks, three times 16 KiB each).
TEST(ProgramTest, Trap15ChecksTakeRoomAsChangesDo) {
  DesignFixture f;
  constexpr uint64_t kTiB = uint64_t{1} << 40;
  constexpr uint64_t kSnapshot = 3 * 3 * 16'384;
  f.pool->tree().Write(f.pool->tree().root(), kTiB - kTiB / 32 - kSnapshot * 5 / 2, 0, 1);
  const JobCall check = {.kind = CallKind::kCheck, .mutation = TakeSnapshot("tank/vm@new")};
  CallsBody body({check, check, check, Sync(Destroy("tank/vm@a"))});
  const DatasetTree start = f.pool->tree();
  const DirectRun direct = RunDirect(&body, start);
  Job* job = f.AddJob(DesignKind::kProgram, &body);
  f.RunUntil(SimDuration::Seconds(10));
  std::vector<int> errors;
  for (const JobFigures::Exchange& exchange : job->figures().exchanges) errors.push_back(exchange.error);
  EXPECT_THAT(errors, ElementsAre(0, 0, kENOSPC, 0));
  const auto difference = Explain(direct, start, OutcomeOf(*job));
  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->index, 2);
  EXPECT_EQ(difference->cause, "interference");
}

// A signal: the caller, until then in S, waits on in D; the program ends at its next 100 instructions, and
// the caller with its txg.
TEST(ProgramTest, ASignalStopsItAtItsNextInstructions) {
  DesignFixture f({.disk_service = SimDuration::Millis(20)});
  CountedBody body = Between(0, SimDuration::Seconds(30));
  Job* job = f.AddJob(DesignKind::kProgram, &body);
  f.RunUntil(SimDuration::Millis(2500));
  Thread* caller = job->process()->threads().front();
  EXPECT_EQ(caller->StateLetter(), 'S');
  f.machine.Signal(job->process(), kSigKill);
  f.RunUntil(SimDuration::Millis(2501));
  EXPECT_EQ(caller->StateLetter(), 'D');
  EXPECT_NE(f.pool->pipeline().sync_thread()->StateLetter(), 'R');  // It writes the txg out.
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_TRUE(job->process()->ended());
  EXPECT_GT(job->process()->kill_to_exit()->ns(), 20'000'000);
  EXPECT_LT(job->process()->kill_to_exit()->ns(), 500'000'000);
  EXPECT_EQ(job->figures().result, kEINTR);
  EXPECT_EQ(job->figures().stopped_by, "Channel program was canceled.");
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("b", "keep_1", "c"));
}

// Fewer than 100 instructions are never looked at: such a program runs to its end.
TEST(ProgramTest, AShortProgramIsNotStopped) {
  for (const int64_t instructions : {99, 100}) {
    DesignFixture f;
    // Another's program is before it, so that the signal comes before it begins.
    CountedBody other({{0, ComputeStep(SimDuration::Millis(500))}});
    f.AddJob(DesignKind::kProgram, &other);
    CountedBody body({{instructions, Step(Sync(Destroy("tank/vm@a")))}});
    Job* job = f.AddJob(DesignKind::kProgram, &body);
    f.RunUntil(SimDuration::Millis(2200));
    EXPECT_EQ(job->process()->threads().front()->StateLetter(), 'S');
    f.machine.Signal(job->process(), kSigKill);
    f.RunUntil(SimDuration::Seconds(10));
    EXPECT_TRUE(job->process()->ended());
    EXPECT_EQ(f.SnapshotsLeft().size(), instructions < 100 ? 3u : 4u);
  }
}

// Administration as any other: it waits until a transaction has ended, in D.
TEST(ProgramTest, AnOpenTransactionKeepsProgramsAndPipelinesOut) {
  for (const DesignKind design : {DesignKind::kProgram, DesignKind::kPipeline}) {
    DesignFixture f;
    CallsBody holder({Exists("tank/vm")});
    f.AddJob(DesignKind::kChannelTx, &holder, {}, sim::Distribution::Constant(1'000'000'000));
    CallsBody body({Sync(Destroy("tank/vm@a"))});
    Job* job = f.AddJob(design, &body);
    f.RunUntil(SimDuration::Millis(2900));
    EXPECT_EQ(job->process()->threads().front()->StateLetter(), 'D');
    EXPECT_EQ(f.SnapshotsLeft().size(), 4u);
    f.RunUntil(SimDuration::Seconds(10));
    EXPECT_EQ(job->figures().result, 0);
    EXPECT_EQ(f.SnapshotsLeft().size(), 3u);
    EXPECT_GT(f.jobs.front()->process()->figures.admin_wait_ns, 900'000'000);
  }
}

// A channel program has zfs.* alone.
TEST(ProgramTest, OtherWordsThatTakeTimeEndIt) {
  DesignFixture f;
  CountedBody body({{0, Step(Sync(Destroy("tank/vm@a")))},
                    {0, {.kind = JobStep::Kind::kAct, .act = [](Thread*) -> sim::Task<> { co_return; }}}});
  Job* job = f.AddJob(DesignKind::kProgram, &body);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(job->figures().result, kECHRNG);
  EXPECT_FALSE(job->figures().stopped_by.empty());
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("b", "keep_1", "c"));
}

DesignOptions WithoutSync() {
  DesignOptions options;
  options.program.sync = false;
  return options;
}

// `zfs program -n`: on the caller, with the config lock as reader all along; no txg is waited for, and no
// txg gets past it.
TEST(ProgramTest, WithoutSyncItHoldsTheConfigLockAsReader) {
  DesignFixture f;
  CountedBody body({{0, Step(Exists("tank/vm"))}, {0, ComputeStep(SimDuration::Seconds(2))}});
  Job* job = f.AddJob(DesignKind::kProgram, &body, WithoutSync());
  int64_t snapshot = 0;
  int64_t list = 0;
  f.Type(SimDuration::Millis(2100), "zfs snapshot tank/vm@x", &snapshot);
  f.Type(SimDuration::Millis(2200), "zfs list tank/vm", &list);
  f.RunUntil(SimDuration::Millis(3000));
  EXPECT_EQ(job->process()->threads().front()->StateLetter(), 'R');
  EXPECT_EQ(f.pool->pipeline().sync_thread()->StateLetter(), 'D');
  EXPECT_EQ(list, 0);  // Behind the writer that waits.
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(job->figures().result, 0);
  EXPECT_EQ(job->process()->figures.txgs, 0);
  EXPECT_GT(snapshot, 4'000'000'000);
  EXPECT_GT(list, 4'000'000'000);
  // txg_sync waited for it for some 1.9 s.
  EXPECT_NEAR(static_cast<double>(job->figures().lock_clock.total_ns()), 1.9e9, 0.01e9);
}

TEST(ProgramTest, WithoutSyncAMutationEndsIt) {
  DesignFixture f;
  CallsBody body({Exists("tank/vm"), Sync(Destroy("tank/vm@a")), Exists("tank/vm")});
  Job* job = f.AddJob(DesignKind::kProgram, &body, WithoutSync());
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(job->figures().result, kECHRNG);
  EXPECT_EQ(job->figures().exchanges.size(), 1u);
  EXPECT_EQ(f.SnapshotsLeft().size(), 4u);
}

TEST(ProgramTest, WithoutSyncASignalEndsItAtOnce) {
  DesignFixture f;
  CountedBody body({{0, ComputeStep(SimDuration::Seconds(30))}});
  Job* job = f.AddJob(DesignKind::kProgram, &body, WithoutSync());
  f.RunUntil(SimDuration::Millis(2500));
  f.machine.Signal(job->process(), kSigKill);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_TRUE(job->process()->ended());
  EXPECT_LT(job->process()->kill_to_exit()->ns(), 5'000'000);
}

}  // namespace
}  // namespace model
