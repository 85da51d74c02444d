// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/tools/program_testing.h"
#include "tools/txgsim/sweep/store.h"

namespace tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SweepStoreTest : public ProgramFixture {
 protected:
  // A line as `sweep` writes it.
  static std::string Line(size_t run) {
    const Json result = {
        {"schema", "txgsim.result/1"}, {"params", Json::object()}, {"digest", "00"}, {"n", run * 10}};
    return StoredLine("key" + std::to_string(run), run, Json::object(), result);
  }
  std::string Path() const { return (folder_ / "r.jsonl").string(); }
  // Keys of the runs, "torn", or the error.
  std::vector<std::string> Read() const {
    std::vector<std::string> seen;
    const absl::StatusOr<StoredEnd> end = ReadStored(Path(), [&](const StoredRun& run) {
      seen.push_back(run.key);
      EXPECT_EQ(run.result["n"], run.run * 10);
      EXPECT_FALSE(run.result.contains("sweep"));
      EXPECT_EQ(ReadPlace(Path(), run.place).value(), Line(run.run));
      return absl::OkStatus();
    });
    if (!end.ok()) return {std::string(end.status().message())};
    if (end->torn) seen.emplace_back("torn");
    return seen;
  }
};

TEST_F(SweepStoreTest, WhatIsAppendedIsReadAgain) {
  {
    const auto log = ResultLog::Open(Path(), false).value();
    for (size_t run : {2, 0, 1}) EXPECT_TRUE(log->Append(Line(run)).ok());
  }
  EXPECT_THAT(Read(), ElementsAre("key2", "key0", "key1"));
  EXPECT_THAT(std::string(ResultLog::Open(Path(), false).status().message()), HasSubstr("is there already"));
}

TEST_F(SweepStoreTest, ATornLineIsCutOff) {
  Write("r.jsonl", Line(0) + "\n" + Line(1).substr(0, 30));
  EXPECT_THAT(Read(), ElementsAre("key0", "torn"));
  const auto log = ResultLog::Open(Path(), true).value();
  EXPECT_TRUE(log->Truncate(Line(0).size() + 1).ok());
  const StoredPlace place = log->Append(Line(3)).value();
  EXPECT_EQ(place.offset, Line(0).size() + 1);
  EXPECT_THAT(Read(), ElementsAre("key0", "key3"));
}

TEST_F(SweepStoreTest, WhatIsNoResultIsNamedWithItsLine) {
  for (const char* bad : {"{", "[]", "{}", "12", "{\"key\": 1}"}) {
    Write("r.jsonl", Line(0) + "\n" + bad + "\n" + Line(1) + "\n");
    EXPECT_THAT(Read().front(), HasSubstr("r.jsonl:2: no")) << bad;
  }
  fs::remove(Path());
  EXPECT_THAT(Read().front(), HasSubstr("cannot read"));
}

TEST_F(SweepStoreTest, OneProcessAtATimeWritesAndAnEmptyFileGoes) {
  {
    const auto first = ResultLog::Open(Path(), true).value();
    EXPECT_THAT(std::string(ResultLog::Open(Path(), true).status().message()), HasSubstr("another txgsim"));
    EXPECT_TRUE(fs::exists(Path()));
  }
  EXPECT_FALSE(fs::exists(Path()));
  EXPECT_THAT(std::string(ResultLog::Open("/dev/full", true).status().message()), HasSubstr("regular file"));
  EXPECT_FALSE(ResultLog::Open((folder_ / "no" / "r").string(), true).ok());
}

TEST_F(SweepStoreTest, AFileIsReplacedWholeOrNotAtAll) {
  Write("r.jsonl", "old");
  const absl::Status failed = WriteLines(Path(), 2, [](size_t i) -> absl::StatusOr<std::string> {
    if (i == 0) return "new";
    return absl::UnavailableError("gone");
  });
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(ReadAll(Path()), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
  EXPECT_TRUE(WriteLines(Path(), 1, [](size_t) { return std::string("new"); }).ok());
  EXPECT_EQ(ReadAll(Path()), "new\n");
}

TEST(ResultFileNameTest, APathEndingInJsonlIsAFile) {
  EXPECT_TRUE(NamesResultFile("a.jsonl"));
  EXPECT_TRUE(NamesResultFile("x/b.jsonl"));
  EXPECT_FALSE(NamesResultFile("results"));
  EXPECT_FALSE(NamesResultFile("/tmp"));
}

}  // namespace
}  // namespace tools
