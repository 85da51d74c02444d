// SPDX-License-Identifier: Apache-2.0
#include "model/script/language/words.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/machine/profile.h"

namespace model {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(WordsTest, EveryWordIsThereOnceAndExplained) {
  std::set<std::string_view> names;
  for (const Word* word : AllWords()) {
    EXPECT_TRUE(names.insert(word->name).second) << word->name;
    EXPECT_FALSE(word->form.empty()) << word->name;
    EXPECT_FALSE(word->help.empty()) << word->name;
    EXPECT_NE(word->contexts, 0u) << word->name;
    const absl::StatusOr<std::string> text = ExplainWord(word->name);
    ASSERT_TRUE(text.ok()) << word->name;
    EXPECT_THAT(*text, HasSubstr(std::string(word->help)));
  }
  EXPECT_GT(names.size(), 150u);
}

TEST(WordsTest, OptionsHaveDefaultsThatTheyAcceptThemselves) {
  for (const Word* word : AllWords()) {
    for (const OptionSpec& option : word->options) {
      if (option.type != OptionType::kChoice || option.default_text.empty()) continue;
      const std::vector<std::string_view> choices = SplitChoices(option.choices);
      EXPECT_NE(std::find(choices.begin(), choices.end(), option.default_text), choices.end())
          << word->name << "." << option.name;
    }
  }
}

TEST(WordsTest, ChoicesOfTheMachineAreTheProfilesThereAre) {
  for (const OptionSpec& option : FindWord("machine")->options) {
    if (option.name != "profile") continue;
    for (std::string_view name : SplitChoices(option.choices)) {
      EXPECT_NE(FindMachineProfile(name), nullptr) << name;
    }
    EXPECT_EQ(SplitChoices(option.choices).size(), MachineProfiles().size());
  }
}

TEST(WordsTest, NoOptionIsAKeywordOfLua) {
  const std::set<std::string_view> keywords = {
      "and", "break", "do",  "else", "elseif", "end",    "false",  "for",  "function", "goto",  "if",
      "in",  "local", "nil", "not",  "or",     "repeat", "return", "then", "true",     "until", "while"};
  for (const Word* word : AllWords()) {
    for (const OptionSpec& option : word->options) EXPECT_EQ(keywords.count(option.name), 0u) << option.name;
  }
}

TEST(WordsTest, MethodsAreFoundByKind) {
  EXPECT_EQ(FindMethod(ThingKind::kMutex, "lock"), FindWord("mutex:lock"));
  EXPECT_EQ(FindMethod(ThingKind::kPool, "filesystem"), FindWord("pool:filesystem"));
  EXPECT_EQ(FindMethod(ThingKind::kMutex, "read"), nullptr);
  EXPECT_EQ(KindName(ThingKind::kRrwlock), "rrwlock");
}

TEST(WordsTest, AShortNameExplainsAllMethodsOfThatName) {
  const std::string text = *ExplainWord("downgrade");
  EXPECT_THAT(text, StartsWith("rwsem:downgrade\n"));
  EXPECT_THAT(*ExplainWord("unlock"), HasSubstr("rrwlock:unlock"));
  EXPECT_EQ(ExplainWord("procss").status().message(), "no word \"procss\"; did you mean \"process\"?");
}

TEST(WordsTest, TheExplanationNamesTypesDefaultsAndWhatIsMissing) {
  EXPECT_EQ(*ExplainWord("spinlock"),
            "spinlock\n"
            "  spinlock \"name\" { irq = false }\n"
            "  A lock waited for on the core. A wait while it is held is \"scheduling while atomic\".\n"
            "  context: top\n"
            "    irq                boolean                            default false\n"
            "      also keeps interrupts off\n");
  EXPECT_THAT(*ExplainWord("memory"), HasSubstr("not built yet"));
}

TEST(WordsTest, TheDocumentationHasEveryWordAndOption) {
  const std::string markdown = WordsAsMarkdown();
  for (const Word* word : AllWords()) {
    EXPECT_THAT(markdown, HasSubstr("### `" + std::string(word->name) + "`"));
    for (const OptionSpec& option : word->options) {
      EXPECT_THAT(markdown, HasSubstr("| `" + std::string(option.name) + "` |"));
    }
  }
  EXPECT_THAT(markdown, HasSubstr("| `hung_task_timeout` | duration, \"never\" | `\"120s\"` |"));
}

TEST(WordsTest, TheEditorFileDeclaresClassesAndFunctions) {
  const std::string meta = WordsAsLuaMeta();
  EXPECT_THAT(meta, StartsWith("---@meta\n"));
  EXPECT_THAT(meta, HasSubstr("---@class mutex : thing"));
  EXPECT_THAT(meta, HasSubstr("---@field blocking? \"sleep\"|\"spin\""));
  EXPECT_THAT(meta, HasSubstr("function machine(name) end"));
  EXPECT_THAT(meta, HasSubstr("function pool_:filesystem(...) end"));
}

}  // namespace
}  // namespace model
