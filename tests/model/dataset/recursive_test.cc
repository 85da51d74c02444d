// SPDX-License-Identifier: Apache-2.0
//
// What user space gathers for -r and -R, and the one recursion that the kernel knows.
#include "model/dataset/recursive.h"

#include "gmock/gmock.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RecursiveTest : public ::testing::Test {
 protected:
  RecursiveTest() {
    pool_.Must(CreateFilesystem("tank/a"));
    pool_.Must(CreateFilesystem("tank/a/b"));
    pool_.Must(TakeSnapshots({"tank/a@1", "tank/a/b@1"}));
    pool_.Must(Clone("tank/a/b@1", "tank/c"));
    pool_.Must(TakeSnapshot("tank/c@2"));
  }
  std::vector<std::string> DependentsOf(std::string_view name, bool with_clones) const {
    std::vector<std::string> names;
    for (const ObjectId id : Dependents(pool_.tree, pool_.Id(name), with_clones)) {
      names.push_back(pool_.tree.NameOf(id));
    }
    return names;
  }
  TestPool pool_;
};

TEST_F(RecursiveTest, ASnapshotOfAllBelowIsOneCallWithAllNames) {
  EXPECT_THAT(NamesBelow(pool_.tree, pool_.Id("tank/a"), "@now"), ElementsAre("tank/a@now", "tank/a/b@now"));
  pool_.Must(TakeSnapshots(NamesBelow(pool_.tree, pool_.Id("tank"), "@now")));
  // All of one call belong to one txg.
  EXPECT_EQ(pool_.tree.SnapshotOf(pool_.Id("tank@now")).created.txg,
            pool_.tree.SnapshotOf(pool_.Id("tank/a/b@now")).created.txg);
}

TEST_F(RecursiveTest, ChildrenGoBeforeSnapshotsAndBothBeforeTheDataset) {
  EXPECT_THAT(DependentsOf("tank/a", false), ElementsAre("tank/a/b@1", "tank/a/b", "tank/a@1"));
  EXPECT_THAT(DependentsOf("tank/a@1", false), IsEmpty());
}

TEST_F(RecursiveTest, ClonesGoBeforeTheirOriginIfAsked) {
  EXPECT_THAT(DependentsOf("tank/a", true),
              ElementsAre("tank/c@2", "tank/c", "tank/a/b@1", "tank/a/b", "tank/a@1"));
  EXPECT_THAT(DependentsOf("tank/a/b@1", true), ElementsAre("tank/c@2", "tank/c"));
}

TEST_F(RecursiveTest, ACloneThatIsAnAncestorIsNotWalkedTwice) {
  pool_.Must(Promote("tank/c"));  // tank/a/b is now the clone, of tank/c@1.
  pool_.Must(Rename("tank/c", "tank/a/b/c"));
  EXPECT_THAT(DependentsOf("tank/a/b", true), ElementsAre("tank/a/b/c@1", "tank/a/b/c@2", "tank/a/b/c"));
  EXPECT_THAT(DependentsOf("tank/a/b/c", true), ElementsAre("tank/a/b", "tank/a/b/c@1", "tank/a/b/c@2"));
}

// dsl_dataset.c:dsl_dataset_rename_snapshot_check, with recursive: all or none.
TEST_F(RecursiveTest, RenamingSnapshotsBelowIsOneTaskThatChangesAllOrNone) {
  pool_.Must(TakeSnapshot("tank/a/b@old"));
  EXPECT_EQ(pool_.Do(RenameSnapshots("tank/a@1", "tank/a@old")), kEEXIST);
  EXPECT_TRUE(pool_.Exists("tank/a@1"));
  EXPECT_EQ(pool_.Do(RenameSnapshots("tank/a@1", "tank/a@first")), 0);
  EXPECT_TRUE(pool_.Exists("tank/a@first") && pool_.Exists("tank/a/b@first"));
  EXPECT_FALSE(pool_.Exists("tank/a/b@1"));
}

TEST_F(RecursiveTest, RenamingSnapshotsBelowPassesOverWhereThereIsNone) {
  EXPECT_EQ(pool_.Do(RenameSnapshots("tank@2", "tank@second")), 0);
  EXPECT_TRUE(pool_.Exists("tank/c@second"));
}

TEST_F(RecursiveTest, NamesOfDescendantsMustFitToo) {
  const std::string long_name(240, 'x');
  EXPECT_EQ(pool_.Do(RenameSnapshots("tank/a@1", "tank/a@" + long_name)), 0);
  EXPECT_EQ(pool_.Do(RenameSnapshots("tank/a@" + long_name, "tank/a@" + long_name + "1234567")),
            kENAMETOOLONG);  // tank/a@... has 254 characters, tank/a/b@... has 256.
}

}  // namespace
}  // namespace model
