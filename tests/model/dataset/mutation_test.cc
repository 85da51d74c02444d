// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/mutation.h"

#include "gtest/gtest.h"

namespace model {
namespace {

TEST(MutationTest, ReadsAsACommandLine) {
  EXPECT_EQ(ToCommand(CreateFilesystem("tank/a", {{"atime", "off"}})), "zfs create -o atime=off tank/a");
  EXPECT_EQ(ToCommand(CreateVolume("tank/v", "4G", {{"copies", "2"}})),
            "zfs create -o copies=2 -V 4G tank/v");
  EXPECT_EQ(ToCommand(TakeSnapshots({"tank/a@s", "tank/b@s"})), "zfs snapshot tank/a@s tank/b@s");
  EXPECT_EQ(ToCommand(Destroy("tank/a@s", true)), "zfs destroy -d tank/a@s");
  EXPECT_EQ(ToCommand(Destroy("tank/a#b")), "zfs destroy tank/a#b");
  EXPECT_EQ(ToCommand(Clone("tank/a@s", "tank/c")), "zfs clone tank/a@s tank/c");
  EXPECT_EQ(ToCommand(Promote("tank/c")), "zfs promote tank/c");
  EXPECT_EQ(ToCommand(Rollback("tank/a", "tank/a@s")), "zfs rollback tank/a@s");
  EXPECT_EQ(ToCommand(Rename("tank/a@s", "tank/a@t")), "zfs rename tank/a@s tank/a@t");
  EXPECT_EQ(ToCommand(MakeBookmark("tank/a@s", "tank/a#b")), "zfs bookmark tank/a@s tank/a#b");
  EXPECT_EQ(ToCommand(Hold("tag", "tank/a@s")), "zfs hold tag tank/a@s");
  EXPECT_EQ(ToCommand(Release("tag", "tank/a@s")), "zfs release tag tank/a@s");
  EXPECT_EQ(ToCommand(SetProperty("tank/a", "my:k", "v")), "zfs set my:k=v tank/a");
  EXPECT_EQ(ToCommand(Inherit("tank/a", "atime")), "zfs inherit atime tank/a");
}

TEST(MutationTest, TheFormOfTheNameTellsWhatIsDestroyedOrRenamed) {
  EXPECT_EQ(Destroy("tank/a").kind, MutationKind::kDestroyDataset);
  EXPECT_EQ(Destroy("tank/a@s").kind, MutationKind::kDestroySnapshot);
  EXPECT_EQ(Destroy("tank/a#b").kind, MutationKind::kDestroyBookmark);
  EXPECT_EQ(Rename("tank/a", "tank/b").kind, MutationKind::kRename);
  EXPECT_EQ(Rename("tank/a@s", "tank/a@t").kind, MutationKind::kRenameSnapshot);
}

TEST(MutationTest, NamesOverlapAlongAPathOnly) {
  EXPECT_TRUE(NamesOverlap(Destroy("tank/a@s"), Hold("tag", "tank/a@s")));
  EXPECT_TRUE(NamesOverlap(Destroy("tank/a"), TakeSnapshot("tank/a@s")));
  EXPECT_TRUE(NamesOverlap(Rename("tank/x", "tank/y"), Destroy("tank/y/z")));
  EXPECT_TRUE(NamesOverlap(TakeSnapshots({"tank/a@s", "tank/b@s"}), Destroy("tank/b")));
  EXPECT_FALSE(NamesOverlap(Destroy("tank/a@s"), Destroy("tank/a@t")));
  EXPECT_FALSE(NamesOverlap(Destroy("tank/a"), Destroy("tank/ab")));
  EXPECT_FALSE(NamesOverlap(SetProperty("tank/a", "tank/b", "v"), Destroy("tank/b")));
}

TEST(MutationTest, CommandsShowRecursionAndProperties) {
  EXPECT_EQ(ToCommand(RenameSnapshots("tank@a", "tank@b")), "zfs rename -r tank@a tank@b");
  EXPECT_EQ(ToCommand(TakeSnapshots({"tank@a", "tank/x@a"}, {{"org:why", "test"}})),
            "zfs snapshot -o org:why=test tank@a tank/x@a");
}

}  // namespace
}  // namespace model
