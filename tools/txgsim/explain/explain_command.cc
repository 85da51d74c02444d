// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "model/dataset/errno.h"
#include "model/script/compare/fault_matrix.h"
#include "model/script/language/suggest.h"
#include "model/script/language/words.h"
#include "model/script/result/fields.h"
#include "model/txg/tunables.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/explain/explain_topics.h"
#include "tools/txgsim/explain/glossary.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/scenario_file.h"

namespace tools {
namespace {

std::string UnitText(model::TunableUnit unit) {
  switch (unit) {
    case model::TunableUnit::kBytes:
      return "bytes";
    case model::TunableUnit::kPercent:
      return "percent";
    case model::TunableUnit::kSeconds:
      return "seconds";
    case model::TunableUnit::kMilliseconds:
      return "milliseconds";
    case model::TunableUnit::kNanoseconds:
      return "nanoseconds";
    case model::TunableUnit::kCount:
      return "count";
    case model::TunableUnit::kChoice:
      return "words";
  }
  return "";
}

std::string TunableText(const model::TunableInfo& tunable) {
  std::string text = fmt::format("{}: module parameter of OpenZFS, in {}: {}; default {}\n{}\n", tunable.name,
                                 UnitText(tunable.unit), model::TunableRangeText(tunable),
                                 tunable.default_text, tunable.about);
  if (!tunable.alias.empty()) text += fmt::format("A scenario may write `{}` with a unit.\n", tunable.alias);
  return text;
}

std::string ErrnoText(const model::ErrnoEntry& entry) {
  return fmt::format("{}: errno {}: {}\n", entry.name, entry.value, ErrnoMeaning(entry.name));
}

// "run", "run.loads", "run.jobs.prune.txgs", "compare.designs": a result, or something in it.
bool IsResultWord(std::string_view word) {
  const std::string head = model::ResultPathParts(word).front();
  return (head == "run" || head == "compare" || head == "sweep") && (head != "sweep" || head != word);
}

// What is not known: the word that is spelled alike, else words with it in them.
std::string UnknownText(const std::string& word, const std::vector<std::string>& known) {
  constexpr size_t kMost = 10;
  std::vector<std::string> folded;
  for (const std::string& name : known) folded.push_back(Folded(name));
  const std::string near = model::Suggest(Folded(word), folded);
  std::vector<std::string> listed;
  for (size_t i = 0; i < known.size() && listed.size() < kMost; ++i) {
    const bool alike = near.empty() ? folded[i].find(Folded(word)) != std::string::npos : folded[i] == near;
    if (alike && std::find(listed.begin(), listed.end(), known[i]) == listed.end())
      listed.push_back(known[i]);
  }
  std::string text = fmt::format("nothing is known of \"{}\"", word);
  if (listed.empty())
    return text +
           "; known are verdicts, errnos, tunables, headings of reports, fields of results (`explain run`), "
           "words "
           "of the language and of docs/glossary.md";
  if (!near.empty()) return text + fmt::format("; did you mean \"{}\"?", listed.front());
  return text + fmt::format("; known are {}", fmt::join(listed, ", "));
}

}  // namespace

int ExplainCommand(const Options& options) {
  const std::string& word = options.operand;
  const std::string folded = Folded(word);
  std::string text;
  std::vector<std::string> known;
  const auto is_meant = [&](std::string_view name) {
    known.emplace_back(name);
    return Folded(name) == folded;
  };
  for (const Topic& topic : GeneralTopics()) {
    if (is_meant(topic.name)) text = fmt::format("{}\n{}\n", topic.name, topic.text);
  }
  for (const model::FaultKind& fault : model::FaultKinds()) {
    if (is_meant(fault.name))
      text += fmt::format("{}\nrow of the safety matrix: {}\n", fault.name, fault.what);
  }
  const bool topic_found = !text.empty();
  for (const GlossaryEntry& entry : Glossary()) {
    bool meant = false;
    for (const std::string& name : entry.names) meant = is_meant(name) || meant;
    if (meant && !topic_found) text += fmt::format("{}\n{}\n", fmt::join(entry.names, ", "), entry.meaning);
  }
  for (const Topic& topic : ReportTopics()) {
    if (is_meant(topic.name)) text += fmt::format("{} (in reports)\n{}\n", topic.name, topic.text);
  }
  for (const Topic& topic : ActionTopics()) {
    if (is_meant(topic.name) || folded.starts_with(Folded(topic.name) + " "))
      text += fmt::format("{} NAME (under `freed by`)\n{}\n", topic.name, topic.text);
  }
  for (const model::TunableInfo& tunable : model::Tunables()) {
    const bool alias = !tunable.alias.empty() && is_meant(tunable.alias);
    if (is_meant(tunable.name) || alias) text += TunableText(tunable);
  }
  for (const model::ErrnoEntry& entry : model::AllErrnos()) {
    if (is_meant(entry.name) || word == std::to_string(entry.value)) text += ErrnoText(entry);
  }
  for (const model::Word* one : model::AllWords()) known.emplace_back(one->name);
  if (IsResultWord(word)) {
    const absl::StatusOr<std::string> fields = model::ExplainResultPath(word);
    if (!fields.ok()) return ReportError(fields.status());
    text += *fields;
  }
  absl::StatusOr<std::string> about = model::ExplainWord(word);
  if (!about.ok()) about = model::ExplainWord(folded);  // A heading: "POOL".
  if (about.ok()) {
    text += (text.empty() ? "" : "\n") + *about;
  }
  // Of a field that is a word of its own, too, the word says enough.
  if (text.empty()) text = model::ResultFieldsNamed(word);
  if (text.empty()) return ReportError(absl::NotFoundError(UnknownText(word, known)));
  if (text.back() != '\n') text += '\n';
  const absl::Status status = WriteStdout(text);
  return status.ok() ? kExitOk : ReportError(status);
}

}  // namespace tools
