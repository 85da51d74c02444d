// SPDX-License-Identifier: Apache-2.0
//
// The errno of each failing check, in the order of the real check functions: where
// two reasons apply at once, the first one answers. Named by those functions (OpenZFS
// module/zfs).
#include <string>

#include "gmock/gmock.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const std::string kTooLong(300, 'x');

// tank/a with a child and a snapshot, a clone tank/c of that, a volume tank/v.
class ErrnoTableTest : public ::testing::Test {
 protected:
  ErrnoTableTest() {
    pool_.Must(CreateFilesystem("tank/a"));
    pool_.Must(CreateFilesystem("tank/a/b"));
    pool_.Must(CreateVolume("tank/v", "1G"));
    pool_.Must(TakeSnapshot("tank/a@1"));
    pool_.Must(Clone("tank/a@1", "tank/c"));
  }
  int Try(const Mutation& mutation) {
    ++pool_.txg;
    return pool_.CheckSyncing(mutation);
  }
  int TryInProgram(const Mutation& mutation) {
    ++pool_.txg;
    return pool_.CheckInProgram(mutation);
  }
  TestPool pool_;
};

TEST_F(ErrnoTableTest, DmuObjsetCreateCheckLooksAtTheNameThenTheParentThenItsType) {
  EXPECT_EQ(Try(CreateFilesystem("tank/none/" + kTooLong + "@s")), kEINVAL);
  EXPECT_EQ(Try(CreateFilesystem("tank/none/" + kTooLong)), kENAMETOOLONG);
  std::string deep = "tank";
  for (int i = 0; i < 50; ++i) deep += "/d";
  EXPECT_EQ(Try(CreateFilesystem(deep)), kENAMETOOLONG);
  EXPECT_EQ(Try(CreateFilesystem("tank/none/x")), kENOENT);
  EXPECT_EQ(Try(CreateFilesystem("pond/none/x")), kEXDEV);
  EXPECT_EQ(Try(CreateFilesystem("tank/v")), kEEXIST);
  EXPECT_EQ(Try(CreateFilesystem("tank/v/x")), kZFS_ERR_WRONG_PARENT);
}

TEST_F(ErrnoTableTest, DslDatasetSnapshotCheckLooksAtTheTxgBeforeTheName) {
  EXPECT_EQ(Try(TakeSnapshot(kTooLong)), kENAMETOOLONG);
  EXPECT_EQ(Try(TakeSnapshot("tank/none")), kEINVAL);
  EXPECT_EQ(Try(TakeSnapshot("tank/none@1")), kENOENT);
  EXPECT_EQ(Try(TakeSnapshot("pond@1")), kEXDEV);
  pool_.Must(SetProperty("tank/a", "refreservation", "400G"));
  pool_.Write("tank/a", 400 * kGiB);
  pool_.Write("tank", 570 * kGiB);  // 992 GiB can be used; a snapshot needs another 400.
  EXPECT_EQ(Try(TakeSnapshot("tank/a@1")), kEEXIST);
  EXPECT_EQ(Try(TakeSnapshot("tank/a@2")), kENOSPC);
  pool_.Must(SetProperty("tank/a", "refreservation", "none"));
  pool_.Must(TakeSnapshot("tank/a@2"));
  EXPECT_EQ(pool_.CheckSyncing(TakeSnapshot("tank/a@2")), kEAGAIN);  // Not EEXIST.
}

TEST_F(ErrnoTableTest, DslDatasetSnapshotCheckAnswersWithItsLastErrorAndMakesNone) {
  ++pool_.txg;
  CheckDetails details;
  const Mutation batch = TakeSnapshots({"tank/a@1", "tank/a/b@1", "tank/none@1"});
  EXPECT_EQ(pool_.CheckSyncing(batch, &details), kENOENT);
  EXPECT_THAT(details.errors, ElementsAre(Pair("tank/a@1", kEEXIST), Pair("tank/none@1", kENOENT)));
  EXPECT_FALSE(pool_.Exists("tank/a/b@1"));
}

TEST_F(ErrnoTableTest, ZfsIocSnapshotRefusesBadNamesOtherPoolsAndTwoOfOneFilesystem) {
  EXPECT_EQ(CheckSyntax(TakeSnapshot("tank/a@b!")), kEINVAL);
  EXPECT_EQ(CheckSyntax(TakeSnapshots({"tank/a@1", "pond@1"})), kEXDEV);
  EXPECT_EQ(CheckSyntax(TakeSnapshots({"tank/a@1", "tank/a@2"})), kEXDEV);
}

TEST_F(ErrnoTableTest, Trap9DslDestroySnapshotCheckLooksAtLongHoldsThenHoldsThenClones) {
  EXPECT_EQ(Try(Destroy("tank/a@none")), 0);
  EXPECT_EQ(Try(Destroy("tank/none@1")), 0);
  EXPECT_EQ(Try(Destroy("tank/a@1")), kEEXIST);
  pool_.Must(Hold("keep", "tank/a@1"));
  EXPECT_EQ(Try(Destroy("tank/a@1")), kEBUSY);
  EXPECT_EQ(Try(Destroy("tank/a@1", true)), 0);
  pool_.tree.AddLongHold(pool_.Id("tank/a@1"), 1);
  EXPECT_EQ(Try(Destroy("tank/a@1", true)), kEBUSY);
  Mutation not_a_snapshot = Destroy("tank/a@1");
  not_a_snapshot.name = "tank/a";
  EXPECT_EQ(Try(not_a_snapshot), kEINVAL);
}

TEST_F(ErrnoTableTest, DeferredDestroyMarksWhatIsHeldOrClonedAndDestroysTheRest) {
  pool_.Must(TakeSnapshot("tank/a@2"));
  pool_.Must(Destroy("tank/a@2", true));
  EXPECT_FALSE(pool_.Exists("tank/a@2"));
  pool_.Must(Destroy("tank/a@1", true));
  EXPECT_TRUE(pool_.tree.SnapshotOf(pool_.Id("tank/a@1")).defer_destroy);
  pool_.Must(Destroy("tank/c"));
  EXPECT_FALSE(pool_.Exists("tank/a@1"));
}

TEST_F(ErrnoTableTest, Trap9DslDestroyHeadCheckFindsSnapshotsBusyAndChildrenExisting) {
  EXPECT_EQ(Try(Destroy("tank/none")), kENOENT);
  EXPECT_EQ(Try(Destroy("tank/a")), kEBUSY);  // It has both.
  pool_.Must(Destroy("tank/c"));
  pool_.Must(Destroy("tank/a@1"));
  EXPECT_EQ(Try(Destroy("tank/a")), kEEXIST);
  pool_.tree.SetMounted(pool_.Id("tank/a"), true);
  EXPECT_EQ(Try(Destroy("tank/a")), kEBUSY);
}

TEST_F(ErrnoTableTest, DslDestroyHeadCheckMindsTheOriginThatWouldGoToo) {
  pool_.Must(Destroy("tank/a@1", true));
  pool_.tree.AddLongHold(pool_.Id("tank/a@1"), 1);
  EXPECT_EQ(Try(Destroy("tank/c")), kEBUSY);
  pool_.Must(Hold("keep", "tank/a@1"));
  EXPECT_EQ(Try(Destroy("tank/c")), 0);  // Then it would stay.
}

TEST_F(ErrnoTableTest, BookmarksDoNotKeepADatasetFromBeingDestroyed) {
  pool_.Must(MakeBookmark("tank/a@1", "tank/c#1"));
  EXPECT_EQ(pool_.Do(Destroy("tank/c")), 0);
}

TEST_F(ErrnoTableTest, DmuObjsetCloneCheckLooksAtTheTargetBeforeTheOrigin) {
  EXPECT_EQ(Try(Clone("tank/a@none", "tank/none/x@y")), kEINVAL);
  EXPECT_EQ(Try(Clone("tank/a@none", "tank/none/" + kTooLong)), kENAMETOOLONG);
  EXPECT_EQ(Try(Clone("tank/a@none", "tank/none/x")), kENOENT);
  EXPECT_EQ(Try(Clone("tank/a@none", "pond/x")), kEXDEV);
  EXPECT_EQ(Try(Clone("tank/a@none", "tank/c")), kEEXIST);
  EXPECT_EQ(Try(Clone("tank/a@none", "tank/d")), kENOENT);
  EXPECT_EQ(Try(Clone("tank/a", "tank/d")), kEINVAL);
  EXPECT_EQ(Try(Clone("tank/a@1", "tank/v/x")), 0);  // Nor is the type of the parent looked at.
}

TEST_F(ErrnoTableTest, DslDatasetPromoteCheckLooksAtLongHoldsThenConflictsThenSpace) {
  EXPECT_EQ(Try(Promote("tank/none")), kENOENT);
  EXPECT_EQ(Try(Promote("tank/a")), kEINVAL);
  pool_.Must(TakeSnapshot("tank/c@2"));
  pool_.Must(Rename("tank/c@2", "tank/c@1"));
  ++pool_.txg;
  CheckDetails details;
  EXPECT_EQ(pool_.CheckSyncing(Promote("tank/c"), &details), kEEXIST);
  EXPECT_THAT(details.conflicts, ElementsAre("1"));
  // In open context it is not looked for.
  CheckDetails none;
  EXPECT_EQ(pool_.CheckOpen(Promote("tank/c"), &none), 0);
  EXPECT_THAT(none.conflicts, IsEmpty());
  pool_.tree.AddLongHold(pool_.Id("tank/a@1"), 1);
  EXPECT_EQ(Try(Promote("tank/c")), kEBUSY);
}

TEST_F(ErrnoTableTest, DslDatasetPromoteCheckRefusesWhatTheQuotaOfTheCloneCannotTake) {
  pool_.Write("tank/a", 10 * kMiB);
  pool_.Must(TakeSnapshot("tank/a@2"));
  pool_.Must(CreateFilesystem("tank/small", {{"quota", "10M"}}));
  pool_.Must(Clone("tank/a@2", "tank/small/d"));
  EXPECT_EQ(Try(Promote("tank/small/d")), 0);
  pool_.Write("tank/small/d", 1);
  EXPECT_EQ(Try(Promote("tank/small/d")), kENOSPC);
}

TEST_F(ErrnoTableTest, DslDatasetRollbackCheckLooksAtTheTargetThenBookmarksThenUsersThenSpace) {
  EXPECT_EQ(Try(Rollback("tank/none")), kENOENT);
  EXPECT_EQ(Try(Rollback("tank/a/b")), kESRCH);
  Mutation of_a_snapshot = Rollback("tank/a@1");
  EXPECT_EQ(Try(of_a_snapshot), kEINVAL);
  pool_.Must(TakeSnapshot("tank/a@2"));
  EXPECT_EQ(pool_.CheckSyncing(Rollback("tank/a", "tank/a@none")), kEAGAIN);  // Of this very txg.
  EXPECT_EQ(Try(Rollback("tank/a", "tank/a@none")), kESRCH);
  EXPECT_EQ(Try(Rollback("tank/a", "tank/a@1")), kEEXIST);
  pool_.Must(MakeBookmark("tank/a@2", "tank/a#2"));
  pool_.Must(Destroy("tank/a@2"));
  pool_.tree.SetMounted(pool_.Id("tank/a"), true);
  EXPECT_EQ(TryInProgram(Rollback("tank/a")), kEEXIST);  // The newer bookmark, not yet the mount.
  pool_.Must(Destroy("tank/a#2"));
  EXPECT_EQ(TryInProgram(Rollback("tank/a")), kEBUSY);
  EXPECT_EQ(Try(Rollback("tank/a")), 0);  // The ioctl hands its own mount over.
}

TEST_F(ErrnoTableTest, DslDatasetRollbackCheckComparesTheRefquotaBeforeTheRefreservation) {
  pool_.Write("tank/a", 20 * kMiB);
  pool_.Must(TakeSnapshot("tank/a@2"));
  pool_.Write("tank/a", 0, 15 * kMiB);
  pool_.Must(SetProperty("tank/a", "refquota", "10M"));
  EXPECT_EQ(Try(Rollback("tank/a")), kEDQUOT);
}

// After the rollback the head has no blocks of its own, so the refreservation needs anew what these 10 GiB
// took of it. Of the 992 GiB that can be used, 400 + 10 + 575 are written and 6 are kept for the rest of the
// 16 GiB: 1 is left.
TEST_F(ErrnoTableTest, DslDatasetRollbackCheckNeedsRoomForTheRefreservation) {
  pool_.Write("tank/a", 400 * kGiB);
  pool_.Must(TakeSnapshot("tank/a@2"));
  pool_.Write("tank/a", 10 * kGiB, 400 * kGiB);
  pool_.Must(SetProperty("tank/a", "refreservation", "10G"));
  EXPECT_EQ(Try(Rollback("tank/a")), 0);
  pool_.Write("tank", 575 * kGiB);
  pool_.Must(SetProperty("tank/a", "refreservation", "16G"));
  EXPECT_EQ(Try(Rollback("tank/a")), kENOSPC);
}

TEST_F(ErrnoTableTest, DslDirRenameCheckLooksAtTheNewPlaceBeforeTheOldOneIsMeasured) {
  EXPECT_EQ(Try(Rename("tank/none", "tank/none/x")), kENOENT);
  EXPECT_EQ(Try(Rename("tank/a", "tank/none/x")), kENOENT);
  EXPECT_EQ(Try(Rename("tank/a", "pond/x")), kEXDEV);
  EXPECT_EQ(Try(Rename("tank/a", "tank/c")), kEEXIST);
  EXPECT_EQ(Try(Rename("tank/a", "tank/v/x")), kZFS_ERR_WRONG_PARENT);
  EXPECT_EQ(Try(Rename("tank/a", "tank/" + std::string(250, 'x'))),
            kENAMETOOLONG);  // tank/.../b is too long.
  EXPECT_EQ(Try(Rename("tank/a", "tank/a/b/c")), kEINVAL);
  pool_.Must(CreateFilesystem("tank/small", {{"quota", "1M"}}));
  pool_.Write("tank/a", 2 * kMiB);
  EXPECT_EQ(Try(Rename("tank/a", "tank/small/a")), kENOSPC);
}

// zfs_max_dataset_nesting counts for what is below, too.
TEST_F(ErrnoTableTest, DslDirRenameCheckLooksAtTheDepthOfDescendants) {
  std::string deep = "tank";
  for (int i = 0; i < 48; ++i) {
    deep += "/d";
    pool_.Must(CreateFilesystem(deep));
  }
  EXPECT_EQ(Try(Rename("tank/c", deep + "/x")), 0);              // 49 slashes.
  EXPECT_EQ(Try(Rename("tank/a", deep + "/x")), kENAMETOOLONG);  // tank/a/b would have 50.
}

TEST_F(ErrnoTableTest, DslDatasetRenameSnapshotCheckPassesWhatIsMissing) {
  pool_.Must(TakeSnapshot("tank/a@2"));
  EXPECT_EQ(Try(Rename("tank/none@1", "tank/none@2")), kENOENT);
  EXPECT_EQ(Try(Rename("tank/a@none", "tank/a@2")), 0);
  EXPECT_EQ(Try(Rename("tank/a@1", "tank/a@2")), kEEXIST);
  EXPECT_EQ(Try(Rename("tank/a@1", "tank/a@" + kTooLong)), kENAMETOOLONG);
  EXPECT_EQ(CheckSyntax(Rename("tank/a@1", "tank/c@1")), kEXDEV);
}

TEST_F(ErrnoTableTest, DslBookmarkCreateCheckLooksAtTheTargetBeforeTheSource) {
  EXPECT_EQ(Try(MakeBookmark("tank/a@none", "tank/none")), kEINVAL);
  EXPECT_EQ(Try(MakeBookmark("pond@1", "tank/a#1")), kEINVAL);
  EXPECT_EQ(Try(MakeBookmark("tank/a@none", "tank/none#1")), kENOENT);
  pool_.Must(MakeBookmark("tank/a@1", "tank/a#1"));
  EXPECT_EQ(Try(MakeBookmark("tank/a@none", "tank/a#1")), kEEXIST);
  EXPECT_EQ(Try(MakeBookmark("tank/a@none", "tank/a#2")), kENOENT);
  EXPECT_EQ(Try(MakeBookmark("tank/a#none", "tank/a#2")), kESRCH);
  EXPECT_EQ(Try(MakeBookmark("tank/a@1", "tank/a/b#1")), kZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR);
  EXPECT_EQ(Try(MakeBookmark("tank/a@1", "tank/c#1")), 0);
}

TEST_F(ErrnoTableTest, DslBookmarkDestroyCheckPassesWhatIsMissing) {
  EXPECT_EQ(Try(Destroy("tank/a#none")), 0);
  EXPECT_EQ(Try(Destroy("tank/none#1")), 0);
}

TEST_F(ErrnoTableTest, DslDatasetUserHoldCheckRecordsMissingSnapshotsAndGoesOn) {
  pool_.Must(Hold("keep", "tank/a@1"));
  Mutation twice = Hold("other", "tank/a@1");
  twice.more = {"tank/a@1"};
  EXPECT_EQ(Try(twice), kEEXIST);
  EXPECT_EQ(Try(Hold("keep", "tank/a")), kEINVAL);
  EXPECT_EQ(Try(Hold(kTooLong, "tank/a@1")), kE2BIG);
  EXPECT_EQ(Try(Hold("keep", "tank/a@1")), kEEXIST);
  ++pool_.txg;
  CheckDetails details;
  EXPECT_EQ(pool_.CheckSyncing(Hold("keep", "tank/a@none"), &details), 0);
  EXPECT_THAT(details.errors, ElementsAre(Pair("tank/a@none", kENOENT)));
  EXPECT_EQ(pool_.CheckOpen(Hold("keep", "tank/a@1")), 0);  // Only looked at in syncing context.
  EXPECT_EQ(CheckSyntax(Hold("", "tank/a@1")), kEINVAL);
}

TEST_F(ErrnoTableTest, DslDatasetUserReleaseCheckIsBusyIfALongHoldKeepsADeferredSnapshot) {
  EXPECT_EQ(Try(Release("keep", "tank/a")), kEINVAL);
  EXPECT_EQ(Try(Release("keep", "tank/a@none")), 0);
  EXPECT_EQ(Try(Release("keep", "tank/a@1")), 0);  // No such tag: recorded, not fatal.
  pool_.Must(TakeSnapshot("tank/a/b@1"));
  pool_.Must(Hold("keep", "tank/a/b@1"));
  pool_.Must(Destroy("tank/a/b@1", true));
  pool_.tree.AddLongHold(pool_.Id("tank/a/b@1"), 1);
  EXPECT_EQ(Try(Release("keep", "tank/a/b@1")), kEBUSY);
}

TEST_F(ErrnoTableTest, ZcpSetPropCheckTakesUserPropertiesAndZcpInheritWhatCanBeInherited) {
  EXPECT_EQ(TryInProgram(SetProperty("tank/none", "compression", "lz4")), kEINVAL);
  EXPECT_EQ(TryInProgram(SetProperty("tank/none", "org:" + kTooLong, "x")), kENOENT);
  EXPECT_EQ(TryInProgram(SetProperty("tank/a", "org:" + kTooLong, "x")), kENAMETOOLONG);
  EXPECT_EQ(TryInProgram(SetProperty("tank/a", "org:x", std::string(8192, 'x'))), kE2BIG);
  EXPECT_EQ(TryInProgram(Inherit("tank/none", "used")), kEINVAL);
  EXPECT_EQ(TryInProgram(Inherit("tank/none", "quota")), kEINVAL);
  EXPECT_EQ(TryInProgram(Inherit("tank/none", "compression")), kENOENT);
}

// All snapshots of one call have one txg and one time (dsl_dataset.c:dsl_dataset_snapshot_sync_impl).
TEST_F(ErrnoTableTest, SnapshotsOfOneCallAreOfOneTxgAndOneTime) {
  pool_.Must(TakeSnapshots({"tank/a@2", "tank/a/b@2", "tank/v@2"}));
  const Snapshot& first = pool_.tree.SnapshotOf(pool_.Id("tank/a@2"));
  for (const char* name : {"tank/a/b@2", "tank/v@2"}) {
    EXPECT_EQ(pool_.tree.SnapshotOf(pool_.Id(name)).created.txg, first.created.txg);
    EXPECT_EQ(pool_.tree.SnapshotOf(pool_.Id(name)).created.time_s, first.created.time_s);
  }
}

TEST_F(ErrnoTableTest, DslDirHoldTellsOtherPoolsFromMissingPartsFromBadSeparators) {
  ObjectId id = 0;
  EXPECT_EQ(pool_.tree.Lookup("pond/a", &id), kEXDEV);
  EXPECT_EQ(pool_.tree.Lookup("tank/none/x/y", &id), kENOENT);
  EXPECT_EQ(pool_.tree.Lookup("tank//a", &id), kEINVAL);
  EXPECT_EQ(pool_.tree.Lookup("/tank", &id), kEINVAL);
  EXPECT_EQ(pool_.tree.Lookup("tank/" + kTooLong, &id), kENAMETOOLONG);
  EXPECT_EQ(pool_.tree.Lookup("tank/a#1", &id), kENOENT);  // To a lookup a '#' is part of a component.
}

}  // namespace
}  // namespace model
