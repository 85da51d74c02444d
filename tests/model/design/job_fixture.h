// SPDX-License-Identifier: Apache-2.0
//
// Jobs for tests: bodies in C++, and a pool on which they run under any design.
#ifndef TXGSIM_TESTS_MODEL_DESIGN_JOB_FIXTURE_H_
#define TXGSIM_TESTS_MODEL_DESIGN_JOB_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/admin/admin_command.h"
#include "model/design/design.h"
#include "tests/support/pool_fixture.h"

namespace model {

// "destroy every snapshot of tank/vm but keep_*": list, then destroy.
class PruneRun final : public JobRun {
 public:
  JobStep Start() override { return Next({}); }
  JobStep Resume(const JobAnswer& answer) override {
    if (destroying_) {
      destroying_ = false;
      return Next(cursor_);
    }
    if (answer.error != 0) return {.kind = JobStep::Kind::kDone, .error = answer.error};
    if (!answer.item) return {.kind = JobStep::Kind::kDone};
    cursor_ = answer.next;
    if (answer.item->name.find("keep") != std::string::npos) return Next(cursor_);
    destroying_ = true;
    JobStep step{.kind = JobStep::Kind::kCall};
    step.call.kind = CallKind::kSync;
    step.call.mutation = Destroy(answer.item->name);
    return step;
  }

 private:
  JobStep Next(ListCursor cursor) {
    JobStep step{.kind = JobStep::Kind::kCall};
    step.call.kind = CallKind::kList;
    step.call.list = ListKind::kSnapshots;
    step.call.dataset = "tank/vm";
    step.call.cursor = std::move(cursor);
    return step;
  }
  bool destroying_ = false;
  ListCursor cursor_;
};

class PruneBody final : public JobBody {
 public:
  std::unique_ptr<JobRun> NewRun() override { return std::make_unique<PruneRun>(); }
};

// A list of calls, whatever the answers.
class CallsBody final : public JobBody {
 public:
  explicit CallsBody(std::vector<JobCall> calls) : calls_(std::move(calls)) {}
  std::unique_ptr<JobRun> NewRun() override {
    class Run final : public JobRun {
     public:
      explicit Run(const std::vector<JobCall>* calls) : calls_(calls) {}
      JobStep Start() override {
        if (next_ == calls_->size()) return {.kind = JobStep::Kind::kDone};
        return {.kind = JobStep::Kind::kCall, .call = (*calls_)[next_++]};
      }
      JobStep Resume(const JobAnswer& answer) override {
        if (answer.error == kETIMEDOUT) return {.kind = JobStep::Kind::kDone, .error = answer.error};
        return Start();
      }

     private:
      const std::vector<JobCall>* calls_;
      size_t next_ = 0;
    };
    return std::make_unique<Run>(&calls_);
  }

 private:
  std::vector<JobCall> calls_;
};

inline JobCall Sync(Mutation mutation) { return {.kind = CallKind::kSync, .mutation = std::move(mutation)}; }
inline JobCall Get(std::string name, std::string property) {
  return {.kind = CallKind::kGetProperty, .dataset = std::move(name), .property = std::move(property)};
}
inline JobCall Exists(std::string name) { return {.kind = CallKind::kExists, .dataset = std::move(name)}; }

inline sim::Task<> Command(Thread* thread, ZfsModule* module, std::string line, int64_t* done_ns) {
  absl::StatusOr<AdminCommand> command = ParseAdminCommand(line);
  const AdminResult result = co_await RunAdminCommand(thread, module, *command);
  *done_ns = result.exit_code == 0 ? thread->machine().now().ns() : -1;
}

// tank/vm with the snapshots a, b, keep_1 and c; jobs start at 2 s.
struct DesignFixture : PoolFixture {
  DesignFixture() : DesignFixture(Settings{}) {}
  explicit DesignFixture(const Settings& settings)
      : PoolFixture(settings), dispatcher(&machine, "dispatcher", {}) {
    Make(CreateFilesystem("tank/vm"));
    for (const char* name : {"a", "b", "keep_1", "c"}) Make(TakeSnapshot(std::string("tank/vm@") + name));
  }
  Job* AddJob(DesignKind design, JobBody* body, DesignOptions options = {},
              sim::Distribution think = sim::Distribution()) {
    JobOptions job;
    job.name = jobs.empty() ? "prune" : "prune" + std::to_string(jobs.size() + 1);
    job.at = sim::SimTime::Start() + sim::SimDuration::Seconds(2);
    job.think = think;
    job.design = design;
    job.options = options;
    jobs.push_back(std::make_unique<Job>(&module, pool.get(), &dispatcher, job, body));
    jobs.back()->Start();
    return jobs.back().get();
  }
  // `line` as a command at that time; *done_ns: when it succeeded, -1: it failed.
  Process* Type(sim::SimDuration at, std::string line, int64_t* done_ns) {
    return Run("zfs", at, [this, line, done_ns](Thread* t) { return Command(t, &module, line, done_ns); });
  }
  std::vector<std::string> SnapshotsLeft() {
    std::vector<std::string> names;
    ObjectId vm = 0;
    EXPECT_EQ(pool->tree().Lookup("tank/vm", &vm), 0);
    for (const auto& [id, snapshot] : pool->tree().DatasetOf(vm).snapshots) names.push_back(snapshot.name);
    return names;
  }

  Dispatcher dispatcher;
  PruneBody prune;
  std::vector<std::unique_ptr<Job>> jobs;
  ~DesignFixture() { simulation.DestroyTasks(); }
};

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_DESIGN_JOB_FIXTURE_H_
