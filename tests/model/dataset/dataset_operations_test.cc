// SPDX-License-Identifier: Apache-2.0
//
// Create, destroy, clone and rename of filesystems and volumes: each errno, and
// which comes first where two would apply.
#include <string>

#include "gmock/gmock.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

using ::testing::ElementsAre;

TEST(CreateTest, MakesFilesystemsAndVolumes) {
  TestPool pool;
  EXPECT_EQ(pool.Do(CreateFilesystem("tank/a", {{"compression", "lz4"}})), 0);
  EXPECT_EQ(pool.Do(CreateVolume("tank/v", "4G")), 0);
  EXPECT_EQ(pool.tree.DatasetOf(pool.Id("tank/v")).volsize, 4 * kGiB);
  EXPECT_THAT(pool.List(ListKind::kChildren, "tank"), ElementsAre("tank/a", "tank/v"));
}

TEST(CreateTest, ErrorsInOrder) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(CreateVolume("tank/v", "1G"));
  EXPECT_EQ(pool.Do(CreateFilesystem("tank/a@s")), kEINVAL);
  EXPECT_EQ(pool.Do(CreateFilesystem("tank/" + std::string(251, 'x'))), kENAMETOOLONG);
  EXPECT_EQ(pool.Do(CreateFilesystem("tank/x/y")), kENOENT);
  EXPECT_EQ(pool.Do(CreateFilesystem("pond/x")), kEXDEV);
  EXPECT_EQ(pool.Do(CreateFilesystem("tank/a")), kEEXIST);
  EXPECT_EQ(pool.Do(CreateFilesystem("tank")), kEEXIST);
  EXPECT_EQ(pool.Do(CreateFilesystem("tank/v/x")), kZFS_ERR_WRONG_PARENT);
}

TEST(CreateTest, FiftyLevelsAreTooDeep) {
  TestPool pool;
  std::string name = "tank";
  for (int depth = 1; depth < 50; ++depth) pool.Must(CreateFilesystem(name += "/d"));
  EXPECT_EQ(pool.Do(CreateFilesystem(name + "/d")), kENAMETOOLONG);
}

TEST(CreateTest, OpenContextFindsTheSame) {
  TestPool pool;
  EXPECT_EQ(pool.CheckOpen(CreateFilesystem("tank/x/y")), kENOENT);
  EXPECT_EQ(pool.CheckOpen(CreateFilesystem("tank")), kEEXIST);
}

TEST(CreateTest, SyntaxIsCheckedBeforeTheKernelSeesIt) {
  EXPECT_EQ(CheckSyntax(CreateFilesystem("tank/a!")), kEINVAL);
  EXPECT_EQ(CheckSyntax(CreateFilesystem("tank/a", {{"compression", "best"}})), kEINVAL);
  EXPECT_EQ(CheckSyntax(CreateFilesystem("tank/a", {{"used", "1"}})), kEINVAL);
  EXPECT_EQ(CheckSyntax(CreateFilesystem("tank/a", {{"volsize", "1G"}})), kEINVAL);
  EXPECT_EQ(CheckSyntax(CreateVolume("tank/v", "")), kEINVAL);
  EXPECT_EQ(CheckSyntax(CreateVolume("tank/v", "1G", {{"volblocksize", "8K"}})), 0);
  EXPECT_EQ(CheckSyntax(CreateFilesystem("tank/a", {{"my:key", "v"}})), 0);
}

TEST(DestroyDatasetTest, SnapshotsMakeItBusyAndChildrenMakeItExist) {
  // The surprise: own snapshots are EBUSY, children EEXIST, and the first is looked at first.
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(CreateFilesystem("tank/a/b"));
  pool.Must(TakeSnapshot("tank/a@s"));
  EXPECT_EQ(pool.Do(Destroy("tank/a")), kEBUSY);
  pool.Must(Destroy("tank/a@s"));
  EXPECT_EQ(pool.Do(Destroy("tank/a")), kEEXIST);
  pool.Must(Destroy("tank/a/b"));
  EXPECT_EQ(pool.Do(Destroy("tank/a")), 0);
  EXPECT_FALSE(pool.Exists("tank/a"));
}

TEST(DestroyDatasetTest, MissingAndForeign) {
  TestPool pool;
  EXPECT_EQ(pool.Do(Destroy("tank/a")), kENOENT);
  EXPECT_EQ(pool.Do(Destroy("pond/a")), kEXDEV);
  EXPECT_EQ(pool.Do(Destroy("tank")), kEEXIST);  // The root has children that nobody sees.
  EXPECT_EQ(CheckSyntax(Destroy("tank/a", /*defer=*/true)), kEINVAL);
}

TEST(DestroyDatasetTest, AMountOrALongHoldMakesItBusy) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.tree.SetMounted(pool.Id("tank/a"), true);
  EXPECT_EQ(pool.Do(Destroy("tank/a")), kEBUSY);
  pool.tree.SetMounted(pool.Id("tank/a"), false);
  pool.tree.AddLongHold(pool.Id("tank/a"), 1);
  EXPECT_EQ(pool.Do(Destroy("tank/a")), kEBUSY);
  pool.tree.AddLongHold(pool.Id("tank/a"), -1);
  EXPECT_EQ(pool.Do(Destroy("tank/a")), 0);
}

TEST(DestroyDatasetTest, BookmarksDieWithIt) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  pool.Must(MakeBookmark("tank/a@s", "tank/a#b"));
  pool.Must(Destroy("tank/a@s"));
  EXPECT_EQ(pool.Do(Destroy("tank/a")), 0);
}

TEST(DestroyDatasetTest, TheLastCloneTakesADeferredOriginAlong) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  pool.Must(Clone("tank/a@s", "tank/c"));
  pool.Must(Clone("tank/a@s", "tank/d"));
  pool.Must(Destroy("tank/a@s", /*defer=*/true));
  EXPECT_TRUE(pool.Exists("tank/a@s"));
  pool.Must(Destroy("tank/c"));
  EXPECT_TRUE(pool.Exists("tank/a@s"));
  pool.tree.AddLongHold(pool.Id("tank/a@s"), 1);
  EXPECT_EQ(pool.Do(Destroy("tank/d")), kEBUSY);
  pool.tree.AddLongHold(pool.Id("tank/a@s"), -1);
  pool.Must(Destroy("tank/d"));
  EXPECT_FALSE(pool.Exists("tank/a@s"));
}

TEST(DestroyDatasetTest, AHoldKeepsADeferredOrigin) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  pool.Must(Clone("tank/a@s", "tank/c"));
  pool.Must(Hold("keep", "tank/a@s"));
  pool.Must(Destroy("tank/a@s", /*defer=*/true));
  pool.Must(Destroy("tank/c"));
  EXPECT_TRUE(pool.Exists("tank/a@s"));
}

TEST(CloneTest, ErrorsInOrder) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@s"));
  EXPECT_EQ(pool.Do(Clone("tank/a@s", "tank/c@x")), kEINVAL);
  EXPECT_EQ(pool.Do(Clone("tank/a@s", "tank/" + std::string(251, 'x'))), kENAMETOOLONG);
  EXPECT_EQ(pool.Do(Clone("tank/a@s", "tank/x/y")), kENOENT);
  EXPECT_EQ(pool.Do(Clone("tank/a@s", "pond/c")), kEXDEV);
  EXPECT_EQ(pool.Do(Clone("tank/a@s", "tank/a")), kEEXIST);
  EXPECT_EQ(pool.Do(Clone("tank/a@t", "tank/a")), kEEXIST);  // The target is looked at first.
  EXPECT_EQ(pool.Do(Clone("tank/a@t", "tank/c")), kENOENT);
  EXPECT_EQ(pool.Do(Clone("tank/a", "tank/c")), kEINVAL);
  EXPECT_EQ(pool.Do(Clone("tank/a@s", "tank/c")), 0);
  EXPECT_EQ(pool.tree.NameOf(pool.tree.DatasetOf(pool.Id("tank/c")).origin), "tank/a@s");
  EXPECT_EQ(CheckSyntax(Clone("tank/a@s", "pond/c")), kEXDEV);
}

TEST(CloneTest, ACloneOfAVolumeIsAVolumeOfItsSize) {
  TestPool pool;
  pool.Must(CreateVolume("tank/v", "1G"));
  pool.Must(TakeSnapshot("tank/v@s"));
  pool.Must(SetProperty("tank/v", "volsize", "2G"));
  pool.Must(Clone("tank/v@s", "tank/c"));
  EXPECT_EQ(pool.tree.DatasetOf(pool.Id("tank/c")).type, DatasetType::kVolume);
  EXPECT_EQ(pool.tree.DatasetOf(pool.Id("tank/c")).volsize, kGiB);
}

TEST(RenameTest, ErrorsInOrder) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(CreateFilesystem("tank/a/b"));
  pool.Must(CreateFilesystem("tank/c"));
  pool.Must(CreateVolume("tank/v", "1G"));
  EXPECT_EQ(pool.Do(Rename("tank/x", "tank/y")), kENOENT);
  EXPECT_EQ(pool.Do(Rename("tank/a", "tank/x/y")), kENOENT);
  EXPECT_EQ(pool.Do(Rename("tank/a", "pond/a")), kEXDEV);
  EXPECT_EQ(pool.Do(Rename("tank/a", "tank/c")), kEEXIST);
  EXPECT_EQ(pool.Do(Rename("tank/a", "tank/v/a")), kZFS_ERR_WRONG_PARENT);
  EXPECT_EQ(pool.Do(Rename("tank/a", "tank/a/b/a")), kEINVAL);
  EXPECT_EQ(pool.Do(Rename("tank/a", "tank/a/x")), kEINVAL);
  EXPECT_EQ(CheckSyntax(Rename("tank", "tank/a")), kEINVAL);
  EXPECT_EQ(CheckSyntax(Rename("tank/a", "pond/a")), kEXDEV);
}

TEST(RenameTest, NamesOfDescendantsMustFit) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(CreateFilesystem("tank/a/" + std::string(200, 'b')));
  // 5 + n + 1 + 200 <= 255, so n may be 49.
  EXPECT_EQ(pool.Do(Rename("tank/a", "tank/" + std::string(50, 'x'))), kENAMETOOLONG);
  EXPECT_EQ(pool.Do(Rename("tank/a", "tank/" + std::string(49, 'x'))), 0);
}

TEST(RenameTest, SnapshotsOfDescendantsMustFit) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@" + std::string(200, 's')));
  EXPECT_EQ(pool.Do(Rename("tank/a", "tank/" + std::string(50, 'x'))), kENAMETOOLONG);
}

TEST(RenameTest, MovesTheSubtreeWithItsSpace) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(CreateFilesystem("tank/a/b"));
  pool.Must(CreateFilesystem("tank/c"));
  pool.Must(TakeSnapshot("tank/a/b@s"));
  pool.Write("tank/a/b", 3 * kMiB);
  pool.Must(Rename("tank/a/b", "tank/c/d"));
  EXPECT_FALSE(pool.Exists("tank/a/b"));
  EXPECT_EQ(pool.tree.NameOf(pool.Id("tank/c/d@s")), "tank/c/d@s");
  EXPECT_EQ(pool.Used("tank/a"), 0u);
  EXPECT_EQ(pool.Used("tank/c"), 3 * kMiB);
  EXPECT_EQ(pool.Used("tank"), 3 * kMiB);
}

TEST(RenameTest, AQuotaAboveTheNewPlaceCounts) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(CreateFilesystem("tank/small", {{"quota", "1M"}}));
  pool.Write("tank/a", 2 * kMiB);
  EXPECT_EQ(pool.Do(Rename("tank/a", "tank/small/a")), kENOSPC);
}

TEST(RenameTest, OnlyTheOwnNameMayStayInPlace) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  EXPECT_EQ(pool.Do(Rename("tank/a", "tank/a")), kEEXIST);
  EXPECT_EQ(pool.Do(Rename("tank/a", "tank/b")), 0);
  EXPECT_TRUE(pool.Exists("tank/b"));
}

}  // namespace
}  // namespace model
