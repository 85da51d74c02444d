// SPDX-License-Identifier: Apache-2.0
//
// Random jobs, each alone on a random pool, under `direct` and under every design that
// is built: a deferrable one gets direct's answers and leaves direct's tree, and any
// other difference has a cause that was verified.
//
// A job that fails is shrunk and printed, with the calls that it makes.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "model/dataset/tree_digest.h"
#include "model/design/design.h"
#include "model/design/oracle.h"
#include "rapidcheck.h"
#include "tests/model/design/random_job.h"
#include "tests/support/pool_fixture.h"

namespace rc {

template <>
struct Arbitrary<model::RandomStep> {
  static Gen<model::RandomStep> arbitrary() {
    const auto number = gen::resize(kNominalSize, gen::inRange<uint8_t>(0, 255));
    return gen::build<model::RandomStep>(
        gen::set(&model::RandomStep::kind, number), gen::set(&model::RandomStep::name, number),
        gen::set(&model::RandomStep::other, number), gen::set(&model::RandomStep::detail, number),
        gen::set(&model::RandomStep::when, number));
  }
};

template <>
struct Arbitrary<model::RandomJob> {
  static Gen<model::RandomJob> arbitrary() {
    const auto steps = [](int size) {
      return gen::resize(size, gen::arbitrary<std::vector<model::RandomStep>>());
    };
    return gen::build<model::RandomJob>(gen::set(&model::RandomJob::pool, steps(10)),
                                        gen::set(&model::RandomJob::careful, gen::arbitrary<bool>()),
                                        gen::set(&model::RandomJob::steps, steps(12)));
  }
};

}  // namespace rc

namespace model {
namespace {

using sim::SimDuration;

#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
constexpr int kJobs = 150;
#elif defined(__has_feature)
constexpr int kJobs = __has_feature(address_sanitizer) ? 150 : 2000;
#else
constexpr int kJobs = 2000;
#endif

// How a design ran a job.
struct Ran {
  bool ended = false;
  DesignOutcome outcome;
  JobFigures figures;
  std::optional<DatasetTree> tree;
  std::vector<std::string> violations;  // Of what must stand still meanwhile.
};

Ran RunUnder(DesignKind design, const DesignOptions& options, JobBody* body, const DatasetTree& start) {
  PoolFixture fixture;
  fixture.pool->tree() = start;
  Dispatcher dispatcher(&fixture.machine, "dispatcher", {});
  JobOptions job_options;
  job_options.name = "job";
  job_options.at = sim::SimTime::Start() + SimDuration::Seconds(1);
  job_options.design = design;
  job_options.options = options;
  Job job(&fixture.module, fixture.pool.get(), &dispatcher, job_options, body);
  job.Start();
  fixture.RunUntil(SimDuration::Seconds(30));
  Ran ran;
  ran.ended = job.process()->ended();
  ran.figures = job.figures();
  ran.tree = fixture.pool->tree();
  ran.violations = fixture.pool->violations();
  ran.outcome = {.design = design,
                 .completed = job.figures().ended,
                 .stopped = !job.figures().stopped_by.empty(),
                 .result = job.figures().result};
  fixture.simulation.DestroyTasks();
  return ran;
}

struct Count {
  int jobs = 0;
  int deferrable = 0;
  int changing = 0;  // Of those, with mutations.
  std::map<std::string, int> causes;
};

std::string CallsText(const DirectRun& direct) {
  std::string text;
  for (const auto& exchange : direct.exchanges)
    absl::StrAppend(&text, "  ", CallText(exchange.call), " -> ", exchange.answer, "\n");
  return text;
}

// What is wrong with a job under a design; empty: nothing.
std::string Judge(const DirectRun& direct, const DatasetTree& start, const Ran& ran, Count* count) {
  if (!ran.ended) return "the job does not end";
  if (!ran.violations.empty()) return ran.violations.front();
  const LockClock& clock = ran.figures.lock_clock;
  const bool crosses = clock.ns(LockPhase::kUser) > 0 || clock.ns(LockPhase::kCrossing) > 0;
  if (ran.outcome.design == DesignKind::kProgram && crosses) return "a program that crosses";
  DesignOutcome outcome = ran.outcome;
  outcome.exchanges = &ran.figures.exchanges;
  outcome.applied = &ran.figures.applied;
  auto difference = Explain(direct, start, outcome);
  if (!difference) difference = ExplainTree(direct, start, outcome, *ran.tree);
  if (!difference) return "";
  ++count->causes[difference->cause];
  const std::string what =
      absl::StrCat(difference->call, " (", difference->index, "): direct ", difference->direct, ", here ",
                   difference->got, ", cause ", difference->cause);
  if (direct.deferrable) return "deferrable, and yet " + what;
  return difference->cause.empty() || difference->cause == "interference" ? what : "";
}

// A design as it is by default, and with options that change what a job is told.
struct Variant {
  DesignKind design;
  DesignOptions options;
  std::string name;
  bool deferrable_only = false;  // Else the oracle does not know enough to verify a cause.
};

std::vector<Variant> Variants() {
  std::vector<Variant> variants;
  for (const DesignKind design : kAllDesigns)
    variants.push_back({design, {}, std::string(DesignKindName(design))});
  const auto add = [&](DesignKind design, const char* name, auto change) {
    DesignOptions options;
    change(&options);
    variants.push_back({design, options, fmt::format("{}, {}", DesignKindName(design), name)});
  };
  const auto batched = [](DesignOptions* options) { options->read_batch = 3; };
  add(DesignKind::kIoctl, "read_batch = 3", batched);
  add(DesignKind::kChannelTx, "read_batch = 3", batched);
  add(DesignKind::kPipeline, "prefetch = false", [](DesignOptions* options) { options->prefetch = false; });
  add(DesignKind::kChannelTx, "own = overlay",
      [](DesignOptions* options) { options->channel_tx.overlay = true; });
  add(DesignKind::kCallback, "own = overlay",
      [](DesignOptions* options) { options->callback.overlay = true; });
  add(DesignKind::kCallback, "lock = config",
      [](DesignOptions* options) { options->callback.config_lock = true; });
  add(DesignKind::kCallback, "mode = syncing", [](DesignOptions* options) {
    options->callback.syncing = true;
    options->callback.place = UpcallPlace::kHelper;
  });
  add(DesignKind::kOptimisticTx, "own = overlay",
      [](DesignOptions* options) { options->optimistic_tx.overlay = true; });
  add(DesignKind::kRing, "read_after = wait",
      [](DesignOptions* options) { options->ring.read_after_wait = true; });
  add(DesignKind::kRing, "one of each",
      [](DesignOptions* options) { options->ring = {.entries = 1, .workers = 1}; });
  add(DesignKind::kPipeline, "batch = 2", [](DesignOptions* options) { options->pipeline.batch = 2; });
  variants.back().deferrable_only = true;
  return variants;
}

TEST(RandomJobsTest, DeferrableOnesAreTheSameUnderEveryDesignAndOthersDifferForACause) {
  setenv("RC_PARAMS", absl::StrCat("seed=7 max_success=", kJobs).c_str(), /*overwrite=*/0);
  Count count;
  const std::vector<Variant> variants = Variants();
  EXPECT_TRUE(rc::check("random jobs under every design", [&](const RandomJob& job) {
    const DatasetTree start = MakePool(job);
    const std::unique_ptr<JobBody> body = MakeBody(job);
    const DirectRun direct = RunDirect(body.get(), start);
    ++count.jobs;
    count.deferrable += direct.deferrable ? 1 : 0;
    const bool changes = std::any_of(direct.exchanges.begin(), direct.exchanges.end(),
                                     [](const auto& e) { return e.call.kind == CallKind::kSync; });
    count.changing += direct.deferrable && changes ? 1 : 0;
    for (const Variant& variant : variants) {
      if (variant.deferrable_only && !direct.deferrable) continue;
      const Ran ran = RunUnder(variant.design, variant.options, body.get(), start);
      const auto own = count.causes["own_mutation"];
      std::string wrong = Judge(direct, start, ran, &count);
      if (variant.name.ends_with("own = overlay") && count.causes["own_mutation"] > own)
        wrong = "an overlay hides the job's own change";
      if (wrong.empty()) continue;
      RC_LOG() << variant.name << ": " << wrong << "\n"
               << (direct.deferrable ? "deferrable" : direct.not_deferrable_because) << "\n"
               << CallsText(direct) << "direct leaves\n"
               << NormalisedTreeText(direct.tree, true) << "the design leaves\n"
               << NormalisedTreeText(*ran.tree, true);
      RC_FAIL(wrong);
    }
  }));
  EXPECT_GE(2 * count.deferrable, count.jobs);
  EXPECT_GE(5 * count.changing, count.jobs);
  for (const char* cause : {"own_mutation", "deferred_errno", "same_txg", "open_check"})
    EXPECT_GT(count.causes[cause], 0) << cause;
}

}  // namespace
}  // namespace model
