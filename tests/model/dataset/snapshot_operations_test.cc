// SPDX-License-Identifier: Apache-2.0
//
// Snapshots, holds and bookmarks: each errno, in both contexts.
#include <string>

#include "gmock/gmock.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(SnapshotTest, ErrorsInOrder) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  EXPECT_EQ(pool.Do(TakeSnapshot("tank/a@" + std::string(249, 'x'))), kENAMETOOLONG);
  EXPECT_EQ(pool.Do(TakeSnapshot("tank/a")), kEINVAL);
  EXPECT_EQ(pool.Do(TakeSnapshot("tank/x@s")), kENOENT);
  EXPECT_EQ(pool.Do(TakeSnapshot("pond/x@s")), kEXDEV);
  EXPECT_EQ(pool.Do(TakeSnapshot("tank/a@s")), kEEXIST);
}

TEST(SnapshotTest, TwoOfOneFilesystemInATxgAreEagainBeforeTheNameIsLookedAt) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  EXPECT_EQ(pool.DoInSameTxg(TakeSnapshot("tank/a@t")), kEAGAIN);
  EXPECT_EQ(pool.DoInSameTxg(TakeSnapshot("tank/a@s")), kEAGAIN);
  EXPECT_EQ(pool.Do(TakeSnapshot("tank/a@s")), kEEXIST);
}

TEST(SnapshotTest, ACloneOfASnapshotOfThisTxgIsEagainToo) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  ASSERT_EQ(pool.DoInSameTxg(Clone("tank/a@s", "tank/c")), 0);
  EXPECT_EQ(pool.DoInSameTxg(TakeSnapshot("tank/c@t")), kEAGAIN);
}

TEST(SnapshotTest, OpenContextLooksAtTheFilesystemOnly) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  EXPECT_EQ(pool.CheckOpen(TakeSnapshot("tank/a@s")), 0);
  EXPECT_EQ(pool.CheckOpen(TakeSnapshot("tank/x@s")), kENOENT);
  EXPECT_EQ(pool.CheckOpen(TakeSnapshot("tank/a")), kEINVAL);
}

TEST(SnapshotTest, ABatchIsAllOrNothingAndTellsWhichFailed) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(CreateFilesystem("tank/b"));
  pool.Must(TakeSnapshot("tank/b@s"));
  ++pool.txg;
  CheckDetails details;
  EXPECT_EQ(pool.CheckSyncing(TakeSnapshots({"tank/a@s", "tank/b@s", "tank/x@s"}), &details), kENOENT);
  EXPECT_THAT(details.errors, ElementsAre(Pair("tank/b@s", kEEXIST), Pair("tank/x@s", kENOENT)));
  EXPECT_EQ(pool.Do(TakeSnapshots({"tank/a@t", "tank/b@t"})), 0);
  EXPECT_EQ(pool.tree.SnapshotOf(pool.Id("tank/a@t")).created.txg,
            pool.tree.SnapshotOf(pool.Id("tank/b@t")).created.txg);
}

TEST(SnapshotTest, TheIoctlRefusesWhatItCannotDoAtOnce) {
  EXPECT_EQ(CheckSyntax(TakeSnapshots({"tank/a@s", "pond/a@s"})), kEXDEV);
  EXPECT_EQ(CheckSyntax(TakeSnapshots({"tank/a@s", "tank/a@t"})), kEXDEV);
  EXPECT_EQ(CheckSyntax(TakeSnapshots({"tank/a@s", "tank/b"})), kEINVAL);
  EXPECT_EQ(CheckSyntax(TakeSnapshots({"tank/a@s", "tank/b@s"})), 0);
}

TEST(SnapshotTest, ARefreservationMustFitASecondTime) {
  // 64 GiB less the slop of 2 GiB; the volume holds 40 of its 40 reserved.
  TestPool pool(64 * kGiB);
  pool.Must(CreateVolume("tank/v", "40G", {{"refreservation", "40G"}}));
  pool.Write("tank/v", 40 * kGiB);
  EXPECT_EQ(pool.Do(TakeSnapshot("tank/v@s")), kENOSPC);
  pool.Must(SetProperty("tank/v", "refreservation", "none"));
  EXPECT_EQ(pool.Do(TakeSnapshot("tank/v@s")), 0);
}

TEST(DestroySnapshotTest, OneThatIsMissingSucceeds) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  EXPECT_EQ(pool.Do(Destroy("tank/a@s")), 0);
  EXPECT_EQ(pool.Do(Destroy("tank/x@s")), 0);
  EXPECT_EQ(pool.CheckOpen(Destroy("tank/a@s")), 0);
  EXPECT_EQ(pool.Do(Destroy("pond/a@s")), kEXDEV);
}

TEST(DestroySnapshotTest, ClonesAreEexistHoldsAreEbusyAndHoldsComeFirst) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  pool.Must(Clone("tank/a@s", "tank/c"));
  EXPECT_EQ(pool.Do(Destroy("tank/a@s")), kEEXIST);
  pool.Must(Hold("keep", "tank/a@s"));
  EXPECT_EQ(pool.Do(Destroy("tank/a@s")), kEBUSY);
  pool.Must(Release("keep", "tank/a@s"));
  pool.Must(Destroy("tank/c"));
  pool.tree.AddLongHold(pool.Id("tank/a@s"), 1);
  EXPECT_EQ(pool.Do(Destroy("tank/a@s")), kEBUSY);
  EXPECT_EQ(pool.Do(Destroy("tank/a@s", /*defer=*/true)), kEBUSY);
}

TEST(DestroySnapshotTest, DeferredGoesAtOnceIfNothingHoldsIt) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  EXPECT_EQ(pool.Do(Destroy("tank/a@s", /*defer=*/true)), 0);
  EXPECT_FALSE(pool.Exists("tank/a@s"));
}

TEST(DestroySnapshotTest, DeferredStaysVisibleUntilTheLastHoldGoes) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  pool.Must(Hold("one", "tank/a@s"));
  pool.Must(Hold("two", "tank/a@s"));
  EXPECT_EQ(pool.Do(Destroy("tank/a@s", /*defer=*/true)), 0);
  EXPECT_TRUE(pool.tree.SnapshotOf(pool.Id("tank/a@s")).defer_destroy);
  pool.Must(Release("one", "tank/a@s"));
  EXPECT_TRUE(pool.Exists("tank/a@s"));
  pool.tree.AddLongHold(pool.Id("tank/a@s"), 1);
  EXPECT_EQ(pool.Do(Release("two", "tank/a@s")), kEBUSY);
  pool.tree.AddLongHold(pool.Id("tank/a@s"), -1);
  pool.Must(Release("two", "tank/a@s"));
  EXPECT_FALSE(pool.Exists("tank/a@s"));
}

TEST(RenameSnapshotTest, ErrorsInOrder) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  pool.Must(TakeSnapshot("tank/a@t"));
  EXPECT_EQ(pool.Do(Rename("tank/x@s", "tank/x@t")), kENOENT);
  EXPECT_EQ(pool.Do(Rename("tank/a@gone", "tank/a@new")), 0);  // The surprise: nothing to do is success.
  EXPECT_FALSE(pool.Exists("tank/a@new"));
  EXPECT_EQ(pool.Do(Rename("tank/a@s", "tank/a@t")), kEEXIST);
  EXPECT_EQ(pool.Do(Rename("tank/a@s", "tank/a@" + std::string(249, 'x'))), kENAMETOOLONG);
  EXPECT_EQ(pool.Do(Rename("tank/a@s", "tank/a@u")), 0);
  EXPECT_THAT(pool.List(ListKind::kSnapshots, "tank/a"), ElementsAre("tank/a@u", "tank/a@t"));
  EXPECT_EQ(CheckSyntax(Rename("tank/a@s", "tank/b@s")), kEXDEV);
}

TEST(HoldTest, ChecksAreMadeInSyncingContextOnly) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  EXPECT_EQ(pool.CheckOpen(Hold("tag", "tank/a")), 0);
  EXPECT_EQ(pool.Do(Hold("tag", "tank/a")), kEINVAL);
}

TEST(HoldTest, AMissingSnapshotIsReportedButNoError) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  Mutation hold = Hold("tag", "tank/a@gone");
  hold.more = {"tank/a@s"};
  CheckDetails details;
  EXPECT_EQ(pool.CheckSyncing(hold, &details), 0);
  EXPECT_THAT(details.errors, ElementsAre(Pair("tank/a@gone", kENOENT)));
  EXPECT_EQ(pool.Do(hold), 0);
  EXPECT_THAT(pool.List(ListKind::kHolds, "tank/a@s"), ElementsAre("tag"));
}

TEST(HoldTest, ErrorsInOrder) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  pool.Must(Hold("tag", "tank/a@s"));
  EXPECT_EQ(pool.Do(Hold("tag", "tank/a@s")), kEEXIST);
  EXPECT_EQ(pool.Do(Hold(std::string(257, 't'), "tank/a@s")), kE2BIG);
  EXPECT_EQ(pool.Do(Hold(std::string(256, 't'), "tank/a@s")), 0);
  Mutation twice = Hold("new", "tank/a@s");
  twice.more = {"tank/a@s"};
  EXPECT_EQ(pool.Do(twice), kEEXIST);
  EXPECT_EQ(CheckSyntax(Hold("", "tank/a@s")), kEINVAL);
}

TEST(ReleaseTest, MissingTagsAndSnapshotsAreReportedButNoError) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  CheckDetails details;
  Mutation release = Release("tag", "tank/a@s");
  release.more = {"tank/a@gone"};
  EXPECT_EQ(pool.CheckSyncing(release, &details), 0);
  EXPECT_THAT(details.errors, ElementsAre(Pair("tank/a@s#tag", kENOENT), Pair("tank/a@gone", kENOENT)));
  EXPECT_EQ(pool.Do(Release("tag", "tank/a")), kEINVAL);
  EXPECT_EQ(pool.CheckOpen(Release("tag", "tank/a")), 0);
}

TEST(BookmarkTest, ErrorsInOrder) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(CreateFilesystem("tank/b"));
  pool.Must(TakeSnapshot("tank/a@s"));
  EXPECT_EQ(pool.Do(MakeBookmark("tank/a@s", "tank/a@b")), kEINVAL);
  EXPECT_EQ(pool.Do(MakeBookmark("tank/a", "tank/a#b")), kEINVAL);
  EXPECT_EQ(pool.Do(MakeBookmark("pond/a@s", "tank/a#b")), kEINVAL);
  EXPECT_EQ(pool.Do(MakeBookmark("tank/a@s", "tank/x#b")), kENOENT);
  EXPECT_EQ(pool.Do(MakeBookmark("tank/a@gone", "tank/a#b")), kENOENT);
  EXPECT_EQ(pool.Do(MakeBookmark("tank/a#gone", "tank/a#b")), kESRCH);
  EXPECT_EQ(pool.Do(MakeBookmark("tank/a@s", "tank/b#b")), kZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR);
  EXPECT_EQ(pool.Do(MakeBookmark("tank/a@s", "tank/a#b")), 0);
  EXPECT_EQ(pool.Do(MakeBookmark("tank/a@s", "tank/a#b")), kEEXIST);
  EXPECT_EQ(pool.Do(MakeBookmark("tank/a@gone", "tank/a#b")), kEEXIST);  // The target is looked at first.
}

TEST(BookmarkTest, ASourceMustLieInTheHistoryOfTheTarget) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@1"));
  pool.Must(TakeSnapshot("tank/a@2"));
  pool.Must(TakeSnapshot("tank/a@3"));
  pool.Must(Clone("tank/a@2", "tank/c"));
  EXPECT_EQ(pool.Do(MakeBookmark("tank/a@1", "tank/c#1")), 0);
  EXPECT_EQ(pool.Do(MakeBookmark("tank/a@2", "tank/c#2")), 0);
  EXPECT_EQ(pool.Do(MakeBookmark("tank/a@3", "tank/c#3")), kZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR);
}

TEST(BookmarkTest, CopiesOutliveTheSnapshot) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  const uint64_t txg = pool.txg;
  pool.Must(MakeBookmark("tank/a@s", "tank/a#b"));
  pool.Must(Destroy("tank/a@s"));
  EXPECT_EQ(pool.Do(MakeBookmark("tank/a#b", "tank/a#copy")), 0);
  EXPECT_EQ(pool.tree.DatasetOf(pool.Id("tank/a")).bookmarks.find("copy")->second.created.txg, txg);
  EXPECT_THAT(pool.List(ListKind::kBookmarks, "tank/a"), ElementsAre("tank/a#b", "tank/a#copy"));
}

TEST(BookmarkTest, DestroyingWhatIsMissingSucceeds) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  pool.Must(MakeBookmark("tank/a@s", "tank/a#b"));
  EXPECT_EQ(pool.Do(Destroy("tank/a#gone")), 0);
  EXPECT_EQ(pool.Do(Destroy("tank/x#b")), 0);
  EXPECT_EQ(pool.Do(Destroy("tank/a#b")), 0);
  EXPECT_THAT(pool.List(ListKind::kBookmarks, "tank/a"), IsEmpty());
  EXPECT_EQ(pool.CheckInProgram(Destroy("tank/a#b")), kENOENT);  // A program cannot destroy bookmarks.
}

TEST(ProgramTest, NamesThatTheIoctlsRefuseAreRefusedThereToo) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  ++pool.txg;
  EXPECT_EQ(pool.CheckInProgram(TakeSnapshot("tank/a@x!")), kEINVAL);
  EXPECT_EQ(pool.CheckInProgram(Clone("tank/a@s", "tank/c!")), kEINVAL);
  EXPECT_EQ(pool.CheckInProgram(Rename("tank/a@s", "tank/a@x/y")), kEINVAL);
}

}  // namespace
}  // namespace model
