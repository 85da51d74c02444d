// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/query.h"

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "model/dataset/property_query.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class QueryTest : public ::testing::Test {
 protected:
  QueryTest() {
    for (const char* name : {"tank/c", "tank/a", "tank/b"}) pool_.Must(CreateFilesystem(name));
    for (const char* name : {"tank/a@z", "tank/a@y", "tank/a@x"}) pool_.Must(TakeSnapshot(name));
  }
  std::optional<ListItem> Next(ListKind kind, std::string_view name, ListCursor* cursor,
                               ReadSet* reads = nullptr) {
    std::optional<ListItem> item;
    EXPECT_EQ(NextItem(pool_.tree, kind, pool_.Id(name), cursor, &item, reads), 0);
    return item;
  }
  TestPool pool_;
};

TEST_F(QueryTest, ChildrenComeByNameAndSnapshotsByAge) {
  EXPECT_THAT(pool_.List(ListKind::kChildren, "tank"), ElementsAre("tank/a", "tank/b", "tank/c"));
  EXPECT_THAT(pool_.List(ListKind::kSnapshots, "tank/a"), ElementsAre("tank/a@z", "tank/a@y", "tank/a@x"));
  EXPECT_THAT(pool_.List(ListKind::kChildren, "tank/a"), IsEmpty());
}

TEST_F(QueryTest, ACursorGoesOnAcrossChanges) {
  ListCursor cursor;
  EXPECT_EQ(Next(ListKind::kSnapshots, "tank/a", &cursor)->name, "tank/a@z");
  pool_.Must(Destroy("tank/a@z"));       // The one just returned,
  pool_.Must(Destroy("tank/a@y"));       // one that was to come,
  pool_.Must(TakeSnapshot("tank/a@w"));  // and a new one at the end.
  EXPECT_EQ(Next(ListKind::kSnapshots, "tank/a", &cursor)->name, "tank/a@x");
  EXPECT_EQ(Next(ListKind::kSnapshots, "tank/a", &cursor)->name, "tank/a@w");
  EXPECT_EQ(Next(ListKind::kSnapshots, "tank/a", &cursor), std::nullopt);
}

TEST_F(QueryTest, ARenameInFrontOfTheCursorIsSeen) {
  ListCursor cursor;
  EXPECT_EQ(Next(ListKind::kChildren, "tank", &cursor)->name, "tank/a");
  pool_.Must(Rename("tank/b", "tank/d"));
  EXPECT_EQ(Next(ListKind::kChildren, "tank", &cursor)->name, "tank/c");
  EXPECT_EQ(Next(ListKind::kChildren, "tank", &cursor)->name, "tank/d");
}

TEST_F(QueryTest, UserPropertiesCarryValueAndSource) {
  pool_.Must(SetProperty("tank", "my:b", "1"));
  pool_.Must(SetProperty("tank", "my:a", "2"));
  pool_.Must(SetProperty("tank/a", "my:a", "3"));
  pool_.Must(SetProperty("tank/a", "atime", "off"));  // Not one of them.
  ListCursor cursor;
  const auto first = Next(ListKind::kUserProperties, "tank/a@x", &cursor);
  EXPECT_EQ(first->name + "=" + first->value + " " + first->source, "my:a=3 tank/a");
  const auto second = Next(ListKind::kUserProperties, "tank/a@x", &cursor);
  EXPECT_EQ(second->name + "=" + second->value + " " + second->source, "my:b=1 tank");
  EXPECT_EQ(Next(ListKind::kUserProperties, "tank/a@x", &cursor), std::nullopt);
}

TEST_F(QueryTest, HoldsCarryTheirTime) {
  pool_.Must(Hold("keep", "tank/a@x"));
  ListCursor cursor;
  const auto item = Next(ListKind::kHolds, "tank/a@x", &cursor);
  EXPECT_EQ(item->name, "keep");
  EXPECT_EQ(item->time_s, 1'700'000'000 + pool_.txg);
}

TEST_F(QueryTest, EachListIsOfOneKindOfObject) {
  ListCursor cursor;
  std::optional<ListItem> item;
  const ObjectId snapshot = pool_.Id("tank/a@x");
  EXPECT_EQ(NextItem(pool_.tree, ListKind::kChildren, snapshot, &cursor, &item), kEINVAL);
  EXPECT_EQ(NextItem(pool_.tree, ListKind::kSnapshots, snapshot, &cursor, &item), kEINVAL);
  EXPECT_EQ(NextItem(pool_.tree, ListKind::kClones, pool_.Id("tank/a"), &cursor, &item), kEINVAL);
  pool_.Must(Destroy("tank/a@x"));
  EXPECT_EQ(NextItem(pool_.tree, ListKind::kHolds, snapshot, &cursor, &item), kENOENT);
}

class ReadSetTest : public QueryTest {
 protected:
  bool Stale() { return reads_.FirstStale(pool_.tree).has_value(); }
  ReadSet reads_;
};

TEST_F(ReadSetTest, AListDependsOnItsMembers) {
  ListCursor cursor;
  Next(ListKind::kSnapshots, "tank/a", &cursor, &reads_);
  pool_.Must(TakeSnapshot("tank/b@s"));
  pool_.Write("tank/a", kMiB);
  pool_.Must(SetProperty("tank/a", "my:a", "1"));
  EXPECT_FALSE(Stale());
  pool_.Must(Destroy("tank/a@y"));
  EXPECT_TRUE(Stale());
}

TEST_F(ReadSetTest, AFigureDependsOnSpace) {
  GetProperty(pool_.tree, pool_.Id("tank/a@x"), "used", &reads_);
  pool_.Must(SetProperty("tank/a@x", "my:a", "1"));
  EXPECT_FALSE(Stale());
  pool_.Must(Destroy("tank/a@x"));
  EXPECT_TRUE(Stale());
}

TEST_F(ReadSetTest, WritersMakeUsedOfTheNewestSnapshotStale) {
  pool_.Write("tank/a", 4 * kMiB);
  pool_.Must(TakeSnapshot("tank/a@new"));
  GetProperty(pool_.tree, pool_.Id("tank/a@new"), "used", &reads_);
  pool_.Write("tank/a", kMiB);  // An append takes nothing from the snapshot.
  EXPECT_FALSE(Stale());
  pool_.Write("tank/a", kMiB, kMiB);
  EXPECT_TRUE(Stale());
}

// Which part of an aspect an answer depends on is noted, though the aspect is validated as a whole.
TEST_F(ReadSetTest, PartsThatWereLookedAtAreNoted) {
  ObjectId id = 0;
  ListCursor cursor;
  EXPECT_EQ(FindObject(pool_.tree, "tank/a@x", &id, &reads_), 0);
  EXPECT_EQ(FindObject(pool_.tree, "tank/gone/below", &id, &reads_), kENOENT);
  Next(ListKind::kChildren, "tank", &cursor, &reads_);
  GetProperty(pool_.tree, pool_.Id("tank/a"), "my:a", &reads_);
  std::vector<std::string> noted;
  reads_.ForEach([&](ObjectId object, Aspect aspect, const std::string& part) {
    noted.push_back(fmt::format("{} {} {}", pool_.tree.NameOf(object), static_cast<int>(aspect), part));
  });
  EXPECT_THAT(noted, ElementsAre("tank 0 ", "tank 0 gone", "tank 2 my:a", "tank/a 1 @x", "tank/a 2 my:a"));
}

TEST_F(ReadSetTest, AnInheritedValueDependsOnTheWayUpToWhoSetsIt) {
  pool_.Must(SetProperty("tank", "my:a", "1"));
  GetProperty(pool_.tree, pool_.Id("tank/a@x"), "my:a", &reads_);
  pool_.Must(SetProperty("tank/b", "my:a", "2"));
  EXPECT_FALSE(Stale());
  pool_.Must(SetProperty("tank/a", "my:a", "3"));
  EXPECT_TRUE(Stale());
}

TEST_F(ReadSetTest, AMissDependsOnTheListItIsMissingFrom) {
  ObjectId id = 0;
  EXPECT_EQ(FindObject(pool_.tree, "tank/a@new", &id, &reads_), kENOENT);
  EXPECT_EQ(FindObject(pool_.tree, "tank/b/x/y", &id, &reads_), kENOENT);
  EXPECT_FALSE(Stale());
  pool_.Must(CreateFilesystem("tank/b/x"));
  EXPECT_TRUE(Stale());
}

TEST_F(ReadSetTest, TwoChangesOfOneTxgAreToldApart) {
  pool_.Must(SetProperty("tank/a", "my:a", "1"));
  GetProperty(pool_.tree, pool_.Id("tank/a"), "my:a", &reads_);
  ASSERT_EQ(pool_.DoInSameTxg(SetProperty("tank/a", "my:a", "2")), 0);
  EXPECT_TRUE(Stale());
}

TEST_F(ReadSetTest, AvailableDependsOnEverythingAbove) {
  GetProperty(pool_.tree, pool_.Id("tank/a"), "available", &reads_);
  pool_.Write("tank/b", kMiB);
  EXPECT_TRUE(Stale());
  reads_.Clear();
  EXPECT_FALSE(Stale());
}

// A copy with changes of its own is read for its answers, the base for their versions.
TEST_F(ReadSetTest, OfACopyTheVersionsOfItsBaseCount) {
  DatasetTree copy = pool_.tree;
  const SyncPoint now{.txg = 999, .time_s = 1};
  const ObjectId own = copy.CreateSnapshot(pool_.Id("tank/a"), "own", now);
  reads_.UseVersionsOf(&pool_.tree);
  GetProperty(copy, own, "type", &reads_);
  EXPECT_EQ(reads_.size(), 0u);  // Nobody else can change it.
  ListCursor cursor;
  std::optional<ListItem> item;
  EXPECT_EQ(NextItem(copy, ListKind::kSnapshots, pool_.Id("tank/a"), &cursor, &item, &reads_), 0);
  EXPECT_FALSE(Stale());
  pool_.Must(Destroy("tank/a@x"));
  EXPECT_TRUE(Stale());
}

}  // namespace
}  // namespace model
