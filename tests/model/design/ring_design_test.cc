// SPDX-License-Identifier: Apache-2.0
//
// The design `ring`, cell by cell of the tables in docs/model/designs.md.
#include "model/design/ring_design.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/dataset/tree_digest.h"
#include "model/design/oracle.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

JobStep Do(JobCall call) { return {.kind = JobStep::Kind::kCall, .call = std::move(call)}; }
JobStep Change(Mutation mutation) { return Do({.kind = CallKind::kSync, .mutation = std::move(mutation)}); }
JobStep Exists(std::string name) { return Do({.kind = CallKind::kExists, .dataset = std::move(name)}); }
JobStep FirstSnapshot() {
  return Do({.kind = CallKind::kList, .list = ListKind::kSnapshots, .dataset = "tank/vm"});
}
JobStep Compute(SimDuration span) { return {.kind = JobStep::Kind::kCompute, .compute = span}; }
JobStep Raise(int error) { return {.kind = JobStep::Kind::kDone, .error = error}; }

// These steps, whatever the answers.
class StepsBody final : public JobBody {
 public:
  explicit StepsBody(std::vector<JobStep> steps) : steps_(std::move(steps)) {}
  std::unique_ptr<JobRun> NewRun() override { return std::make_unique<Steps>(&steps_); }

 private:
  class Steps final : public JobRun {
   public:
    explicit Steps(const std::vector<JobStep>* steps) : steps_(steps) {}
    JobStep Start() override { return next_ < steps_->size() ? (*steps_)[next_++] : Raise(0); }
    JobStep Resume(const JobAnswer&) override { return Start(); }

   private:
    const std::vector<JobStep>* steps_;
    size_t next_ = 0;
  };
  std::vector<JobStep> steps_;
};

// tank/vm with the snapshots a, b, c and d, and tank/other with s; the job begins at 2 s.
class RingDesignTest : public ::testing::Test, public PoolFixture {
 protected:
  RingDesignTest() {
    Make(CreateFilesystem("tank/vm"));
    Make(CreateFilesystem("tank/other"));
    for (const char* name : {"vm@a", "vm@b", "vm@c", "vm@d", "other@s"})
      Make(TakeSnapshot(std::string("tank/") + name));
  }
  ~RingDesignTest() override { simulation.DestroyTasks(); }

  Job* Start(std::vector<JobStep> steps, DesignKind design = DesignKind::kRing) {
    body_ = std::make_unique<StepsBody>(std::move(steps));
    start_ = std::make_unique<DatasetTree>(pool->tree());
    JobOptions job;
    job.name = "job";
    job.at = sim::SimTime::Start() + SimDuration::Seconds(2);
    job.design = design;
    job.options = options_;
    job_ = std::make_unique<Job>(&module, pool.get(), nullptr, job, body_.get());
    job_->Start();
    return job_.get();
  }
  std::vector<std::string> Answers() const {
    std::vector<std::string> answers;
    for (const auto& exchange : job_->figures().exchanges) answers.push_back(exchange.answer);
    return answers;
  }
  std::vector<std::string> Snapshots() {
    std::vector<std::string> names;
    ObjectId vm = 0;
    if (pool->tree().Lookup("tank/vm", &vm) != 0) return names;
    for (const auto& [id, snapshot] : pool->tree().DatasetOf(vm).snapshots) names.push_back(snapshot.name);
    return names;
  }
  // The cause of the first difference from direct; "none".
  std::string Cause() {
    const DirectRun direct = RunDirect(body_.get(), *start_);
    const DesignOutcome outcome{.design = DesignKind::kRing,
                                .completed = job_->figures().ended,
                                .result = job_->figures().result,
                                .exchanges = &job_->figures().exchanges,
                                .applied = &job_->figures().applied};
    const auto difference = Explain(direct, *start_, outcome);
    return difference ? difference->cause : "none";
  }
  bool SameTree() {
    const DirectRun direct = RunDirect(body_.get(), *start_);
    return NormalisedTreeDigest(pool->tree(), true) == NormalisedTreeDigest(direct.tree, true);
  }
  Thread* Named(const std::string& name) { return machine.FindThread(name); }

  DesignOptions options_;

 private:
  std::unique_ptr<StepsBody> body_;
  std::unique_ptr<DatasetTree> start_;
  std::unique_ptr<Job> job_;
};

TEST_F(RingDesignTest, MutationsAreNotAwaitedAndShareTxgs) {
  Job* job =
      Start({Change(Destroy("tank/vm@a")), Change(Destroy("tank/vm@b")), Change(Destroy("tank/vm@c"))});
  RunUntil(SimDuration::Seconds(10));
  ASSERT_TRUE(job->figures().ended);
  EXPECT_EQ(job->figures().result, 0);
  EXPECT_EQ(job->figures().late_errors, 0);
  EXPECT_THAT(Answers(), ElementsAre("0", "0", "0"));
  EXPECT_THAT(Snapshots(), ElementsAre("d"));
  // One after the other would be three txgs at least.
  EXPECT_LT(job->process()->figures.txgs, 3);
  EXPECT_EQ(Cause(), "none");
}

TEST_F(RingDesignTest, TheJobWaitsInSAndOnlyItsWorkersAreInD) {
  Start({Change(Destroy("tank/vm@a"))});
  simulation.Run(sim::SimTime::Start() + SimDuration::Seconds(2) + SimDuration::Micros(500));
  ASSERT_NE(Named("job/ring/1"), nullptr);
  EXPECT_EQ(Named("job")->StateLetter(), 'S');
  EXPECT_TRUE(Named("job")->Killable());
  EXPECT_EQ(Named("job/ring/1")->StateLetter(), 'D');
  EXPECT_EQ(pool->pipeline().sync_gate_owner(), nullptr);
}

// Setup and one call for the read, which submits and waits.
TEST_F(RingDesignTest, AReadIsOneCall) {
  Job* job = Start({Exists("tank/vm")});
  RunUntil(SimDuration::Seconds(3));
  EXPECT_EQ(job->process()->figures.syscalls, 2);
  EXPECT_THAT(Answers(), ElementsAre("true"));
}

TEST_F(RingDesignTest, AReadMayNotSeeTheJobsOwnMutation) {
  Start({Change(Destroy("tank/vm@a")), Exists("tank/vm@a")});
  RunUntil(SimDuration::Seconds(10));
  EXPECT_THAT(Answers(), ElementsAre("0", "true"));
  EXPECT_EQ(Cause(), "own_mutation");
}

// Of two mutations one is done when the list is read: neither the tree at the start nor that of direct.
TEST_F(RingDesignTest, AnAnswerFromInBetweenIsVerified) {
  Start({Change(Destroy("tank/vm@a")), Compute(SimDuration::Seconds(1)), Change(Destroy("tank/vm@b")),
         FirstSnapshot()});
  RunUntil(SimDuration::Seconds(10));
  EXPECT_THAT(Answers(), ElementsAre("0", "0", "tank/vm@b||"));
  EXPECT_EQ(Cause(), "own_mutation");
}

TEST_F(RingDesignTest, WithReadAfterWaitAReadSeesAllOfThem) {
  options_.ring.read_after_wait = true;
  Start({Change(Destroy("tank/vm@a")), Change(Destroy("tank/other@s")), Exists("tank/vm@a")});
  RunUntil(SimDuration::Seconds(10));
  EXPECT_THAT(Answers(), ElementsAre("0", "0", "false"));
  EXPECT_EQ(Cause(), "none");
}

TEST_F(RingDesignTest, ReadsSeeWhatOthersDo) {
  Start({Compute(SimDuration::Seconds(1)), Exists("tank/vm@new")});
  PoolFixture::Run("other", SimDuration::Millis(2'500), [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    SyncTask task = MutationTask(pool.get(), TakeSnapshot("tank/vm@new"), Caller::kIoctl);
    EXPECT_EQ(co_await pool->Administer(t, &task), 0);
    co_await t->ReturnToUser();
  });
  RunUntil(SimDuration::Seconds(10));
  EXPECT_THAT(Answers(), ElementsAre("true"));
}

TEST_F(RingDesignTest, AnErrnoComesLateAndTheRestGoesOn) {
  Job* job = Start({Change(TakeSnapshot("tank/vm@b")), Change(Destroy("tank/vm@a")),
                    Change(SetProperty("tank/none", "my:note", "x"))});
  RunUntil(SimDuration::Seconds(10));
  EXPECT_THAT(Answers(), ElementsAre("0", "0", "0"));
  EXPECT_EQ(job->figures().late_errors, 2);
  EXPECT_EQ(job->figures().result, kEEXIST);  // The first in the order of the calls.
  EXPECT_THAT(Snapshots(), ElementsAre("b", "c", "d"));
  EXPECT_EQ(Cause(), "deferred_errno");
}

TEST_F(RingDesignTest, ASyntaxErrnoIsLateToo) {
  Job* job = Start({Change(TakeSnapshot("tank/vm@bad name!"))});
  RunUntil(SimDuration::Seconds(10));
  EXPECT_THAT(Answers(), ElementsAre("0"));
  EXPECT_EQ(job->figures().result, kEINVAL);
}

TEST_F(RingDesignTest, TheSameNameAnAncestorOrADescendantHoldsAMutationBack) {
  Start({Change(TakeSnapshot("tank/vm@new")), Change(Destroy("tank/vm@new")),
         Change(CreateFilesystem("tank/vm/child")), Change(SetProperty("tank/vm", "my:note", "x")),
         Change(TakeSnapshot("tank/vm/child@x"))});
  RunUntil(SimDuration::Seconds(20));
  EXPECT_EQ(Cause(), "none");
  EXPECT_TRUE(SameTree());
}

TEST_F(RingDesignTest, SnapshotsOfOneFilesystemKeepTheirOrder) {
  Start({Change(TakeSnapshot("tank/vm@e")), Change(TakeSnapshot("tank/vm@f")),
         Change(TakeSnapshot("tank/vm@g"))});
  RunUntil(SimDuration::Seconds(20));
  EXPECT_THAT(Snapshots(), ElementsAre("a", "b", "c", "d", "e", "f", "g"));
  EXPECT_TRUE(SameTree());
}

// That the clone keeps the snapshot from being destroyed cannot be told from their names.
TEST_F(RingDesignTest, TheDestructionOfAFilesystemAndAPromoteStandAlone) {
  Make(Clone("tank/vm@a", "tank/copy"));
  Make(Clone("tank/other@s", "tank/new"));
  Job* job = Start({Change(Destroy("tank/copy")), Change(Destroy("tank/vm@a")), Change(Promote("tank/new")),
                    Change(Destroy("tank/other"))});
  RunUntil(SimDuration::Seconds(20));
  EXPECT_EQ(job->figures().late_errors, 0);
  EXPECT_EQ(Cause(), "none");
  EXPECT_TRUE(SameTree());
}

// One worker: the first runs, the second is queued, the third is held back.
TEST_F(RingDesignTest, AnErrorOfTheJobCancelsWhatIsQueuedAndLetsRunWhatRuns) {
  options_.ring.workers = 1;
  Job* job =
      Start({Change(Destroy("tank/vm@a")), Change(Destroy("tank/vm@b")),
             Change(SetProperty("tank/vm", "my:note", "x")), Compute(SimDuration::Micros(100)), Raise(kEIO)});
  RunUntil(SimDuration::Seconds(10));
  ASSERT_TRUE(job->figures().ended);
  EXPECT_EQ(job->figures().result, kEIO);
  EXPECT_EQ(job->figures().late_errors, 0);
  EXPECT_THAT(Snapshots(), ElementsAre("b", "c", "d"));
}

TEST_F(RingDesignTest, AKilledJobIsInDUntilWhatRunsHasEnded) {
  options_.ring.workers = 1;
  Job* job = Start({Change(Destroy("tank/vm@a")), Change(Destroy("tank/vm@b"))});
  simulation.Run(sim::SimTime::Start() + SimDuration::Seconds(2) + SimDuration::Micros(500));
  machine.Signal(job->process(), kSigKill);
  simulation.Run(sim::SimTime::Start() + SimDuration::Seconds(2) + SimDuration::Micros(520));
  EXPECT_EQ(Named("job")->StateLetter(), 'D');
  EXPECT_FALSE(job->process()->ended());
  RunUntil(SimDuration::Seconds(10));
  EXPECT_TRUE(job->process()->ended());
  EXPECT_THAT(Snapshots(), ElementsAre("b", "c", "d"));  // The queued one was cancelled.
}

TEST_F(RingDesignTest, EntriesAreRoundedAndClamped) {
  options_.ring.entries = 1'000'000;
  options_.ring.workers = 64;
  Job* job = Start({Change(Destroy("tank/vm@a"))});
  RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(job->figures().result, 0);
}

TEST_F(RingDesignTest, NothingStandsStillForIt) {
  Start({Change(Destroy("tank/vm@a")), Change(Destroy("tank/vm@b"))});
  RunUntil(SimDuration::Seconds(10));
  EXPECT_THAT(pool->violations(), IsEmpty());
}

}  // namespace
}  // namespace model
