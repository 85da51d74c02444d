// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/pool_builder.h"

#include "gmock/gmock.h"
#include "model/dataset/operations.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

using ::testing::HasSubstr;

class PoolBuilderTest : public ::testing::Test {
 protected:
  ObjectId Id(std::string_view name) {
    ObjectId id = 0;
    EXPECT_EQ(builder_.tree().Lookup(name, &id), 0) << name;
    return id;
  }
  uint64_t Used(std::string_view name) { return builder_.tree().UsedBytes(Id(name)); }
  uint64_t Referenced(std::string_view name) { return builder_.tree().ReferencedBytes(Id(name)); }

  PoolBuilder builder_{"tank", kTiB};
};

TEST_F(PoolBuilderTest, MakesTheAncestorsThatANameImplies) {
  ASSERT_TRUE(builder_.Filesystem("tank/a/b/c", {.used_bytes = kGiB, .properties = {{"atime", "off"}}}).ok());
  EXPECT_EQ(Used("tank"), kGiB);
  EXPECT_TRUE(builder_.tree().DatasetOf(Id("tank/a/b")).mounted);
  EXPECT_TRUE(builder_.tree().DatasetOf(Id("tank/a/b/c")).properties.contains("atime"));
}

TEST_F(PoolBuilderTest, DeclaredSnapshotsShareNothingPairwise) {
  ASSERT_TRUE(builder_.Filesystem("tank/a", {.used_bytes = 10 * kMiB, .properties = {}}).ok());
  for (const auto& [name, used] : {std::pair("tank/a@1", 1), {"tank/a@2", 0}, {"tank/a@3", 3}}) {
    ASSERT_TRUE(builder_.Snapshot(name, {.used_bytes = used * kMiB, .referenced_bytes = {}}).ok());
  }
  EXPECT_EQ(Used("tank/a"), 14 * kMiB);
  EXPECT_EQ(Referenced("tank/a@3"), 13 * kMiB);
  DatasetTree tree = builder_.tree();
  Apply(tree, Destroy("tank/a@2"), {.txg = 9});
  EXPECT_EQ(tree.UniqueBytes(Id("tank/a@1")), 1 * kMiB);
  EXPECT_EQ(tree.UniqueBytes(Id("tank/a@3")), 3 * kMiB);
}

TEST_F(PoolBuilderTest, SharedWithNextComesToWhoIsLeft) {
  // @1 and @2 share 2, @2 and @3 share 5, @3 and the head share 1 of the head's 10.
  ASSERT_TRUE(builder_.Filesystem("tank/a", {.used_bytes = 10 * kMiB, .properties = {}}).ok());
  ASSERT_TRUE(
      builder_.Snapshot("tank/a@1", {.shared_with_next_bytes = 2 * kMiB, .referenced_bytes = {}}).ok());
  ASSERT_TRUE(
      builder_.Snapshot("tank/a@2", {.shared_with_next_bytes = 5 * kMiB, .referenced_bytes = {}}).ok());
  ASSERT_TRUE(
      builder_.Snapshot("tank/a@3", {.shared_with_next_bytes = 1 * kMiB, .referenced_bytes = {}}).ok());
  EXPECT_EQ(Referenced("tank/a"), 10 * kMiB);
  EXPECT_EQ(Used("tank/a"), 17 * kMiB);
  for (const char* name : {"tank/a@1", "tank/a@2", "tank/a@3"}) EXPECT_EQ(Used(name), 0u) << name;

  DatasetTree tree = builder_.tree();
  Apply(tree, Destroy("tank/a@2"), {.txg = 9});
  EXPECT_EQ(tree.UniqueBytes(Id("tank/a@1")), 2 * kMiB);
  EXPECT_EQ(tree.UniqueBytes(Id("tank/a@3")), 5 * kMiB);
  // The head overwrites everything: only what it shared with @3 alone becomes @3's.
  tree = builder_.tree();
  tree.Write(Id("tank/a"), 10 * kMiB, 10 * kMiB, 9);
  EXPECT_EQ(tree.UniqueBytes(Id("tank/a@3")), 1 * kMiB);
}

TEST_F(PoolBuilderTest, TheOnlySnapshotSharesAllWithTheHead) {
  ASSERT_TRUE(builder_.Filesystem("tank/a", {.used_bytes = 10 * kMiB, .properties = {}}).ok());
  ASSERT_TRUE(builder_.Snapshot("tank/a@1").ok());
  DatasetTree tree = builder_.tree();
  tree.Write(Id("tank/a"), 4 * kMiB, 4 * kMiB, 9);
  EXPECT_EQ(tree.UniqueBytes(Id("tank/a@1")), 4 * kMiB);
}

TEST_F(PoolBuilderTest, SharingMayExceedWhatTheHeadHad) {
  ASSERT_TRUE(builder_.Filesystem("tank/a").ok());
  ASSERT_TRUE(builder_.Snapshot("tank/a@1", {.shared_with_next_bytes = kMiB, .referenced_bytes = {}}).ok());
  EXPECT_EQ(Referenced("tank/a"), kMiB);
  EXPECT_EQ(Used("tank/a"), kMiB);
}

TEST_F(PoolBuilderTest, ClonesHoldsAndBookmarks) {
  ASSERT_TRUE(builder_.Filesystem("tank/a", {.used_bytes = kMiB, .properties = {}}).ok());
  ASSERT_TRUE(builder_.Snapshot("tank/a@1").ok());
  EXPECT_TRUE(builder_.Clone("tank/a@1", "tank/x/c", {.used_bytes = 2 * kMiB, .properties = {}}).ok());
  EXPECT_TRUE(builder_.Hold("tank/a@1", "keep").ok());
  EXPECT_TRUE(builder_.Bookmark("tank/a@1", "tank/a#b").ok());
  EXPECT_EQ(Used("tank/x/c"), 2 * kMiB);
  EXPECT_EQ(Referenced("tank/x/c"), 3 * kMiB);
}

TEST_F(PoolBuilderTest, DeclaredSnapshotsAreOfNoTxgOfTheRun) {
  ASSERT_TRUE(builder_.Filesystem("tank/a").ok());
  ASSERT_TRUE(builder_.Snapshot("tank/a@1").ok());
  EXPECT_EQ(Check(builder_.tree(), TakeSnapshot("tank/a@2"), {.syncing = true, .txg = 4}), 0);
}

TEST_F(PoolBuilderTest, WhatACloneHasIsNotSharedWithLaterSnapshots) {
  ASSERT_TRUE(builder_.Filesystem("tank/a", {.used_bytes = 8 * kMiB}).ok());
  ASSERT_TRUE(builder_.Snapshot("tank/a@1").ok());
  ASSERT_TRUE(builder_.Clone("tank/a@1", "tank/c").ok());
  EXPECT_THAT(std::string(builder_.Snapshot("tank/a@2", {.shared_with_next_bytes = kMiB}).message()),
              HasSubstr("declare it before the clones of older ones"));
}

TEST_F(PoolBuilderTest, ErrorsSayWhatWasDeclared) {
  ASSERT_TRUE(builder_.Filesystem("tank/a").ok());
  ASSERT_TRUE(builder_.Volume("tank/v", "1G").ok());
  const auto message = [](const absl::Status& status) { return std::string(status.message()); };
  EXPECT_THAT(message(builder_.Filesystem("tank/a")), HasSubstr("zfs create tank/a: it exists already"));
  EXPECT_THAT(message(builder_.Filesystem("tank/b!")), HasSubstr("\"tank/b!\" is no name of a dataset"));
  EXPECT_THAT(message(builder_.Filesystem("pond/b")), HasSubstr("it is of another pool"));
  EXPECT_THAT(message(builder_.Filesystem("tank/v/b")), HasSubstr("only a filesystem can have children"));
  EXPECT_THAT(message(builder_.Snapshot("tank/a")), HasSubstr("has no '@'"));
  EXPECT_THAT(message(builder_.Snapshot("tank/x@1")), HasSubstr("does not exist"));
  EXPECT_THAT(message(builder_.Hold("tank/a@1", "keep")), HasSubstr("no snapshot tank/a@1"));
  EXPECT_THAT(message(builder_.Property("tank/a", "compresion", "on")), HasSubstr("is no property"));
  EXPECT_THAT(message(builder_.Property("tank/a", "used", "1")), HasSubstr("cannot be set"));
  EXPECT_THAT(message(builder_.Property("tank/a", "atime", "yes")), HasSubstr("accepted is on | off"));
}

}  // namespace
}  // namespace model
