// SPDX-License-Identifier: Apache-2.0
//
// What the reports print, `txgsim explain` knows: every heading and every label of them, collected here from
// what the program prints in colour.
#include <gmock/gmock.h>

#include <regex>
#include <set>
#include <sstream>

#include "model/dataset/errno.h"
#include "model/design/oracle.h"
#include "model/design/promises.h"
#include "tests/tools/program_testing.h"
#include "tools/txgsim/explain/explain_topics.h"

namespace tools {
namespace {

using ::testing::HasSubstr;

std::string Plain(const std::string& text) {
  return std::regex_replace(text, std::regex("\x1b\\[[0-9;]*m"), "");
}

// The cells of a line: two blanks and more separate them.
void AddCells(const std::string& text, std::set<std::string>* words) {
  static const std::regex kGap(" {2,}|\n");
  for (std::sregex_token_iterator it(text.begin(), text.end(), kGap, -1), end; it != end; ++it) {
    std::string word = *it;
    while (!word.empty() && (word.back() == ' ' || word.back() == ':')) word.pop_back();
    word.erase(0, word.find_first_not_of(' '));
    if (!word.empty()) words->insert(word);
  }
}

// Dim and bold is what names things; times, remarks and what a file says are not.
void AddStyled(const std::string& out, std::set<std::string>* words) {
  static const std::regex kStyled("\x1b\\[[12]m([^\x1b]*)\x1b\\[0m");
  static const std::regex kNoHeading(R"(\s*(\d|\[|\(|\.\.\.|and |a cell again).*|.*\.lua|not checked.*)");
  for (std::sregex_iterator it(out.begin(), out.end(), kStyled), end; it != end; ++it) {
    const std::string text = (*it)[1];
    if (!std::regex_match(text, kNoHeading)) AddCells(text, words);
  }
}

// The labels of a comparison, and of the first lines on a hang: in front, behind two blanks and more.
void AddLabels(const std::string& out, std::set<std::string>* words) {
  static const std::regex kLabel("^ {2,6}([^ ](?:[^ ]| (?! ))*)(?: {2,}| .*$).*");
  std::istringstream lines(Plain(out));
  std::string line;
  for (std::getline(lines, line); std::getline(lines, line);) {
    std::smatch match;
    if (line.rfind("where a design", 0) == 0) break;
    if (std::regex_match(line, match, kLabel)) AddCells(match[1], words);
  }
}

using ExplainTest = ProgramFixture;

TEST_F(ExplainTest, EveryHeadingAndLabelIsKnown) {
  std::set<std::string> words;
  const std::string hang =
      "machine { cores = 2 }\n"
      "local m = mutex \"m\"\n"
      "local lock = syscall \"lock\" (function() m:lock() end)\n"
      "process \"gone\" (function() lock() end)\n"
      "process \"app\" { at = \"1ms\" } (function() lock() end)\n"
      "expect \"it hangs\" { verdict = \"lost_event\" }";
  for (const std::string& command :
       {"run " + Scenario("quota_and_snapshot.lua"), "run " + Scenario("prune_sanoid.lua"),
        "run " + Scenario("03_abba.lua"), "run --arms " + Scenario("03_abba.lua"),
        "run " + Write("hang.lua", hang), "run --until 1s " + Scenario("04_stopped_holder.lua"),
        "run " + Scenario("09_suspended_pool.lua"),
        "compare --phases 2 --faults client_stopped,client_killed " + Scenario("prune_sanoid.lua")}) {
    AddStyled(Run(command + " --color always").out, &words);
  }
  AddLabels(Run("compare --phases 2 " + Scenario("prune_sanoid.lua")).out, &words);
  std::istringstream help(Run("help " + Scenario("01_stuck_callback.lua")).out);
  for (std::string line; std::getline(help, line);) {
    if (line.rfind("PARAMETER", 0) == 0 || line.rfind("ARM", 0) == 0) AddCells(line, &words);
  }
  // The labels of hangs; of three letters and more, so that a change of their form is noticed.
  for (const char* label : {"cycle", "root", "chain", "freed by", "also", "judged at", "stopped", "cut off",
                            "not ended", "the kernel's log", "repeat", "digest", "isolation", "events"}) {
    words.insert(label);
  }
  for (const char* heading : {"LOCK HELD", "THROUGHPUT", "SYNCED TXG", "otime", "total_wait", "WAITS ON",
                              "latency", "writers' worst p99", "EXPECTATIONS", "CHOICES"}) {
    EXPECT_TRUE(words.contains(heading)) << heading;
  }
  EXPECT_GT(words.size(), 80u);
  for (const std::string& word : words) EXPECT_EQ(Run("explain \"" + word + "\"").exit_code, 0) << word;
}

// `freed by  complete tank`: as it is printed, or its first word.
TEST_F(ExplainTest, AnActionIsExplainedWithItsTarget) {
  EXPECT_THAT(Run("explain \"complete tank\"").out, HasSubstr("Somebody repairs the device"));
  EXPECT_THAT(Run("explain complete").out, HasSubstr("Somebody repairs the device"));
  EXPECT_THAT(Run("explain \"kill prune\"").out, HasSubstr("SIGKILL to the process"));
  for (const char* action : {"cont", "thaw", "reply", "abort"})
    EXPECT_THAT(Run(std::string("explain ") + action).out, HasSubstr("NAME (under `freed by`)")) << action;
}

TEST_F(ExplainTest, EveryErrnoHasASentenceAndIsFoundByItsNumber) {
  for (const model::ErrnoEntry& entry : model::AllErrnos())
    EXPECT_NE(ErrnoMeaning(entry.name), "") << entry.name;
  EXPECT_THAT(Run("explain 5").out, HasSubstr("EIO: errno 5: a disk read or write failed"));
  EXPECT_THAT(Run("explain eretry").out, HasSubstr("what the job had read has changed"));
  EXPECT_THAT(Run("explain ECHRNG").out, HasSubstr("channel program"));
  EXPECT_EQ(Run("explain 4711").exit_code, 2);
}

TEST_F(ExplainTest, FieldsOfAResultAreListed) {
  EXPECT_THAT(Run("explain run").out, HasSubstr("run.verdict"));
  EXPECT_THAT(Run("explain run.loads").out, HasSubstr("run.loads.NAME.latency.p99_ns"));
  EXPECT_THAT(Run("explain run.marks.x").out, HasSubstr("run.marks.NAME[i].value"));
  EXPECT_THAT(Run("explain compare").out, HasSubstr("compare.same_tree"));
  EXPECT_THAT(Run("explain p999_ns").out, HasSubstr("run.jobs.NAME.latency.p999_ns"));
  EXPECT_THAT(Run("explain run.verdct").err, HasSubstr("did you mean run.verdict?"));
}

TEST_F(ExplainTest, WordsOfPoolsAreInTheGlossary) {
  const std::string failmode = Run("explain failmode").out;
  for (const char* value : {"wait", "continue", "panic"}) EXPECT_THAT(failmode, HasSubstr(value));
  for (const char* word : {"scrub", "txg_sync", "slog", "raidz2", "raidz", "mirror", "resilver",
                           "serialisable", "any subset", "read_cpu", "sync lock held", "birth"}) {
    EXPECT_EQ(Run(std::string("explain ") + word).exit_code, 0) << word;
  }
}

TEST_F(ExplainTest, EveryCauseOfADifferenceIsExplained) {
  for (const std::string_view cause : model::kDifferenceCauses) {
    EXPECT_THAT(Run("explain " + std::string(cause)).out, HasSubstr("Cause of a semantic difference"))
        << cause;
  }
}

TEST_F(ExplainTest, EveryPromiseOfADesignIsExplained) {
  std::vector<model::DesignOptions> variants(4);
  variants[1].pipeline.batch = 2;
  variants[1].callback.syncing = true;
  variants[1].channel_tx.each_pool = true;
  variants[1].program.sync = false;
  variants[2].callback.overlay = variants[2].channel_tx.overlay = variants[2].optimistic_tx.overlay = true;
  variants[2].ring.read_after_wait = true;
  variants[3].callback.config_lock = true;
  std::set<std::string> words;
  for (const model::DesignOptions& options : variants) {
    for (const model::DesignKind design : model::kAllDesigns) {
      const model::Promises promises = model::PromisesOf(design, options);
      for (const std::string_view text : {promises.readers, promises.errors, promises.power, promises.reads})
        words.emplace(text);
    }
  }
  for (const std::string& word : words) EXPECT_EQ(Run("explain \"" + word + "\"").exit_code, 0) << word;
}

}  // namespace
}  // namespace tools
