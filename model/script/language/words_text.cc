// SPDX-License-Identifier: Apache-2.0
//
// The table of words as documents: Markdown, an editor file, one word's explanation.
#include <algorithm>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "model/script/language/suggest.h"
#include "model/script/language/words.h"

namespace model {
namespace {

std::string Joined(std::string_view choices, std::string_view separator) {
  std::string text;
  for (std::string_view choice : SplitChoices(choices)) {
    if (!text.empty()) text += separator;
    text += choice;
  }
  return text;
}

bool IsQuoted(OptionType type) {
  switch (type) {
    case OptionType::kBool:
    case OptionType::kInteger:
    case OptionType::kErrno:
    case OptionType::kOnDeath:
      return false;
    default:
      return true;
  }
}

// Types of the editor's annotations.
std::string MetaType(const OptionSpec& option) {
  switch (option.type) {
    case OptionType::kBool:
    case OptionType::kYes:
      return "boolean";
    case OptionType::kInteger:
      return "integer";
    case OptionType::kErrno:
      return "integer";
    case OptionType::kOnDeath:
      return "integer|\"nothing\"";
    case OptionType::kChoice:
    case OptionType::kChoices: {
      std::string text;
      for (std::string_view choice : SplitChoices(option.choices)) {
        text += fmt::format("{}\"{}\"", text.empty() ? "" : "|", choice);
      }
      return option.type == OptionType::kChoices ? fmt::format("({})|({})[]", text, text) : text;
    }
    case OptionType::kDuration:
      return "duration";
    case OptionType::kDelay:
      return "duration|distribution";
    case OptionType::kSize:
      return "size";
    case OptionType::kRate:
    case OptionType::kByteRate:
      return "rate";
    case OptionType::kFunction:
      return "function";
    case OptionType::kTable:
    case OptionType::kProperties:
    case OptionType::kTargetErrno:
    case OptionType::kTargetFactor:
    case OptionType::kSignalTarget:
    case OptionType::kPlainList:
      return "table";
    case OptionType::kEnders:
    case OptionType::kThreads:
    case OptionType::kMembers:
    case OptionType::kPools:
      return "thing|string|(thing|string)[]";
    case OptionType::kDispatcher:
    case OptionType::kDataset:
    case OptionType::kSnapshot:
    case OptionType::kRoot:
    case OptionType::kTarget:
      return "thing|string";
    case OptionType::kTexts:
    case OptionType::kActions:
    case OptionType::kArms:
      return "string|string[]";
    case OptionType::kDisk:
      return "string|table";
    case OptionType::kCountOrAll:
      return "integer|\"all\"";
    case OptionType::kSweep:
      return "string|any[]";
    case OptionType::kPlain:
      return "any";
    default:
      return "string";
  }
}

std::string OptionsClass(const Word& word) {
  std::string name(word.name);
  std::replace(name.begin(), name.end(), ':', '_');
  std::replace(name.begin(), name.end(), '.', '_');
  return name + "_options";
}

std::string MetaClass(ThingKind kind) {
  return kind == ThingKind::kNone ? "declaration" : std::string(KindName(kind));
}

void AppendOptionsTable(std::span<const OptionSpec> options, std::string_view inside, std::string* out) {
  for (const OptionSpec& option : options) {
    *out += fmt::format("| `{}{}` | {} | {} | {}{} |\n", inside, option.name, TypeAsWritten(option),
                        option.required ? "required" : fmt::format("`{}`", DefaultAsWritten(option)),
                        option.help, option.built ? "" : " (not built yet)");
    AppendOptionsTable(option.inner, fmt::format("{}{}.", inside, option.name), out);
  }
}

void AppendMarkdown(const Word& word, std::string* out) {
  *out += fmt::format("### `{}`\n\n    {}\n\n{}{}\n\n", word.name, word.form, word.help,
                      word.built ? "" : " **Not built yet.**");
  std::string facts = fmt::format("Context: {}.", ContextsAsWritten(word.contexts));
  if (word.body != Context{0}) facts += fmt::format(" Body: {}.", ContextsAsWritten(word.body));
  *out += facts + "\n\n";
  if (word.options.empty()) return;
  *out += "| option | type | default | meaning |\n|---|---|---|---|\n";
  AppendOptionsTable(word.options, "", out);
  *out += "\n";
}

struct Section {
  std::string_view title;
  WordClass word_class;
};

constexpr Section kSections[] = {
    {"Declarations", WordClass::kDeclaration},
    {"Parts of declared things", WordClass::kPart},
    {"Functions of the file", WordClass::kFunction},
    {"Verbs", WordClass::kVerb},
    {"Declared things as functions", WordClass::kCall},
    {"Methods", WordClass::kMethod},
    {"Fields", WordClass::kField},
    {"Calls of a job", WordClass::kJobCall},
};

void AppendExplanation(const Word& word, std::string* out) {
  if (!out->empty()) *out += "\n";
  *out += fmt::format("{}\n  {}\n  {}\n  context: {}\n", word.name, word.form, word.help,
                      ContextsAsWritten(word.contexts));
  if (word.body != Context{0}) *out += fmt::format("  body: {}\n", ContextsAsWritten(word.body));
  if (!word.built) *out += "  not built yet\n";
  for (const OptionSpec& option : word.options) {
    *out += fmt::format("    {:<18} {:<34} {}{}\n", option.name, TypeAsWritten(option),
                        option.required ? "required" : fmt::format("default {}", DefaultAsWritten(option)),
                        option.built ? "" : " (not built yet)");
    if (!option.help.empty()) *out += fmt::format("      {}\n", option.help);
    for (const OptionSpec& inner : option.inner) {
      *out += fmt::format("      {}.{:<16} {:<30} default {}\n", option.name, inner.name,
                          TypeAsWritten(inner), DefaultAsWritten(inner));
    }
  }
}

void AppendMetaOptions(const Word& word, std::string* out) {
  *out += fmt::format("---@class {}\n", OptionsClass(word));
  for (const OptionSpec& option : word.options) {
    // A keyword of Lua cannot be a key; none is one.
    *out += fmt::format("---@field {}{} {} {}\n", option.name, option.required ? "" : "?", MetaType(option),
                        option.help);
  }
  *out += "\n";
}

void AppendMetaMembers(ThingKind kind, std::string* out) {
  *out += fmt::format("---@class {} : thing\n", MetaClass(kind));
  for (const Word* word : AllWords()) {
    if (word->word_class == WordClass::kField && word->kind == kind && ShortName(word->name) != "[]") {
      *out += fmt::format("---@field {} any {}\n", ShortName(word->name), word->help);
    }
  }
  const std::string table = fmt::format("{}_", MetaClass(kind));
  *out += fmt::format("local {} = {{}}\n", table);
  for (const Word* word : AllWords()) {
    const bool part = word->word_class == WordClass::kPart && word->receiver == kind;
    const bool method = word->word_class == WordClass::kMethod && word->kind == kind;
    if (!part && !method) continue;
    *out += fmt::format("---{} Context: {}.\n---@return {}\nfunction {}:{}(...) end\n", word->help,
                        ContextsAsWritten(word->contexts), part ? MetaClass(word->kind) : "any", table,
                        ShortName(word->name));
  }
  *out += "\n";
}

}  // namespace

std::string DefaultAsWritten(const OptionSpec& option) {
  if (option.default_text.empty()) return "none";
  if (option.type == OptionType::kInteger || !IsQuoted(option.type)) return std::string(option.default_text);
  return fmt::format("\"{}\"", option.default_text);
}

std::string TypeAsWritten(const OptionSpec& option) {
  switch (option.type) {
    case OptionType::kBool:
      return "boolean";
    case OptionType::kInteger:
      return "whole number";
    case OptionType::kText:
      return "text";
    case OptionType::kTexts:
      return "texts";
    case OptionType::kName:
      return "name";
    case OptionType::kChoice:
      return Joined(option.choices, ", ");
    case OptionType::kChoices:
      return fmt::format("list of {}", Joined(option.choices, ", "));
    case OptionType::kDuration:
      return option.forever ? "duration, \"never\"" : "duration";
    case OptionType::kDelay:
      return "duration or distribution";
    case OptionType::kSize:
      return "size";
    case OptionType::kRate:
      return "rate";
    case OptionType::kByteRate:
      return "rate in bytes";
    case OptionType::kErrno:
      return "errno";
    case OptionType::kOnDeath:
      return "errno or \"nothing\"";
    case OptionType::kEnders:
      return "threads or \"outside\"";
    case OptionType::kDispatcher:
      return "dispatcher";
    case OptionType::kDataset:
      return "dataset or its name";
    case OptionType::kSnapshot:
      return "snapshot or its name";
    case OptionType::kThreads:
      return "threads";
    case OptionType::kRoot:
      return "thread or thing";
    case OptionType::kMembers:
      return "threads, devices, servers";
    case OptionType::kPools:
      return "pools";
    case OptionType::kActions:
      return "actions";
    case OptionType::kArms:
      return "arms";
    case OptionType::kTarget:
      return "thing or its name";
    case OptionType::kTargetErrno:
      return "{ thing, errno }";
    case OptionType::kTargetFactor:
      return "{ thing, number }";
    case OptionType::kSignalTarget:
      return "{ signal, thing }";
    case OptionType::kYes:
      return "true";
    case OptionType::kFunction:
      return "function";
    case OptionType::kTable:
      return "table";
    case OptionType::kProperties:
      return "{ name = value }";
    case OptionType::kPlain:
      return "plain value";
    case OptionType::kDisk:
      return fmt::format("{}, or a table", Joined(option.choices, ", "));
    case OptionType::kCountOrAll:
      return "whole number or \"all\"";
    case OptionType::kSweep:
      return "range or list";
    case OptionType::kPlainList:
      return "list";
  }
  return "";
}

std::string ContextsAsWritten(uint32_t contexts) {
  constexpr std::pair<uint32_t, std::string_view> kNames[] = {{kContextTop, "top"},
                                                              {kContextUser, "user"},
                                                              {kContextKernel, "kernel"},
                                                              {kContextJob, "job"},
                                                              {kContextJudge, "judge"}};
  std::string text;
  for (const auto& [context, name] : kNames) {
    if ((contexts & context) == 0) continue;
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

std::string WordsAsMarkdown() {
  std::string out =
      "# The scenario language\n\n"
      "Every word, generated from the table that validates files (`model/script/language/words_*.cc`).\n"
      "What the words do to a run is in the pages of `docs/model/`.\n\n"
      "One form: `KIND \"name\" { options } (body)`. Durations, sizes and rates carry a unit:\n"
      "`\"5ms\"` (ns us ms s min h), `\"64KiB\"` (B kB MB GB TB KiB MiB GiB TiB), `\"200MB/s\"`, "
      "`\"300/s\"`.\n"
      "Contexts: `top` is the file, `user` and `kernel` are bodies, `job` the body of a job, `judge` that of "
      "an\n"
      "expectation.\n\n"
      "When a run ends: as soon as every process, operator and job has ended (in a file without any, every "
      "kernel\n"
      "thread that is not idle); once a hang is proven, every fault and operator has come, all others have "
      "ended\n"
      "and the hung-task detector has reported; or at `stop_at`. Never before the latest `at` of an "
      "expectation.\n"
      "A load keeps no run going: beside a process that ends after 3 s it runs for 3 s. A process that "
      "sleeps "
      "for as\n"
      "long as the load shall last does.\n\n";
  for (const Section& section : kSections) {
    out += fmt::format("## {}\n\n", section.title);
    for (const Word* word : AllWords()) {
      if (word->word_class == section.word_class) AppendMarkdown(*word, &out);
    }
  }
  return out;
}

std::string WordsAsLuaMeta() {
  std::string out =
      "---@meta\n"
      "-- Words of the scenario language, for lua-language-server. Generated from the table of words.\n\n"
      "---@alias duration string|integer a text such as \"5ms\", or nanoseconds\n"
      "---@alias size string|integer a text such as \"64KiB\", or bytes\n"
      "---@alias rate string|integer a text such as \"200MB/s\" or \"300/s\"\n"
      "---@class distribution\n"
      "---@class thing\n"
      "---@class declaration : thing\n\n";
  for (int kind = 1; kind < static_cast<int>(ThingKind::kCount); ++kind) {
    AppendMetaMembers(static_cast<ThingKind>(kind), &out);
  }
  for (const Word* word : AllWords()) {
    if (!word->options.empty()) AppendMetaOptions(*word, &out);
  }
  for (const Word* word : AllWords()) {
    if (word->word_class == WordClass::kDeclaration) {
      const std::string options = word->options.empty() ? "table" : OptionsClass(*word);
      out += fmt::format(
          "---{}\n---    {}\n---@param name string|{}\n---@return {}|fun(options: {}|function): {}\n"
          "function {}(name) end\n\n",
          word->help, word->form, options, MetaClass(word->kind), options, MetaClass(word->kind), word->name);
    } else if (word->word_class == WordClass::kFunction || word->word_class == WordClass::kVerb) {
      out += fmt::format("---{} Context: {}.\n---    {}\nfunction {}(...) end\n\n", word->help,
                         ContextsAsWritten(word->contexts), word->form, word->name);
    }
  }
  return out;
}

absl::StatusOr<std::string> ExplainWord(std::string_view name) {
  std::string out;
  for (const Word* word : AllWords()) {
    if (word->name == name) AppendExplanation(*word, &out);
  }
  if (!out.empty()) return out;
  std::vector<std::string_view> known;
  for (const Word* word : AllWords()) {
    known.push_back(word->name);
    if (ShortName(word->name) == word->name) continue;
    known.push_back(ShortName(word->name));
    if (ShortName(word->name) == name) AppendExplanation(*word, &out);
  }
  if (!out.empty()) return out;
  const std::string suggestion = Suggest(name, std::span<const std::string_view>(known));
  return absl::NotFoundError(suggestion.empty()
                                 ? fmt::format("no word \"{}\"", name)
                                 : fmt::format("no word \"{}\"; did you mean \"{}\"?", name, suggestion));
}

}  // namespace model
