// SPDX-License-Identifier: Apache-2.0
#include "gmock/gmock.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// tank/a with snapshots 1, 2, 3 and a clone of 2 with a snapshot of its own.
class PromoteTest : public ::testing::Test {
 protected:
  PromoteTest() {
    pool_.Must(CreateFilesystem("tank/a"));
    pool_.Must(TakeSnapshot("tank/a@1"));
    pool_.Must(TakeSnapshot("tank/a@2"));
    pool_.Must(Clone("tank/a@2", "tank/c"));
    pool_.Must(TakeSnapshot("tank/a@3"));
    pool_.Must(TakeSnapshot("tank/c@mine"));
  }
  std::string OriginOf(std::string_view name) {
    const ObjectId origin = pool_.tree.DatasetOf(pool_.Id(name)).origin;
    return origin == 0 ? "" : pool_.tree.NameOf(origin);
  }
  TestPool pool_;
};

TEST_F(PromoteTest, SnapshotsUpToTheOriginChangeSides) {
  EXPECT_EQ(pool_.Do(Promote("tank/c")), 0);
  EXPECT_THAT(pool_.List(ListKind::kSnapshots, "tank/c"), ElementsAre("tank/c@1", "tank/c@2", "tank/c@mine"));
  EXPECT_THAT(pool_.List(ListKind::kSnapshots, "tank/a"), ElementsAre("tank/a@3"));
  EXPECT_EQ(OriginOf("tank/a"), "tank/c@2");
  EXPECT_EQ(OriginOf("tank/c"), "");
  EXPECT_THAT(pool_.List(ListKind::kClones, "tank/c@2"), ElementsAre("tank/a"));
}

TEST_F(PromoteTest, TwiceIsAsBefore) {
  pool_.Must(Promote("tank/c"));
  EXPECT_EQ(pool_.Do(Promote("tank/c")), kEINVAL);
  pool_.Must(Promote("tank/a"));
  EXPECT_THAT(pool_.List(ListKind::kSnapshots, "tank/a"), ElementsAre("tank/a@1", "tank/a@2", "tank/a@3"));
  EXPECT_THAT(pool_.List(ListKind::kSnapshots, "tank/c"), ElementsAre("tank/c@mine"));
  EXPECT_EQ(OriginOf("tank/c"), "tank/a@2");
}

TEST_F(PromoteTest, ACloneOfACloneComesBetween) {
  // c2 is a clone of c@mine; promoted, it takes c@mine alone, and its origin is c's.
  pool_.Must(Clone("tank/c@mine", "tank/c2"));
  pool_.Must(Promote("tank/c2"));
  EXPECT_EQ(OriginOf("tank/c2"), "tank/a@2");
  EXPECT_EQ(OriginOf("tank/c"), "tank/c2@mine");
  EXPECT_THAT(pool_.List(ListKind::kClones, "tank/a@2"), ElementsAre("tank/c2"));
}

TEST_F(PromoteTest, OtherClonesFollowTheirSnapshot) {
  pool_.Must(Clone("tank/a@1", "tank/d"));
  pool_.Must(Promote("tank/c"));
  EXPECT_EQ(OriginOf("tank/d"), "tank/c@1");
}

TEST_F(PromoteTest, ErrorsInOrder) {
  EXPECT_EQ(pool_.Do(Promote("tank/x")), kENOENT);
  EXPECT_EQ(pool_.Do(Promote("tank/a")), kEINVAL);
  EXPECT_EQ(pool_.Do(Promote("tank/c@mine")), kEINVAL);
  pool_.Must(TakeSnapshot("tank/c@1"));
  pool_.tree.AddLongHold(pool_.Id("tank/a@2"), 1);
  EXPECT_EQ(pool_.Do(Promote("tank/c")), kEBUSY);
  pool_.tree.AddLongHold(pool_.Id("tank/a@2"), -1);
  EXPECT_EQ(pool_.Do(Promote("tank/c")), kEEXIST);
}

TEST_F(PromoteTest, ConflictsAreNamedInSyncingContextOnly) {
  pool_.Must(TakeSnapshot("tank/c@2"));
  pool_.Must(TakeSnapshot("tank/c@1"));
  CheckDetails details;
  EXPECT_EQ(pool_.CheckOpen(Promote("tank/c"), &details), 0);
  EXPECT_THAT(details.conflicts, IsEmpty());
  EXPECT_EQ(pool_.CheckSyncing(Promote("tank/c"), &details), kEEXIST);
  EXPECT_THAT(details.conflicts, ElementsAre("2", "1"));
}

TEST_F(PromoteTest, BookmarksOfWhatMovesMoveAndMayConflict) {
  pool_.Must(MakeBookmark("tank/a@1", "tank/a#b"));
  pool_.Must(MakeBookmark("tank/a@3", "tank/a#late"));
  pool_.Must(MakeBookmark("tank/c@mine", "tank/c#b"));
  CheckDetails details;
  EXPECT_EQ(pool_.CheckSyncing(Promote("tank/c"), &details), kEEXIST);
  EXPECT_THAT(details.conflicts, ElementsAre("b"));
  pool_.Must(Destroy("tank/c#b"));
  pool_.Must(Promote("tank/c"));
  EXPECT_THAT(pool_.List(ListKind::kBookmarks, "tank/c"), ElementsAre("tank/c#b"));
  EXPECT_THAT(pool_.List(ListKind::kBookmarks, "tank/a"), ElementsAre("tank/a#late"));
}

TEST_F(PromoteTest, NamesThatMoveMustFit) {
  pool_.Must(Rename("tank/c", "tank/" + std::string(100, 'c')));
  pool_.Must(Rename("tank/a@1", "tank/a@" + std::string(200, '1')));
  EXPECT_EQ(pool_.Do(Promote("tank/" + std::string(100, 'c'))), kENAMETOOLONG);
}

TEST_F(PromoteTest, WhatMovesMustFitTheQuota) {
  pool_.Must(CreateFilesystem("tank/b"));
  pool_.Write("tank/b", 8 * kMiB);
  pool_.Must(TakeSnapshot("tank/b@1"));
  pool_.Must(CreateFilesystem("tank/small", {{"quota", "4M"}}));
  pool_.Must(Clone("tank/b@1", "tank/small/c"));
  EXPECT_EQ(pool_.Do(Promote("tank/small/c")), kENOSPC);
  pool_.Must(SetProperty("tank/small", "quota", "8M"));
  EXPECT_EQ(pool_.Do(Promote("tank/small/c")), 0);
}

class RollbackTest : public ::testing::Test {
 protected:
  RollbackTest() {
    pool_.Must(CreateFilesystem("tank/a"));
    pool_.Write("tank/a", 4 * kMiB);
    pool_.Must(TakeSnapshot("tank/a@1"));
    pool_.Must(TakeSnapshot("tank/a@2"));
  }
  TestPool pool_;
};

TEST_F(RollbackTest, GoesToTheNewestAndNamesIt) {
  pool_.Write("tank/a", 2 * kMiB, 1 * kMiB);
  EXPECT_EQ(pool_.Referenced("tank/a"), 5 * kMiB);
  ++pool_.txg;
  CheckDetails details;
  EXPECT_EQ(pool_.CheckSyncing(Rollback("tank/a"), &details), 0);
  EXPECT_EQ(details.target, "tank/a@2");
  EXPECT_EQ(pool_.Do(Rollback("tank/a")), 0);
  EXPECT_EQ(pool_.Referenced("tank/a"), 4 * kMiB);
}

TEST_F(RollbackTest, ErrorsInOrder) {
  pool_.Must(CreateFilesystem("tank/none"));
  EXPECT_EQ(pool_.Do(Rollback("tank/x")), kENOENT);
  EXPECT_EQ(pool_.Do(Rollback("tank/a@2")), kEINVAL);
  EXPECT_EQ(pool_.Do(Rollback("tank/none")), kESRCH);
  EXPECT_EQ(pool_.Do(Rollback("tank/a", "tank/a@gone")), kESRCH);
  EXPECT_EQ(pool_.Do(Rollback("tank/a", "pond/a@2")), kESRCH);
  EXPECT_EQ(pool_.Do(Rollback("tank/a", "tank/a@1")), kEEXIST);
  EXPECT_EQ(pool_.Do(Rollback("tank/a", "tank/a@2")), 0);
}

TEST_F(RollbackTest, ASnapshotOfAnotherFilesystemIsUnrelated) {
  pool_.Must(CreateFilesystem("tank/b"));
  pool_.Must(TakeSnapshot("tank/b@1"));
  EXPECT_EQ(pool_.Do(Rollback("tank/a", "tank/b@1")), kESRCH);
}

TEST_F(RollbackTest, ASnapshotOfThisTxgIsEagainWhenSyncing) {
  ASSERT_EQ(pool_.Do(TakeSnapshot("tank/a@3")), 0);
  EXPECT_EQ(pool_.CheckSyncing(Rollback("tank/a")), kEAGAIN);
  EXPECT_EQ(pool_.CheckOpen(Rollback("tank/a")), 0);
}

TEST_F(RollbackTest, ANewerBookmarkStandsInTheWay) {
  pool_.Must(TakeSnapshot("tank/a@3"));
  pool_.Must(MakeBookmark("tank/a@3", "tank/a#3"));
  EXPECT_EQ(pool_.Do(Rollback("tank/a")), 0);  // As new as the newest snapshot.
  pool_.Must(Destroy("tank/a@3"));
  EXPECT_EQ(pool_.Do(Rollback("tank/a")), kEEXIST);
}

TEST_F(RollbackTest, AMountIsInTheWayOfAProgramOnly) {
  pool_.tree.SetMounted(pool_.Id("tank/a"), true);
  ++pool_.txg;
  EXPECT_EQ(pool_.CheckInProgram(Rollback("tank/a")), kEBUSY);
  EXPECT_EQ(pool_.CheckSyncing(Rollback("tank/a")), 0);
  EXPECT_EQ(Check(pool_.tree, Rollback("tank/a"),
                  {.syncing = false, .txg = pool_.txg, .caller = Caller::kChannelProgram}),
            0);
  pool_.tree.AddLongHold(pool_.Id("tank/a"), 1);
  EXPECT_EQ(pool_.CheckSyncing(Rollback("tank/a")), kEBUSY);
}

TEST_F(RollbackTest, TheTargetMustFitTheRefquota) {
  pool_.Write("tank/a", 0, 3 * kMiB);
  pool_.Must(SetProperty("tank/a", "refquota", "2M"));
  EXPECT_EQ(pool_.Do(Rollback("tank/a")), kEDQUOT);
}

TEST_F(RollbackTest, ACloneWithoutSnapshotsGoesBackToItsOrigin) {
  pool_.Must(Clone("tank/a@2", "tank/c"));
  pool_.Write("tank/c", 3 * kMiB, 1 * kMiB);
  EXPECT_EQ(pool_.Used("tank/c"), 3 * kMiB);
  EXPECT_EQ(pool_.Do(Rollback("tank/c", "tank/a@2")), 0);
  EXPECT_EQ(pool_.Referenced("tank/c"), 4 * kMiB);
  EXPECT_EQ(pool_.Used("tank/c"), 0u);
}

}  // namespace
}  // namespace model
