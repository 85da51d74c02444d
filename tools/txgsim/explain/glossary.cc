// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/explain/glossary.h"

#include <cctype>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace tools {

std::vector<GlossaryEntry> Glossary() {
  std::vector<GlossaryEntry> entries;
  const std::string text = GlossaryMarkdown();
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::ConsumePrefix(&line, "| ")) continue;
    const std::vector<std::string> cells = absl::StrSplit(line, absl::MaxSplits(" | ", 1));
    if (cells.size() < 2 || cells[0] == "word") continue;
    const std::string named = cells[0].substr(0, cells[0].find(" ("));
    GlossaryEntry entry;
    // "R S T Z" are four.
    const bool letters = named.find(' ') == 1;
    entry.names = absl::StrSplit(named, letters ? " " : ", ");
    entry.meaning = absl::StrReplaceAll(absl::StripSuffix(cells[1], " |"), {{"**", ""}, {"`", ""}});
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string Folded(std::string_view word) {
  std::string folded;
  for (char c : word) {
    folded += c == '_' || c == '-' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return folded;
}

}  // namespace tools
