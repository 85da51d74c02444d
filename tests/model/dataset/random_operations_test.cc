// SPDX-License-Identifier: Apache-2.0
//
// Random sequences of operations on the dataset tree and on the plain reference
// (reference_pool.h): after each the errnos of both must agree, and every so often
// every figure of space and every state of everything.
//
// A sequence on which they differ is made as short and simple as can be (shrink.h)
// and printed as commands. TXGSIM_RANDOM_SEED changes the seed.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "model/dataset/property_query.h"
#include "model/dataset/recursive.h"
#include "model/dataset/tree_digest.h"
#include "model/dataset/write_limits.h"
#include "tests/model/dataset/random_steps.h"
#include "tests/model/dataset/reference_pool.h"
#include "tests/model/dataset/shrink.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

using Steps = std::vector<Step>;

#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
constexpr int kSequences = 60;
#elif defined(__has_feature)
constexpr int kSequences = __has_feature(address_sanitizer) ? 60 : 1300;
#else
constexpr int kSequences = 1300;
#endif
constexpr int kStepsOfASequence = 200;

// How often each kind of operation succeeded, and each errno came up.
struct Coverage {
  std::map<MutationKind, int> successes;
  std::map<int, int> errors;
  int64_t operations = 0;
};

uint64_t Figure(const DatasetTree& tree, ObjectId id, std::string_view property) {
  return std::get<uint64_t>(GetProperty(tree, id, property).value);
}

// What ReferencePool::Describe says of the same pool.
void Describe(const DatasetTree& tree, ObjectId id, std::map<std::string, std::string>* lines) {
  const Dataset& dataset = tree.DatasetOf(id);
  const std::string name = tree.NameOf(id);
  std::string& text = (*lines)[name];
  absl::StrAppend(&text, name, dataset.type == DatasetType::kVolume ? " volume" : " filesystem",
                  " origin=", dataset.origin == 0 ? "-" : tree.NameOf(dataset.origin));
  for (const char* property : {"referenced", "used", "available", "written", "usedbydataset",
                               "usedbysnapshots", "usedbychildren", "usedbyrefreservation"}) {
    absl::StrAppend(&text, " ", property, "=", Figure(tree, id, property));
  }
  for (const auto& [property, value] : dataset.properties) absl::StrAppend(&text, " ", property, "=", value);
  text += "\n";
  for (const auto& [snapshot_id, s] : dataset.snapshots) {
    absl::StrAppend(&text, name, "@", s.name);
    for (const char* property : {"referenced", "used", "written", "userrefs"}) {
      absl::StrAppend(&text, " ", property, "=", Figure(tree, snapshot_id, property));
    }
    absl::StrAppend(&text, s.defer_destroy ? " deferred" : "", " clones=", s.clones.size());
    for (const auto& [property, value] : s.properties) absl::StrAppend(&text, " ", property, "=", value);
    text += "\n";
  }
  for (const auto& [leaf, bookmark] : dataset.bookmarks) absl::StrAppend(&text, name, "#", leaf, "\n");
  for (const auto& [leaf, child] : dataset.children) Describe(tree, child, lines);
}

std::string Describe(const DatasetTree& tree) {
  std::map<std::string, std::string> lines;
  Describe(tree, tree.root(), &lines);
  std::string text;
  for (const auto& [name, line] : lines) text += line;
  return text;
}

// The first line in which the two differ.
std::string FirstDifference(const std::string& of_model, const std::string& of_reference) {
  const std::vector<std::string> a = absl::StrSplit(of_model, '\n');
  const std::vector<std::string> b = absl::StrSplit(of_reference, '\n');
  size_t i = 0;
  while (i < a.size() && i < b.size() && a[i] == b[i]) ++i;
  return absl::StrCat("model:     ", i < a.size() ? a[i] : "(end)",
                      "\nreference: ", i < b.size() ? b[i] : "(end)");
}

// Both models side by side.
class Pair {
 public:
  explicit Pair(uint64_t bytes) : pool_(bytes), reference_(bytes) {}

  const DatasetTree& tree() const { return pool_.tree; }

  // Returns what differs in the answers, or nothing.
  std::string Perform(const Step& step, Coverage* coverage) {
    if (!step.same_txg) ++pool_.txg;
    const std::string& name = step.mutation.name;
    switch (step.kind) {
      case Step::Kind::kMutation:
        return Mutate(step, coverage);
      case Step::Kind::kDestroyAll:
        return pool_.Exists(name) ? DestroyAll(name, step.on, coverage) : "";
      case Step::Kind::kWrite:
        return pool_.Exists(name) ? Write(step) : "";
      case Step::Kind::kDrain:
        pool_.tree.DrainFreeing(static_cast<uint64_t>(step.freed), pool_.txg);
        reference_.Drain(step.freed);
        return "";
      case Step::Kind::kMount:
        if (!pool_.Exists(name)) return "";
        pool_.tree.SetMounted(pool_.Id(name), step.on);
        reference_.SetMounted(name, step.on);
        return "";
      case Step::Kind::kLongHold:
        if (!pool_.Exists(name)) return "";
        SetLongHeld(pool_.Id(name), step.on);
        reference_.SetLongHeld(name, step.on);
        return "";
    }
    return "";
  }

  // Returns what differs in the figures, or nothing; those that are kept up to date must add up.
  std::string Compare() const {
    pool_.tree.CheckSums();
    const std::string of_model = Describe(pool_.tree);
    const std::string of_reference = reference_.Describe();
    return of_model == of_reference ? "" : FirstDifference(of_model, of_reference);
  }

 private:
  std::string Answers(const std::string& what, int of_model, int of_reference) const {
    if (of_model == of_reference) return "";
    return absl::StrCat(what, ": the model answers ", ErrnoText(of_model), ", the reference ",
                        ErrnoText(of_reference));
  }

  std::string Mutate(const Step& step, Coverage* coverage) {
    const Mutation& m = step.mutation;
    int error = step.program ? 0 : CheckSyntax(m);
    const CheckContext context{.syncing = !step.open,
                               .txg = pool_.txg,
                               .caller = step.program ? Caller::kChannelProgram : Caller::kIoctl};
    if (error == 0) error = Check(pool_.tree, m, context);
    if (error == 0 && !step.open) {
      Apply(pool_.tree, m, {.txg = pool_.txg, .time_s = 1});
      ++coverage->successes[m.kind];
    }
    ++coverage->errors[error];
    return Answers(
        step.Text(), error,
        reference_.Perform(m, {.syncing = !step.open, .in_program = step.program, .txg = pool_.txg}));
  }

  // As `zfs destroy -r` does it: snapshots in a row are one call, which ends at the first that fails;
  // what fails does not keep the rest from being tried.
  std::string DestroyAll(const std::string& name, bool with_clones, Coverage* coverage) {
    std::vector<std::string> names;
    for (const ObjectId id : Dependents(pool_.tree, pool_.Id(name), with_clones)) {
      names.push_back(pool_.tree.NameOf(id));
    }
    if (names != reference_.Dependents(name, with_clones)) return "the order of a recursive destroy";
    names.push_back(name);
    bool skip = false;
    for (const std::string& doomed : names) {
      const bool is_snapshot = doomed.find('@') != std::string::npos;
      if (skip && is_snapshot) continue;
      Step step{.mutation = Destroy(doomed)};
      ++pool_.txg;
      const int errors = coverage->errors[0];
      if (std::string text = Mutate(step, coverage); !text.empty()) return text;
      skip = coverage->errors[0] == errors;
    }
    return "";
  }

  std::string Write(const Step& step) {
    const std::string& name = step.mutation.name;
    const ObjectId id = pool_.Id(name);
    const int error = CheckWrite(pool_.tree, id, static_cast<uint64_t>(step.written));
    const int expected = reference_.MayWrite(name, step.written);
    if (error == 0) {
      pool_.tree.Write(id, static_cast<uint64_t>(step.written), static_cast<uint64_t>(step.freed), pool_.txg);
      reference_.Write(name, step.written, step.freed);
    }
    return Answers(step.Text(), error, expected);
  }

  void SetLongHeld(ObjectId id, bool held) {
    const Snapshot* snapshot = pool_.tree.FindSnapshot(id);
    const int now = snapshot != nullptr ? snapshot->long_holds : pool_.tree.DatasetOf(id).long_holds;
    if ((now > 0) != held) pool_.tree.AddLongHold(id, held ? 1 : -1);
  }

  TestPool pool_;
  ReferencePool reference_;
};

struct Divergence {
  size_t step;
  std::string text;
};

// Runs steps on a new pair; figures are compared after each.
std::optional<Divergence> Replay(uint64_t bytes, const Steps& steps) {
  Pair pair(bytes);
  Coverage ignored;
  for (size_t i = 0; i < steps.size(); ++i) {
    std::string text = pair.Perform(steps[i], &ignored);
    if (text.empty()) text = pair.Compare();
    if (!text.empty()) return Divergence{i, std::move(text)};
  }
  return std::nullopt;
}

std::string Commands(const Steps& steps) {
  std::string text;
  for (const Step& step : steps) absl::StrAppend(&text, "  ", step.Text(), "\n");
  return text;
}

// Runs a random sequence; figures are compared every so often, and at the end. Returns the report of
// a difference, or nothing.
std::string RunSequence(uint64_t seed, uint64_t bytes, Coverage* coverage) {
  constexpr int kCompareEvery = 20;
  sim::Stream random(seed, "steps");
  Pair pair(bytes);
  Steps steps;
  std::string text;
  for (int i = 1; i <= kStepsOfASequence && text.empty(); ++i) {
    steps.push_back(RandomStep(&random, pair.tree()));
    ++coverage->operations;
    text = pair.Perform(steps.back(), coverage);
    if (text.empty() && (i % kCompareEvery == 0 || i == kStepsOfASequence)) text = pair.Compare();
  }
  if (text.empty()) return "";
  const Shrinker<Step> shrinker([&](const Steps& trial) { return Replay(bytes, trial).has_value(); },
                                &SimplerForms);
  const Steps shrunk = shrinker.Shrink(steps);
  const std::optional<Divergence> divergence = Replay(bytes, shrunk);
  return absl::StrCat("sequence ", seed, " on a pool of ", bytes, " bytes:\n", Commands(shrunk),
                      divergence ? divergence->text : text);
}

uint64_t Seed() {
  const char* text = std::getenv("TXGSIM_RANDOM_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

// Four tests of one quarter each, so that they can run side by side. Half of a pool can be used: of
// the four sizes one is always full, one has little room, two are bounded by quotas alone.
void RunQuarter(uint64_t bytes, uint64_t quarter) {
  Coverage coverage;
  for (int i = 0; i < kSequences; ++i) {
    const std::string report =
        RunSequence(Seed() * 1'000'000 + quarter * 100'000 + static_cast<uint64_t>(i), bytes, &coverage);
    ASSERT_TRUE(report.empty()) << report;
  }
  EXPECT_EQ(coverage.operations, int64_t{kSequences} * kStepsOfASequence);
  for (int kind = 0; kind <= static_cast<int>(MutationKind::kInherit); ++kind) {
    EXPECT_GT(coverage.successes[static_cast<MutationKind>(kind)], kSequences / 3) << kind;
  }
  for (const int error : {kENOENT, kEEXIST, kEBUSY, kEAGAIN, kEINVAL, kESRCH, kEXDEV, kENAMETOOLONG, kENOSPC,
                          kZFS_ERR_WRONG_PARENT, kZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR}) {
    EXPECT_GT(coverage.errors[error], kSequences / 10) << ErrnoName(error);
  }
}

TEST(RandomOperationsTest, TheTreeAgreesWithThePlainReferenceOnAFullPool) { RunQuarter(60, 0); }
TEST(RandomOperationsTest, TheTreeAgreesWithThePlainReferenceWhenRoomIsScarce) { RunQuarter(300, 1); }
TEST(RandomOperationsTest, TheTreeAgreesWithThePlainReferenceOnALargePool) { RunQuarter(100'000, 2); }
TEST(RandomOperationsTest, TheTreeAgreesWithThePlainReferenceOnAMiddlingPool) { RunQuarter(1'500, 3); }

// The shrinker at work: of a random sequence in which a promote succeeds, what remains is what that
// promote needs, and no step of it can be left out.
TEST(RandomOperationsTest, AFailingSequenceIsShrunkToAMinimalOne) {
  const auto promotes = [](const Steps& steps) {
    Pair pair(100'000);
    Coverage coverage;
    for (const Step& step : steps) {
      if (!pair.Perform(step, &coverage).empty()) return false;
    }
    return coverage.successes[MutationKind::kPromote] > 0;
  };
  sim::Stream random(7, "shrink");
  Pair pair(100'000);
  Steps steps;
  Coverage coverage;
  while (coverage.successes[MutationKind::kPromote] < 3) {
    steps.push_back(RandomStep(&random, pair.tree()));
    ASSERT_TRUE(pair.Perform(steps.back(), &coverage).empty());
  }
  const Steps shrunk = Shrinker<Step>(promotes, &SimplerForms).Shrink(steps);
  ASSERT_TRUE(promotes(shrunk));
  EXPECT_LT(shrunk.size(), steps.size() / 4);
  for (size_t i = 0; i < shrunk.size(); ++i) {
    Steps without = shrunk;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(promotes(without)) << Commands(shrunk);
  }
  const auto has_kind = [&](MutationKind kind) {
    return std::any_of(shrunk.begin(), shrunk.end(), [&](const Step& s) { return s.mutation.kind == kind; });
  };
  EXPECT_TRUE(has_kind(MutationKind::kSnapshot) && has_kind(MutationKind::kClone)) << Commands(shrunk);
  EXPECT_EQ(shrunk.back().Text().substr(0, 12), "zfs promote ");
}

TEST(RandomOperationsTest, ACopyReplaysToTheSameTreeAndLeavesTheOriginalAlone) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    sim::Stream random(seed, "copies");
    TestPool pool(2'000);
    const auto run = [](TestPool* on, sim::Stream* draws, int count) {
      for (int i = 0; i < count; ++i) {
        const Step step = RandomStep(draws, on->tree);
        if (step.kind == Step::Kind::kMutation) on->Do(step.mutation);
        if (step.kind == Step::Kind::kWrite) {
          on->Write(step.mutation.name, static_cast<uint64_t>(step.written),
                    static_cast<uint64_t>(step.freed));
        }
      }
    };
    run(&pool, &random, 80);
    const std::string before = NormalisedTreeText(pool.tree, true);
    TestPool one = pool;
    TestPool other = pool;
    sim::Stream same = random;
    run(&one, &random, 40);
    EXPECT_EQ(NormalisedTreeText(pool.tree, true), before);
    run(&other, &same, 40);
    EXPECT_EQ(NormalisedTreeText(one.tree, true), NormalisedTreeText(other.tree, true));
  }
}

}  // namespace
}  // namespace model
