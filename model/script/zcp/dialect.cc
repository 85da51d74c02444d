// SPDX-License-Identifier: Apache-2.0
#include "model/script/zcp/dialect.h"

#include <algorithm>
#include <string_view>

#include "fmt/format.h"
#include "model/dataset/errno.h"

namespace model {
namespace {

// lbaselib.c of the kernel: sixteen functions and two names; and the libraries that zcp_eval loads.
constexpr std::string_view kGlobals[] = {
    "assert",   "collectgarbage", "error",  "getmetatable", "ipairs",    "next",         "pairs",
    "rawequal", "rawlen",         "rawget", "rawset",       "select",    "setmetatable", "tonumber",
    "tostring", "type",           "_G",     "_VERSION",     "coroutine", "string",       "table"};

bool IsGlobalOfPrograms(std::string_view name) {
  if (std::find(std::begin(kGlobals), std::end(kGlobals), name) != std::end(kGlobals)) return true;
  const auto errnos = ChannelProgramErrnos();
  return std::any_of(errnos.begin(), errnos.end(),
                     [&](const ErrnoEntry& entry) { return entry.name == name; });
}

}  // namespace

std::vector<DialectNote> DialectNotes(const FunctionCode& body, const SourceMap& source, int function) {
  std::vector<DialectNote> notes;
  if (function >= 0) notes = ReadAsProgram(source.tokens(), function);
  for (const UpvalueUse& use : body.upvalues) {
    if (use.name == "_ENV") continue;
    notes.push_back(
        {use.read_line, fmt::format("\"{}\" is a local outside of the program and nil there", use.name)});
  }
  for (const GlobalUse& use : body.globals) {
    if (IsGlobalOfPrograms(use.name)) continue;
    notes.push_back({use.line, fmt::format("\"{}\" is not there", use.name)});
  }
  std::stable_sort(notes.begin(), notes.end(),
                   [](const DialectNote& a, const DialectNote& b) { return a.line < b.line; });
  std::vector<DialectNote> once;
  for (DialectNote& note : notes) {
    const bool known =
        std::any_of(once.begin(), once.end(), [&](const auto& one) { return one.text == note.text; });
    if (!known) once.push_back(std::move(note));
  }
  return once;
}

}  // namespace model
