// SPDX-License-Identifier: Apache-2.0
//
// Random sequences of operations on the dataset tree and on the plain reference
// (reference_pool.h): every errno and every figure of both must agree after each.
//
// Names come from a small set, so that operations meet. A failing sequence is
// made shorter by rapidcheck and printed; the seed is fixed, RC_PARAMS changes it.
#include <cstdlib>
#include <map>
#include <vector>

#include "fmt/core.h"
#include "gtest/gtest.h"
#include "model/dataset/tree_digest.h"
#include "rapidcheck.h"
#include "tests/model/dataset/reference_pool.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

constexpr const char* kDatasets[] = {"tank/a", "tank/b", "tank/a/a", "tank/a/b", "tank/c", "tank/b/a"};
constexpr const char* kSnapshots[] = {"1", "2", "3", "4", "5"};
constexpr const char* kTags[] = {"x", "y"};

// Takes choices off the bits of one number. Three names in four are of what there is.
class Chooser {
 public:
  Chooser(uint64_t bits, const DatasetTree& tree) : bits_(bits) { Collect(tree, tree.root()); }

  uint64_t Below(uint64_t n) {
    const uint64_t choice = bits_ % n;
    bits_ /= n;
    return choice;
  }
  std::string AnyDataset() { return kDatasets[Below(std::size(kDatasets))]; }
  std::string Dataset() { return Below(4) == 0 ? AnyDataset() : datasets_[Below(datasets_.size())]; }
  std::string Snapshot() {
    if (snapshots_.empty() || Below(4) == 0) return Dataset() + "@" + Tail();
    return snapshots_[Below(snapshots_.size())];
  }
  std::string Tail() { return kSnapshots[Below(std::size(kSnapshots))]; }
  std::string Tag() { return kTags[Below(std::size(kTags))]; }

 private:
  void Collect(const DatasetTree& tree, ObjectId id) {
    const model::Dataset& dataset = tree.DatasetOf(id);
    datasets_.push_back(tree.NameOf(id));
    for (const auto& [snapshot_id, snapshot] : dataset.snapshots)
      snapshots_.push_back(tree.NameOf(snapshot_id));
    for (const auto& [leaf, child] : dataset.children) Collect(tree, child);
  }

  uint64_t bits_;
  std::vector<std::string> datasets_;
  std::vector<std::string> snapshots_;
};

struct Step {
  enum class Kind { kMutation, kWrite } kind;
  Mutation mutation;
  bool same_txg = false;
  int written = 0;
  int freed = 0;

  std::string Text() const {
    if (kind == Kind::kWrite) return fmt::format("write {} {} -{}", mutation.name, written, freed);
    return ToCommand(mutation) + (same_txg ? " (same txg)" : "");
  }
};

Step Decode(uint64_t bits, const DatasetTree& tree) {
  Chooser c(bits, tree);
  Step step{.kind = Step::Kind::kMutation, .mutation = Promote("tank")};
  switch (c.Below(19)) {
    case 0:
    case 1:
      step.mutation = CreateFilesystem(c.AnyDataset());
      break;
    case 2:
    case 3:
    case 4:
    case 5:
      step.kind = Step::Kind::kWrite;
      step.mutation.name = c.Dataset();
      step.written = static_cast<int>(c.Below(7));
      step.freed = static_cast<int>(c.Below(7));
      return step;
    case 6:
    case 7:
    case 8:
      step.mutation = TakeSnapshot(c.Dataset() + "@" + c.Tail());
      break;
    case 9:
      step.mutation = Destroy(c.Snapshot(), c.Below(2) == 0);
      break;
    case 10:
      step.mutation = Destroy(c.Dataset());
      break;
    case 11:
      step.mutation = Clone(c.Snapshot(), c.AnyDataset());
      break;
    case 12:
      step.mutation = Promote(c.Dataset());
      break;
    case 13:
      step.mutation = Rollback(c.Dataset());
      break;
    case 14:
      step.mutation = Rename(c.Dataset(), c.AnyDataset());
      if (step.mutation.name == "tank") step.mutation.name = "tank/a";
      break;
    case 15: {
      const std::string from = c.Snapshot();
      step.mutation = Rename(from, from.substr(0, from.find('@')) + "@" + c.Tail());
      break;
    }
    case 16:
      step.mutation = Clone(c.Snapshot(), c.AnyDataset());
      break;
    case 17:
      step.mutation = MakeBookmark(c.Snapshot(), c.Dataset() + "#" + c.Tail());
      break;
    default: {
      const std::string snapshot = c.Snapshot();
      step.mutation = c.Below(2) == 0 ? Hold(c.Tag(), snapshot) : Release(c.Tag(), snapshot);
      break;
    }
  }
  step.same_txg = c.Below(5) == 0;
  return step;
}

// Returns a dataset's own line: what the tree says, or what the reference says.
std::string Line(const std::string& name, size_t referenced, size_t charged, const std::string& origin) {
  return fmt::format("{} refers {} charged {} origin {}\n", name, referenced, charged, origin);
}

std::string Line(const std::string& name, size_t referenced, size_t used, bool deferred, size_t holds,
                 size_t clones) {
  return fmt::format("{} refers {} used {} deferred {} holds {} clones {}\n", name, referenced, used,
                     deferred, holds, clones);
}

void Describe(const DatasetTree& tree, ObjectId id, std::string* text) {
  const Dataset& dataset = tree.DatasetOf(id);
  const std::string name = tree.NameOf(id);
  *text += Line(name, dataset.live_bytes, dataset.charged_bytes,
                dataset.origin == 0 ? "" : tree.NameOf(dataset.origin));
  for (const auto& [snapshot_id, s] : dataset.snapshots) {
    *text += Line(tree.NameOf(snapshot_id), s.referenced_bytes, tree.UniqueBytes(snapshot_id),
                  s.defer_destroy, s.holds.size(), s.clones.size());
  }
  for (const auto& [leaf, bookmark] : dataset.bookmarks) *text += name + "#" + leaf + "\n";
  for (const auto& [leaf, child] : dataset.children) Describe(tree, child, text);
}

std::string Describe(const ReferencePool& pool) {
  std::string text;
  for (const auto& [name, dataset] : pool.datasets()) {
    text += Line(name, dataset.head.size(), pool.Charged(name), pool.NameOfSnapshot(dataset.origin));
    for (size_t i = 0; i < dataset.snapshots.size(); ++i) {
      const auto& s = dataset.snapshots[i];
      size_t clones = 0;
      for (const auto& [other_name, other] : pool.datasets()) clones += other.origin == s.sequence;
      text += Line(name + "@" + s.name, s.blocks.size(), pool.Unique(name, i), s.deferred, s.holds.size(),
                   clones);
    }
    for (const auto& [leaf, sequence] : dataset.bookmarks) text += name + "#" + leaf + "\n";
  }
  return text;
}

// Invariant (3): the sums that the tree keeps are those of its parts.
uint64_t CheckedUsed(const DatasetTree& tree, ObjectId id) {
  const Dataset& dataset = tree.DatasetOf(id);
  uint64_t charged = dataset.live.TotalFrom(dataset.origin);
  for (const auto& [snapshot_id, s] : dataset.snapshots) charged += s.dead_after.TotalFrom(dataset.origin);
  RC_ASSERT(charged == dataset.charged_bytes);
  RC_ASSERT(dataset.live.Total() == dataset.live_bytes);
  uint64_t children = 0;
  for (const auto& [leaf, child] : dataset.children) children += CheckedUsed(tree, child);
  RC_ASSERT(children == dataset.children_bytes);
  const uint64_t freeing = id == tree.root() ? tree.freeing_bytes() : 0;
  RC_ASSERT(dataset.used_bytes == charged + children + freeing);
  return dataset.used_bytes;
}

// How often each kind of operation succeeded, and each errno came up.
struct Coverage {
  std::map<MutationKind, int> successes;
  std::map<int, int> errors;
};

void RunSteps(const std::vector<uint64_t>& numbers, Coverage* coverage) {
  TestPool pool;
  ReferencePool reference;
  for (const uint64_t bits : numbers) {
    const Step step = Decode(bits, pool.tree);
    RC_LOG() << step.Text() << "\n";
    if (!step.same_txg) ++pool.txg;
    if (step.kind == Step::Kind::kWrite) {
      if (pool.Exists(step.mutation.name)) {
        pool.tree.Write(pool.Id(step.mutation.name), static_cast<uint64_t>(step.written),
                        static_cast<uint64_t>(step.freed), pool.txg);
      }
      reference.Write(step.mutation.name, step.written, step.freed);
    } else {
      const int error = pool.DoInSameTxg(step.mutation);
      RC_ASSERT(ErrnoText(error) == ErrnoText(reference.Perform(step.mutation, pool.txg)));
      if (error == 0) ++coverage->successes[step.mutation.kind];
      ++coverage->errors[error];
    }
    std::string text;
    Describe(pool.tree, pool.tree.root(), &text);
    RC_ASSERT(text == Describe(reference));
    CheckedUsed(pool.tree, pool.tree.root());
    RC_ASSERT(pool.Used("tank") - pool.tree.freeing_bytes() == reference.Allocated());
  }
}

class RandomOperationsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { setenv("RC_PARAMS", "seed=20 max_success=120", /*overwrite=*/0); }

  // Up to `length_max` numbers. At the nominal size a number has all its bits.
  static rc::Gen<std::vector<uint64_t>> Sequences(int length_max) {
    const auto number = rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<uint64_t>());
    return rc::gen::resize(length_max, rc::gen::container<std::vector<uint64_t>>(number));
  }
};

TEST_F(RandomOperationsTest, TheTreeAgreesWithThePlainReference) {
  Coverage coverage;
  EXPECT_TRUE(rc::check("sequences of up to 200 operations", [&] { RunSteps(*Sequences(200), &coverage); }));
  for (const auto kind :
       {MutationKind::kCreateFilesystem, MutationKind::kSnapshot, MutationKind::kDestroySnapshot,
        MutationKind::kDestroyDataset, MutationKind::kClone, MutationKind::kPromote, MutationKind::kRollback,
        MutationKind::kRename, MutationKind::kRenameSnapshot, MutationKind::kBookmark, MutationKind::kHold,
        MutationKind::kRelease}) {
    EXPECT_GT(coverage.successes[kind], 20) << static_cast<int>(kind);
  }
  for (const int error : {kENOENT, kEEXIST, kEBUSY, kEAGAIN, kEINVAL, kESRCH}) {
    EXPECT_GT(coverage.errors[error], 20) << ErrnoName(error);
  }
}

TEST_F(RandomOperationsTest, ACopyReplaysToTheSameTreeAndLeavesTheOriginalAlone) {
  EXPECT_TRUE(rc::check("two runs of a suffix from one copied tree", [] {
    TestPool pool;
    const auto run = [](TestPool* on, const std::vector<uint64_t>& numbers) {
      for (const uint64_t bits : numbers) {
        const Step step = Decode(bits, on->tree);
        if (step.kind == Step::Kind::kMutation) on->Do(step.mutation);
        if (step.kind == Step::Kind::kWrite && on->Exists(step.mutation.name)) {
          on->Write(step.mutation.name, static_cast<uint64_t>(step.written),
                    static_cast<uint64_t>(step.freed));
        }
      }
    };
    run(&pool, *Sequences(60));
    const std::string before = NormalisedTreeText(pool.tree, true);
    const std::vector<uint64_t> suffix = *Sequences(30);
    TestPool one = pool;
    TestPool other = pool;
    run(&one, suffix);
    RC_ASSERT(NormalisedTreeText(pool.tree, true) == before);
    run(&other, suffix);
    RC_ASSERT(NormalisedTreeText(one.tree, true) == NormalisedTreeText(other.tree, true));
  }));
}

}  // namespace
}  // namespace model
