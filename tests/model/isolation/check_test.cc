// SPDX-License-Identifier: Apache-2.0
//
// Known histories: each anomaly alone, with its proof, and histories that have none.
//
// In comments a history is written as r1[x0]: transaction 1 reads version 0 of x; w2[x1]:
// transaction 2 makes version 1 of x; c, a: commit, abort.
#include "model/isolation/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Builds a history one event after the other, a millisecond apart.
class Story {
 public:
  Story() {
    x = history.AddItem("x"), y = history.AddItem("y"), z = history.AddItem("z");
    sum = history.AddItem("sum", true);
  }
  int Begin(std::string_view client) { return history.Begin(client); }
  Story& R(int transaction, int item) {
    history.Read(transaction, item, Tick());
    return *this;
  }
  Story& W(int transaction, std::vector<int32_t> items) {
    history.Write(transaction, items, Tick(), static_cast<uint64_t>(ticks_));
    return *this;
  }
  Story& C(int transaction) {
    history.End(transaction, true);
    return *this;
  }
  Story& A(int transaction) {
    history.End(transaction, false);
    return *this;
  }
  IsolationReport Check() const { return CheckIsolation(history); }

  History history;
  int x, y, z, sum;

 private:
  sim::SimTime Tick() { return sim::SimTime::FromNanos(++ticks_ * 1'000'000); }
  int64_t ticks_ = 0;
};

std::vector<std::string> KindsOf(const std::vector<Anomaly>& anomalies) {
  std::vector<std::string> kinds;
  for (const Anomaly& anomaly : anomalies) kinds.emplace_back(AnomalyName(anomaly.kind));
  return kinds;
}

TEST(IsolationCheckTest, NothingIsStrictlySerialisable) {
  const IsolationReport report = CheckIsolation(History());
  EXPECT_TRUE(report.serialisable);
  EXPECT_TRUE(report.strict);
  EXPECT_THAT(report.order, IsEmpty());
}

// r1[x0] w1[x1] c1 r2[x1] w2[x2] c2: one after the other.
TEST(IsolationCheckTest, OneAfterTheOtherIsStrictlySerialisable) {
  Story s;
  const int a = s.Begin("a");
  s.R(a, s.x).W(a, {s.x}).C(a);
  const int b = s.Begin("b");
  s.R(b, s.x).W(b, {s.x}).C(b);
  const IsolationReport report = s.Check();
  EXPECT_TRUE(report.serialisable);
  EXPECT_TRUE(report.strict);
  EXPECT_THAT(report.order, ElementsAre(a, b));
  EXPECT_THAT(report.anomalies, IsEmpty());
}

// r1[x0] w2[x1] c2 w1[y1] c1: 1 read before 2 changed, so 1 comes first, though it ended last.
TEST(IsolationCheckTest, TheOrderIsThatOfTheConflictsAndNotOfTheEnds) {
  Story s;
  const int b = s.Begin("b");
  const int a = s.Begin("a");
  s.R(a, s.x).W(b, {s.x}).C(b).W(a, {s.y}).C(a);
  const IsolationReport report = s.Check();
  EXPECT_TRUE(report.strict);
  EXPECT_THAT(report.order, ElementsAre(a, b));
}

// w1[x1] r2[x1] c2 a1: what was read stays, without the rest of what was meant as one.
TEST(IsolationCheckTest, ReadingWhatAFailureLeavesIsAHalfDoneRead) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.W(a, {s.x}).R(b, s.x).R(b, s.x).C(b).A(a);
  const IsolationReport report = s.Check();
  EXPECT_FALSE(report.serialisable);
  ASSERT_THAT(report.anomalies, SizeIs(1));
  const Anomaly& found = report.anomalies[0];
  EXPECT_EQ(found.kind, AnomalyKind::kHalfDoneRead);
  EXPECT_THAT(found.by, ElementsAre(a));
  EXPECT_THAT(found.cycle, ElementsAre(Dependency{DependencyKind::kWr, a, 0, b, 0}));
  EXPECT_EQ(ProofText(s.history, found),
            "half-done read: b read what a changed, which failed and left it so\n"
            "  [    0.001000000] a changed x (version 1)\n"
            "  [    0.002000000] b read x (version 1)\n"
            "  a -wr-> b");
}

TEST(IsolationCheckTest, ReadingWhatNeverCommitsIsAHalfDoneRead) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.W(a, {s.x}).R(b, s.x).C(b);
  const IsolationReport report = s.Check();
  EXPECT_THAT(KindsOf(report.anomalies), ElementsAre("half_done_read"));
  EXPECT_THAT(ProofText(s.history, report.anomalies[0]), ::testing::HasSubstr("which never ended"));
}

// w1[x1] r2[x1] c2 w1[x2] a1: what was read is not there any more.
TEST(IsolationCheckTest, ReadingWhatIsUndoneBeforeTheFailureIsADirtyRead) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.W(a, {s.x}).R(b, s.x).C(b).W(a, {s.x}).A(a);
  const IsolationReport report = s.Check();
  EXPECT_THAT(KindsOf(report.anomalies), ElementsAre("dirty_read"));
  EXPECT_THAT(
      ProofText(s.history, report.anomalies[0]),
      ::testing::StartsWith("dirty read: b read what a changed, and changed again before it failed\n"));
}

// Of a list, what matters is the entry that was seen: w1[l1 p1] r2[l1] c2 w1[l2 q1] a1 leaves p as it was
// read, w1[p2] does not.
TEST(IsolationCheckTest, WhetherAReadIsDirtyGoesByTheParts) {
  for (const bool undone : {false, true}) {
    Story s;
    const int p = s.history.AddPart("p", s.sum);
    const int q = s.history.AddPart("q", s.sum);
    const int a = s.Begin("a");
    const int b = s.Begin("b");
    s.W(a, {s.sum, p}).R(b, s.sum).C(b).W(a, {s.sum, undone ? p : q}).A(a);
    EXPECT_THAT(KindsOf(s.Check().anomalies), ElementsAre(undone ? "dirty_read" : "half_done_read"));
  }
}

// The reader aborts as well: nobody went by what it read.
TEST(IsolationCheckTest, ADirtyReadOfOneThatAbortsCountsForNothing) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.W(a, {s.x}).R(b, s.x).A(b).A(a);
  EXPECT_TRUE(s.Check().serialisable);
}

// r1[x0] r2[x0] w2[x1] c2 w1[x2] c1.
TEST(IsolationCheckTest, ChangingWhatAnotherChangedSinceTheReadLosesItsUpdate) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.R(a, s.x).R(b, s.x).W(b, {s.x}).C(b).W(a, {s.x}).C(a);
  const IsolationReport report = s.Check();
  EXPECT_FALSE(report.serialisable);
  ASSERT_THAT(KindsOf(report.anomalies), ElementsAre("lost_update"));
  EXPECT_THAT(report.anomalies[0].by, ElementsAre(a));
  EXPECT_THAT(report.anomalies[0].cycle, ElementsAre(Dependency{DependencyKind::kRw, a, 0, b, 1},
                                                     Dependency{DependencyKind::kWw, b, 1, a, 1}));
  EXPECT_EQ(ProofText(s.history, report.anomalies[0]),
            "lost update: a changed what b had changed since it read it\n"
            "  [    0.001000000] a read x (version 0)\n"
            "  [    0.003000000] b changed x (version 1)\n"
            "  [    0.004000000] a changed x (version 2)\n"
            "  a -rw-> b -ww-> a");
}

// Who reads again before it changes has seen the update; its two reads disagree all the same.
TEST(IsolationCheckTest, ReadingAgainBeforeTheChangeLosesNothing) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.R(a, s.x).W(b, {s.x}).C(b).R(a, s.x).W(a, {s.x}).C(a);
  const IsolationReport report = s.Check();
  ASSERT_THAT(KindsOf(report.anomalies), ElementsAre("non_repeatable_read"));
  EXPECT_THAT(report.anomalies[0].by, ElementsAre(a));
  EXPECT_THAT(report.anomalies[0].cycle, ElementsAre(Dependency{DependencyKind::kWr, b, 0, a, 1},
                                                     Dependency{DependencyKind::kRw, a, 0, b, 0}));
}

// A change without a read before it goes by nothing: w1[x1] w2[x2] is in order, whoever ends first.
TEST(IsolationCheckTest, ABlindChangeLosesNothing) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.W(b, {s.x}).W(a, {s.x}).C(a).C(b);
  EXPECT_TRUE(s.Check().strict);
}

// r1[x0] r1[y0] r2[x0] r2[y0] w1[x1] c1 w2[y1] c2: when 2 changed y, its read of x was old; 1's was not.
TEST(IsolationCheckTest, EachChangingWhatTheOtherReadIsWriteSkew) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.R(a, s.x).R(a, s.y).R(b, s.x).R(b, s.y).W(a, {s.x}).C(a).W(b, {s.y}).C(b);
  const IsolationReport report = s.Check();
  ASSERT_THAT(KindsOf(report.anomalies), ElementsAre("write_skew"));
  EXPECT_THAT(report.anomalies[0].by, ElementsAre(b));
  EXPECT_THAT(report.anomalies[0].cycle, ElementsAre(Dependency{DependencyKind::kRw, a, 1, b, 2},
                                                     Dependency{DependencyKind::kRw, b, 0, a, 2}));
  EXPECT_EQ(ProofText(s.history, report.anomalies[0]),
            "write skew: a and b each went by what the other changed\n"
            "  [    0.002000000] a read y (version 0)\n"
            "  [    0.003000000] b read x (version 0)\n"
            "  [    0.005000000] a changed x (version 1)\n"
            "  [    0.006000000] b changed y (version 1)\n"
            "  a -rw-> b -rw-> a");
}

// w1[x1] r2[x1] r2[y0] c2 w1[y1] c1: 2 saw half of it, at a moment when half was all there was.
TEST(IsolationCheckTest, SeeingSomeOfTheChangesIsPartialVisibility) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.W(a, {s.x}).R(b, s.x).R(b, s.y).C(b).W(a, {s.y}).C(a);
  const IsolationReport report = s.Check();
  ASSERT_THAT(KindsOf(report.anomalies), ElementsAre("partial_visibility"));
  EXPECT_THAT(report.anomalies[0].by, ElementsAre(a));
  EXPECT_THAT(report.anomalies[0].cycle, ElementsAre(Dependency{DependencyKind::kWr, a, 0, b, 0},
                                                     Dependency{DependencyKind::kRw, b, 1, a, 1}));
}

// w1[x1] r2[x1] w1[x2]: one item that changes twice is enough.
TEST(IsolationCheckTest, SeeingAnIntermediateVersionIsPartialVisibility) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.W(a, {s.x}).R(b, s.x).W(a, {s.x}).C(a).C(b);
  const IsolationReport report = s.Check();
  ASSERT_THAT(KindsOf(report.anomalies), ElementsAre("partial_visibility"));
  EXPECT_THAT(report.anomalies[0].cycle, ElementsAre(Dependency{DependencyKind::kWr, a, 0, b, 0},
                                                     Dependency{DependencyKind::kRw, b, 0, a, 1}));
}

// r2[y0] w1[x1] w1[y1] r2[x1]: the reads lie around both changes, yet between these it was as 2 saw it: y0
// until the second, x1 from the first on.
TEST(IsolationCheckTest, AMomentOfAPartCountsForTheWriter) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.R(b, s.y).W(a, {s.x}).W(a, {s.y}).R(b, s.x).C(a).C(b);
  EXPECT_THAT(KindsOf(s.Check().anomalies), ElementsAre("partial_visibility"));
}

// r2[x0] w1[x1 y1] r2[y1]: both at once, between two reads: the reader's own fault.
TEST(IsolationCheckTest, AnAtomicChangeBetweenTwoReadsIsReadSkewOfTheReader) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.R(b, s.x).W(a, {s.x, s.y}).R(b, s.y).C(a).C(b);
  const IsolationReport report = s.Check();
  ASSERT_THAT(KindsOf(report.anomalies), ElementsAre("read_skew"));
  EXPECT_THAT(report.anomalies[0].by, ElementsAre(b));
  EXPECT_THAT(report.anomalies[0].cycle, ElementsAre(Dependency{DependencyKind::kWr, a, 1, b, 1},
                                                     Dependency{DependencyKind::kRw, b, 0, a, 0}));
}

// The same of an attempt that fails: apart, and the history is serialisable.
TEST(IsolationCheckTest, TornReadsOfAnAbortedTransactionStandApart) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.R(b, s.x).W(a, {s.x, s.y}).R(b, s.y).C(a).A(b);
  const IsolationReport report = s.Check();
  EXPECT_TRUE(report.serialisable);
  ASSERT_THAT(KindsOf(report.of_aborted), ElementsAre("read_skew"));
  EXPECT_THAT(report.of_aborted[0].by, ElementsAre(b));
}

// w1[x1] w2[x2] w2[y1] w1[y2]: changes in opposite orders (a dirty write).
TEST(IsolationCheckTest, ChangesInOppositeOrdersAreADirtyWrite) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.W(a, {s.x}).W(b, {s.x}).W(b, {s.y}).W(a, {s.y}).C(a).C(b);
  const IsolationReport report = s.Check();
  ASSERT_THAT(KindsOf(report.anomalies), ElementsAre("dirty_write"));
  EXPECT_THAT(report.anomalies[0].by, ElementsAre(a, b));
  EXPECT_THAT(report.anomalies[0].cycle, ElementsAre(Dependency{DependencyKind::kWw, a, 0, b, 0},
                                                     Dependency{DependencyKind::kWw, b, 1, a, 1}));
}

// The same around three: no two are in each other's way.
TEST(IsolationCheckTest, ACycleOfOverwritesAloneIsADirtyWrite) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  const int c = s.Begin("c");
  s.W(a, {s.x}).W(b, {s.x}).W(b, {s.y}).W(c, {s.y}).W(c, {s.z}).W(a, {s.z}).C(a).C(b).C(c);
  const IsolationReport report = s.Check();
  ASSERT_THAT(KindsOf(report.anomalies), ElementsAre("dirty_write"));
  EXPECT_THAT(report.anomalies[0].by, ElementsAre(a, b, c));
}

// r1[l0] w2[l1 p1] c2 w1[l2 q1] c1: each added another name to a list; both are there, and 1 comes first.
TEST(IsolationCheckTest, ChangingOtherPartsOfAListLosesNothing) {
  Story s;
  const int p = s.history.AddPart("p", s.sum);
  const int q = s.history.AddPart("q", s.sum);
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.R(a, s.sum).W(b, {s.sum, p}).C(b).W(a, {s.sum, q}).C(a);
  const IsolationReport report = s.Check();
  EXPECT_TRUE(report.strict);
  EXPECT_THAT(report.order, ElementsAre(a, b));
}

// r1[l0] w2[l1 p1] c2 w1[l2 p2] c1: the same part, read with the whole.
TEST(IsolationCheckTest, WhoReadsTheWholeLosesUpdatesOfAPart) {
  Story s;
  const int p = s.history.AddPart("p", s.sum);
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.R(a, s.sum).W(b, {s.sum, p}).C(b).W(a, {s.sum, p}).C(a);
  const IsolationReport report = s.Check();
  ASSERT_THAT(KindsOf(report.anomalies), ElementsAre("lost_update"));
  EXPECT_THAT(report.anomalies[0].cycle, ElementsAre(Dependency{DependencyKind::kRw, a, 0, b, 0},
                                                     Dependency{DependencyKind::kWw, b, 1, a, 2}));
}

// The same, but the part itself is read again before the change: r1[l0] w2[l1 p1] c2 r1[p1] w1[l2 p2] c1.
TEST(IsolationCheckTest, ReadingThePartAgainLosesNothing) {
  Story s;
  const int p = s.history.AddPart("p", s.sum);
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.R(a, s.sum).W(b, {s.sum, p}).C(b).R(a, p).W(a, {s.sum, p}).C(a);
  EXPECT_THAT(KindsOf(s.Check().anomalies), ElementsAre("read_skew"));
}

// Each of three reads what the next changes: a -rw-> b -rw-> c -rw-> a, and no two conflict both ways.
TEST(IsolationCheckTest, ACycleOfThreeIsFoundWhole) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  const int c = s.Begin("c");
  s.R(a, s.x).R(b, s.y).R(c, s.z).W(b, {s.x}).W(c, {s.y}).W(a, {s.z}).C(a).C(b).C(c);
  const IsolationReport report = s.Check();
  ASSERT_THAT(KindsOf(report.anomalies), ElementsAre("other_cycle"));
  EXPECT_EQ(CycleText(s.history, report.anomalies[0].cycle), "a -rw-> b -rw-> c -rw-> a");
}

// A long chain of conflicts comes back to its beginning; the proof is the two that are enough.
// r1[x0] w2[x1] w3[x2] w4[x3] w1[x4]: 1 -rw-> 2 -ww-> 3 -ww-> 4 -ww-> 1, and 1 lost three updates.
TEST(IsolationCheckTest, TheProofIsTheShortestCycle) {
  Story s;
  const int a = s.Begin("a");
  s.R(a, s.x);
  for (const char* name : {"b", "c", "d"}) {
    const int other = s.Begin(name);
    s.W(other, {s.x}).C(other);
  }
  s.W(a, {s.x}).C(a);
  const IsolationReport report = s.Check();
  ASSERT_THAT(KindsOf(report.anomalies), ElementsAre("lost_update", "lost_update", "lost_update"));
  for (const Anomaly& anomaly : report.anomalies) EXPECT_THAT(anomaly.cycle, SizeIs(2));
}

// 1 reads x as it was before 2 changed it, although 2 had ended when 1 began: a stale read.
TEST(IsolationCheckTest, AStaleReadIsSerialisableButNotStrictly) {
  Story s;
  const int b = s.Begin("b");
  const int64_t before = s.history.position();
  s.W(b, {s.x}).C(b);
  const int a = s.Begin("a");
  s.history.ReadAsOf(a, s.x, before, sim::SimTime());
  s.C(a);
  const IsolationReport report = s.Check();
  EXPECT_TRUE(report.serialisable);
  EXPECT_FALSE(report.strict);
  EXPECT_THAT(report.order, ElementsAre(a, b));
  EXPECT_EQ(CycleText(s.history, report.against_time), "a -rw-> b");
  EXPECT_THAT(AgainstTimeText(s.history, report.against_time),
              ::testing::StartsWith("b had ended when a began, and comes after it all the same\n"));
}

// w1[s1] w2[s2] w1[s3]: additions to a sum; whose came first cannot be told.
TEST(IsolationCheckTest, ChangesThatCommuteOrderNobody) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.W(a, {s.sum}).W(b, {s.sum}).W(a, {s.sum}).C(a).C(b);
  EXPECT_TRUE(s.Check().strict);
}

// w1[s1] r2[s1] w1[s2]: who reads in between sees a part, whatever commutes.
TEST(IsolationCheckTest, APartOfChangesThatCommuteIsVisibleAllTheSame) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.W(a, {s.sum}).R(b, s.sum).W(a, {s.sum}).C(a).C(b);
  EXPECT_THAT(KindsOf(s.Check().anomalies), ElementsAre("partial_visibility"));
}

// r1[s0] r2[s0] w1[s1] w2[s2]: both went by the sum before the other's addition. No update is lost.
TEST(IsolationCheckTest, GoingByAnOldSumIsWriteSkew) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.R(a, s.sum).R(b, s.sum).W(a, {s.sum}).W(b, {s.sum}).C(a).C(b);
  const IsolationReport report = s.Check();
  ASSERT_THAT(KindsOf(report.anomalies), ElementsAre("write_skew"));
  EXPECT_THAT(report.anomalies[0].by, ElementsAre(b));
}

// What an aborted transaction changed is no version that others are ordered by.
TEST(IsolationCheckTest, ChangesOfAnAbortedTransactionOrderNobody) {
  Story s;
  const int a = s.Begin("a");
  const int b = s.Begin("b");
  s.R(b, s.x).W(a, {s.x}).W(b, {s.x}).A(a).C(b);
  EXPECT_TRUE(s.Check().strict);
}

TEST(IsolationCheckTest, TransactionsOfOneClientAreNumbered) {
  Story s;
  s.C(s.Begin("a"));
  s.C(s.Begin("a"));
  EXPECT_EQ(s.history.transaction(0).Name(), "a");
  EXPECT_EQ(s.history.transaction(1).Name(), "a#2");
}

// Two changes at once, one more later, in another group: visible in two steps, durable in two.
TEST(IsolationCheckTest, StepsOfVisibilityAndDurabilityAreCounted) {
  Story s;
  const int a = s.Begin("a");
  s.W(a, {s.x, s.y}).W(a, {s.z}).C(a);
  EXPECT_EQ(s.history.transaction(a).visible_steps, 2);
  EXPECT_THAT(s.history.transaction(a).durable, SizeIs(2));
}

// 5,000 transactions of one read and one change each, one after the other.
TEST(IsolationCheckTest, ThousandsOfTransactionsInALineAreChecked) {
  Story s;
  for (int i = 0; i < 5000; ++i) {
    const int t = s.Begin("t");
    s.R(t, s.x).W(t, {s.x}).C(t);
  }
  const IsolationReport report = s.Check();
  EXPECT_TRUE(report.strict);
  EXPECT_THAT(report.order, SizeIs(5000));
}

}  // namespace
}  // namespace model
