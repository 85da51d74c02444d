// SPDX-License-Identifier: Apache-2.0
#include "sim/recorder.h"

#include <xxhash.h>

#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/digest.h"

namespace sim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The value for no input is in the xxHash test suite.
TEST(DigestTest, NothingHasThePublishedDigest) {
  EXPECT_EQ(Digest().value(), 0x2d06800538d394c2u);
  EXPECT_EQ(DigestText(Digest().value()), "2d06800538d394c2");
  EXPECT_EQ(DigestText(1), "0000000000000001");
}

TEST(DigestTest, TheValueDependsOnTheBytesNotOnTheCalls) {
  std::string bytes;
  for (int i = 0; i < 5000; ++i) bytes += static_cast<char>('a' + i % 23);
  const uint64_t expected = XXH3_64bits(bytes.data(), bytes.size());
  for (size_t piece : {1, 7, 64, 255, 256, 1024, 5000}) {
    Digest digest;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      digest.Update(bytes.data() + at, std::min(piece, bytes.size() - at));
      digest.value();  // Looking does not disturb.
    }
    EXPECT_EQ(digest.value(), expected) << "in pieces of " << piece;
  }
}

TEST(DigestTest, BytesAreStoredLeastSignificantFirst) {
  std::byte bytes[8] = {};
  std::byte* end = StoreLittleEndian<4>(bytes, 0x1122334455667788);
  EXPECT_EQ(end, bytes + 4);
  EXPECT_THAT(bytes, ElementsAre(std::byte{0x88}, std::byte{0x77}, std::byte{0x66}, std::byte{0x55},
                                 std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}));
  EXPECT_EQ(LoadLittleEndian<4>(bytes), 0x55667788u);
}

TEST(RecorderTest, OffItRecordsNothing) {
  Recorder recorder;
  recorder.Record(SimTime::Start(), RecordKindOf("x"), 1, 2, 3);
  EXPECT_FALSE(recorder.enabled());
  EXPECT_EQ(recorder.count(), 0u);
  EXPECT_EQ(recorder.digest(), Digest().value());
}

#ifndef TXGSIM_NO_RECORDER

class CollectingSink : public RecordSink {
 public:
  void Write(std::span<const EventRecord> records) override {
    ++calls;
    all.insert(all.end(), records.begin(), records.end());
  }
  int calls = 0;
  std::vector<EventRecord> all;
};

EventRecord NumberedRecord(uint64_t i) {
  return {.time = SimTime::FromNanos(static_cast<int64_t>(3 * i)),
          .kind = static_cast<RecordKind>(i % 5),
          .actor = i % 7,
          .a = i,
          .b = ~i};
}

void RecordNumbered(Recorder& recorder, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    const EventRecord r = NumberedRecord(i);
    recorder.Record(r.time, r.kind, r.actor, r.a, r.b);
  }
}

// The 36 bytes written out by hand, hashed in one call, and the number that must never change.
TEST(RecorderTest, OneRecordHasTheBytesOfItsDefinition) {
  const uint8_t bytes[Recorder::kRecordBytes] = {
      0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01,  // time_ns 0x0102030405060708
      0x14, 0x13, 0x12, 0x11,                          // kind 0x11121314
      0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,  // actor
      0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31,  // a
      0x48, 0x47, 0x46, 0x45, 0x44, 0x43, 0x42, 0x41,  // b
  };
  Recorder recorder(Recorder::Options{});
  recorder.Record(SimTime::FromNanos(0x0102030405060708), static_cast<RecordKind>(0x11121314),
                  0x2122232425262728, 0x3132333435363738, 0x4142434445464748);
  EXPECT_EQ(recorder.digest(), XXH3_64bits(bytes, sizeof bytes));
  EXPECT_EQ(DigestText(recorder.digest()), "1aaaa7c9d465a2b2");
}

// 5000 records fill eleven blocks and begin a twelfth.
TEST(RecorderTest, ManyRecordsHaveTheirKnownDigest) {
  Recorder recorder(Recorder::Options{});
  RecordNumbered(recorder, 5000);
  EXPECT_EQ(recorder.count(), 5000u);
  EXPECT_EQ(DigestText(recorder.digest()), "3a31149ab050fb25");
}

TEST(RecorderTest, KindsAreHashesOfTheirNames) {
  EXPECT_EQ(static_cast<uint32_t>(RecordKindOf("txg/open")), HashName("txg/open") & 0xffffffff);
  EXPECT_NE(RecordKindOf("txg/open"), RecordKindOf("txg/sync"));
}

TEST(RecorderTest, TheDigestIsTheSameWhoeverLooks) {
  Recorder plain(Recorder::Options{});
  CollectingSink sink;
  Recorder watched({.keep_all = true, .sink = &sink});
  RecordNumbered(plain, 1000);
  for (uint64_t i = 0; i < 1000; ++i) {
    const EventRecord r = NumberedRecord(i);
    watched.Record(r.time, r.kind, r.actor, r.a, r.b);
    if (i % 97 == 0) watched.digest();
  }
  EXPECT_EQ(plain.digest(), watched.digest());
}

TEST(RecorderTest, SinkAndMemoryHoldEveryRecordInOrder) {
  for (uint64_t count : {0u, 1u, 449u, 450u, 451u, 2000u}) {
    CollectingSink sink;
    Recorder recorder({.keep_all = true, .sink = &sink});
    RecordNumbered(recorder, count);
    recorder.Flush();
    std::vector<EventRecord> expected;
    for (uint64_t i = 0; i < count; ++i) expected.push_back(NumberedRecord(i));
    EXPECT_EQ(sink.all, expected);
    EXPECT_EQ(recorder.records(), expected);
    EXPECT_EQ(recorder.count(), count);
  }
}

TEST(RecorderTest, ASinkSeesEachRecordOnce) {
  CollectingSink sink;
  Recorder recorder({.sink = &sink});
  recorder.Flush();
  EXPECT_THAT(sink.all, IsEmpty());
  RecordNumbered(recorder, 10);
  recorder.Flush();
  recorder.Flush();
  EXPECT_EQ(sink.all.size(), 10u);
  EXPECT_EQ(sink.calls, 1);
}

TEST(RecorderTest, EveryFieldCountsInTheDigest) {
  const auto digest_of = [](int64_t time_ns, uint32_t kind, uint64_t actor, uint64_t a, uint64_t b) {
    Recorder recorder(Recorder::Options{});
    recorder.Record(SimTime::FromNanos(time_ns), static_cast<RecordKind>(kind), actor, a, b);
    return recorder.digest();
  };
  const uint64_t base = digest_of(1, 2, 3, 4, 5);
  EXPECT_EQ(base, digest_of(1, 2, 3, 4, 5));
  EXPECT_NE(base, digest_of(0, 2, 3, 4, 5));
  EXPECT_NE(base, digest_of(1, 0, 3, 4, 5));
  EXPECT_NE(base, digest_of(1, 2, 0, 4, 5));
  EXPECT_NE(base, digest_of(1, 2, 3, 0, 5));
  EXPECT_NE(base, digest_of(1, 2, 3, 4, 0));
}

#endif  // TXGSIM_NO_RECORDER

}  // namespace
}  // namespace sim
