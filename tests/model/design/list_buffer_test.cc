// SPDX-License-Identifier: Apache-2.0
#include "model/design/list_buffer.h"

#include "gtest/gtest.h"

namespace model {
namespace {

constexpr CheckContext kOpen{.syncing = false, .txg = 9, .caller = Caller::kChannelProgram};
constexpr SyncPoint kNow{.txg = 9, .time_s = 1'700'000'000};

// tank/vm with the snapshots a, b and c; each has lost 1 MiB of its own to an overwrite.
class ListBufferTest : public testing::Test {
 protected:
  ListBufferTest() {
    vm_ = tree_.CreateDataset(tree_.root(), "vm", DatasetType::kFilesystem, kNow);
    tree_.Write(vm_, 16 << 20, 0, 9);
    for (const char* name : {"a", "b", "c"}) {
      tree_.Write(vm_, 1 << 20, 1 << 20, 9);
      tree_.CreateSnapshot(vm_, name, kNow);
    }
    tree_.SetProperty(vm_, "site:keep", "yes", 9);
  }

  JobCall List(ListCursor cursor = {}) const {
    return {.kind = CallKind::kList, .list = ListKind::kSnapshots, .dataset = "tank/vm", .cursor = cursor};
  }
  static JobCall Get(const std::string& dataset, const std::string& property) {
    return {.kind = CallKind::kGetProperty, .dataset = dataset, .property = property};
  }
  // Lists the next item of tank/vm across the line.
  JobAnswer Next(ListCursor cursor = {}) {
    JobAnswer answer;
    items_ = buffer_.Serve(tree_, List(cursor), kOpen, options_, &answer);
    return answer;
  }
  std::string Buffered(const JobCall& call) {
    const std::optional<JobAnswer> answer = buffer_.Answer(call, kOpen);
    return answer ? AnswerText(call, *answer) : "crosses";
  }
  ObjectId Id(const char* snapshot) const { return tree_.FindSnapshotNamed(tree_.DatasetOf(vm_), snapshot); }

  DatasetTree tree_{"tank", uint64_t{1} << 40};
  ObjectId vm_ = 0;
  ListBuffer buffer_;
  ListBuffer::Options options_;
  int items_ = 0;
};

TEST_F(ListBufferTest, TheItemListedLastBringsItsProperties) {
  const JobAnswer a = Next();
  EXPECT_EQ(Buffered(Get("tank/vm@a", "name")), "tank/vm@a|-");
  EXPECT_EQ(Buffered(Get("tank/vm@a", "site:keep")), "yes|tank/vm");
  EXPECT_EQ(Buffered(Get("tank/vm@b", "name")), "crosses");
  Next(a.next);
  EXPECT_EQ(Buffered(Get("tank/vm@a", "name")), "crosses");
  EXPECT_EQ(Buffered(Get("tank/vm@b", "name")), "tank/vm@b|-");
}

TEST_F(ListBufferTest, WhatNoListCallBringsIsReadAnew) {
  Next();
  EXPECT_EQ(Buffered(Get("tank/vm@a", "written@b")), "crosses");
  EXPECT_EQ(Buffered(Get("tank/vm@a", "nonsense")), "crosses");
  options_.prefetch = false;
  Next();
  EXPECT_EQ(Buffered(Get("tank/vm@a", "name")), "crosses");
}

// Destroying a gives b what only the two shared, so `used` of b grows; the buffer is older.
TEST_F(ListBufferTest, PropertiesAreThoseOfTheTimeOfTheCall) {
  const JobAnswer a = Next();
  Next(a.next);
  const JobCall used = Get("tank/vm@b", "used");
  const std::string before = Buffered(used);
  tree_.DestroySnapshot(Id("a"), 10);
  tree_.Write(vm_, 8 << 20, 8 << 20, 10);
  tree_.SetProperty(vm_, "site:keep", "no", 10);
  EXPECT_EQ(Buffered(used), before);
  EXPECT_EQ(Buffered(Get("tank/vm@b", "site:keep")), "yes|tank/vm");
  EXPECT_EQ(Buffered(Get("tank/vm@b", "site:other")), "none");
  EXPECT_EQ(Buffered(Get("tank/vm@b", "mounted")), "none");
  tree_.DestroySnapshot(Id("b"), 10);
  EXPECT_EQ(Buffered(Get("tank/vm@b", "userrefs")), "0|-");
}

TEST_F(ListBufferTest, ABatchBringsFurtherItemsWithTheirProperties) {
  options_.read_batch = 8;
  JobAnswer answer = Next();
  EXPECT_EQ(items_, 3);
  tree_.SetProperty(vm_, "site:keep", "no", 10);
  for (const char* name : {"tank/vm@b", "tank/vm@c"}) {
    const std::optional<JobAnswer> next = buffer_.Answer(List(answer.next), kOpen);
    ASSERT_TRUE(next.has_value());
    EXPECT_EQ(next->item->name, name);
    EXPECT_EQ(Buffered(Get(name, "site:keep")), "yes|tank/vm");
    answer = *next;
  }
  EXPECT_FALSE(buffer_.Answer(List(answer.next), kOpen).has_value());
}

TEST_F(ListBufferTest, ABufferOutlivesTheTreeItReadAndACopyHasNoneOfItsOwn) {
  auto overlay = std::make_unique<DatasetTree>(tree_);
  JobAnswer answer;
  buffer_.Serve(*overlay, List(), kOpen, options_, &answer);
  const DatasetTree copy = *overlay;
  overlay.reset();
  EXPECT_EQ(Buffered(Get("tank/vm@a", "name")), "tank/vm@a|-");
  Next();
  tree_ = copy;  // As a commit puts what it made in place of the pool's tree.
  EXPECT_EQ(Buffered(Get("tank/vm@a", "name")), "tank/vm@a|-");
}

// The property asked for after the change is that of the call, and so is the version it depends on.
TEST_F(ListBufferTest, WhatIsTakenFromTheBufferDependsOnThePoolOfTheCall) {
  ReadSet reads;
  buffer_.NoteReadsIn(&reads);
  const JobAnswer a = Next();
  Next(a.next);  // @b
  EXPECT_EQ(Buffered(Get("tank/vm@b", "site:keep")), "yes|tank/vm");
  EXPECT_FALSE(reads.FirstStale(tree_).has_value());
  tree_.AddHold(Id("b"), "tag", kNow);
  EXPECT_TRUE(reads.FirstStale(tree_).has_value());  // `site:keep` may be set on the snapshot itself.
  reads.Clear();
  EXPECT_EQ(Buffered(Get("tank/vm@b", "userrefs")), "0|-");
  EXPECT_TRUE(reads.FirstStale(tree_).has_value());
  reads.Clear();
  EXPECT_EQ(Buffered(Get("tank/vm@b", "site:other")), "none");
  EXPECT_TRUE(reads.FirstStale(tree_).has_value());
  reads.Clear();
  EXPECT_EQ(
      Buffered(Get("tank/vm@b", "referenced")),
      AnswerText(Get("tank/vm@b", "referenced"), ServeRead(tree_, Get("tank/vm@b", "referenced"), kOpen)));
  EXPECT_FALSE(reads.FirstStale(tree_).has_value());
}

}  // namespace
}  // namespace model
