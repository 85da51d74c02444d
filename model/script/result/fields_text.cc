// SPDX-License-Identifier: Apache-2.0
//
// Looking up paths in the table of result fields, and the table as text.
#include <algorithm>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "model/dataset/errno.h"
#include "model/script/language/suggest.h"
#include "model/script/language/words.h"
#include "model/script/result/fields.h"

namespace model {
namespace {

using Parts = std::vector<std::string>;

// A row at one of its places.
struct Entry {
  const ResultField* field;
  std::string path;  // "run.loads.NAME.ops"
  Parts parts;
};

const std::vector<Entry>& Entries() {
  static const auto* const kEntries = [] {
    auto* entries = new std::vector<Entry>;
    for (const ResultField& field : ResultFields()) {
      for (std::string_view place : SplitChoices(field.places)) {
        std::string path = fmt::format("{}.{}", place, field.name);
        Parts parts = ResultPathParts(path);
        entries->push_back({&field, std::move(path), std::move(parts)});
      }
    }
    return entries;
  }();
  return *kEntries;
}

bool IsIndex(std::string_view part) { return part.starts_with('['); }

// `before` stands before it. Lists of named things can be indexed by name as well.
bool Fits(const std::string& pattern, const std::string& part, std::string_view before) {
  if (IsIndex(pattern)) return IsIndex(part) || before == "threads" || before == "disks";
  if (IsIndex(part)) return false;
  if (pattern != "NAME") return pattern == part;
  return before != "errors" || part == "NAME" || ErrnoByName(part).has_value();
}

bool BeginsWith(const Parts& pattern, const Parts& parts) {
  if (pattern.size() < parts.size()) return false;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!Fits(pattern[i], parts[i], i > 0 ? pattern[i - 1] : "")) return false;
  }
  return true;
}

// A run of a comparison, of a sweep, or of a list of runs has the fields of `run`.
Parts WithRunFirst(const Parts& parts) {
  size_t from = 0;
  // Below a design is a run, but for what the comparison adds to it.
  if (parts.size() > 3 && parts[0] == "compare" && parts[1] == "designs" && parts[3] != "phases" &&
      parts[3] != "promises")
    from = 3;
  if (parts.size() > 1 && parts[0] == "sweep" && IsIndex(parts[1])) from = 2;
  if (from == 0) return parts;
  Parts run = {"run"};
  run.insert(run.end(), parts.begin() + static_cast<std::ptrdiff_t>(from), parts.end());
  return run;
}

std::string Line(std::string_view path, std::string_view unit, std::string_view about) {
  return fmt::format("  {:<40} {:<9} {}\n", path, unit, about);
}

// The path of the first `count` parts of an entry.
std::string Head(const Entry& entry, size_t count) {
  std::string path;
  for (size_t i = 0; i < count; ++i)
    path += (path.empty() || IsIndex(entry.parts[i]) ? "" : ".") + entry.parts[i];
  return path;
}

// Groups that stand below `run` or `compare` are named, not listed: there are many.
std::string ListBelow(const Parts& parts) {
  const bool short_form = parts.size() == 1;
  std::string text;
  std::vector<std::string> groups;
  for (const Entry& entry : Entries()) {
    if (!BeginsWith(entry.parts, parts)) continue;
    const bool list = entry.parts.size() == 3 && IsIndex(entry.parts[2]);
    if (!short_form || entry.parts.size() == 2 || list) {
      text += Line(entry.path, entry.field->unit, entry.field->about);
      continue;
    }
    const std::string head = Head(entry, 2);
    if (std::find(groups.begin(), groups.end(), head) == groups.end()) groups.push_back(head);
  }
  if (!groups.empty()) text += fmt::format("\nmore below: {}\n", fmt::join(groups, ", "));
  return text;
}

std::string Title(const Parts& parts) {
  constexpr std::string_view kHow = "an expectation reads it, and `--json` prints it";
  if (parts == Parts{"run"}) return fmt::format("run: the result of a run; {}\n", kHow);
  if (parts == Parts{"compare"}) {
    return fmt::format("compare: the result of a comparison; {}\n", kHow);
  }
  return "";
}

}  // namespace

std::vector<std::string> ResultPathParts(std::string_view path) {
  Parts parts;
  for (size_t from = 0; from <= path.size();) {
    const size_t dot = std::min(path.find('.', from), path.size());
    const std::string_view step = path.substr(from, dot - from);
    const size_t bracket = std::min(step.find('['), step.size());
    parts.emplace_back(step.substr(0, bracket));
    if (bracket < step.size()) parts.emplace_back(step.substr(bracket));
    from = dot + 1;
  }
  return parts;
}

const ResultField* FindResultField(const std::vector<std::string>& parts) {
  const Parts wanted = WithRunFirst(parts);
  for (const Entry& entry : Entries()) {
    if (entry.parts.size() == wanted.size() && BeginsWith(entry.parts, wanted)) return entry.field;
  }
  return nullptr;
}

bool IsResultPath(const std::vector<std::string>& parts) {
  const Parts wanted = WithRunFirst(parts);
  return std::any_of(Entries().begin(), Entries().end(),
                     [&](const Entry& entry) { return BeginsWith(entry.parts, wanted); });
}

absl::StatusOr<std::string> ExplainResultPath(std::string_view path) {
  const Parts parts = ResultPathParts(path);
  if (const std::string below = ListBelow(WithRunFirst(parts)); !below.empty()) return Title(parts) + below;
  std::vector<std::string> known;
  for (const Entry& entry : Entries()) known.push_back(entry.path);
  const std::string near = Suggest(path, known);
  return absl::NotFoundError(
      fmt::format("no result has {}; {}", path,
                  near.empty() ? "`txgsim explain run` lists what there is" : "did you mean " + near + "?"));
}

std::string ResultFieldsNamed(std::string_view name) {
  std::string text;
  for (const Entry& entry : Entries()) {
    const std::string& last = entry.parts.back();
    if (last == name || last == fmt::format("{}_ns", name))
      text += Line(entry.path, entry.field->unit, entry.field->about);
  }
  return text;
}

std::string ResultFieldsReference() {
  std::string out =
      "# The fields of a result\n\n"
      "Generated from the table in `model/script/result/fields.cc` by `txgsim help result-fields`.\n\n"
      "`--json` prints them, an expectation reads them (`run.loads.db.latency.p99_ns`), `txgsim explain\n"
      "run.loads` lists them. NAME stands for any name, `[i]` for a number from 1 on; a name that is no "
      "word\n"
      "is written `run.loads[\"tank/db\"]`. An expectation on `compare` gets `compare`; one on `sweep` a "
      "list of\n"
      "runs. A path that this run merely lacks, such as a mark that was never set, fails the expectation; "
      "one\n"
      "that no run can have is an error of the file.\n\n";
  std::vector<std::string_view> done;
  for (const ResultField& first : ResultFields()) {
    if (std::find(done.begin(), done.end(), first.places) != done.end()) continue;
    done.push_back(first.places);
    const std::vector<std::string_view> places = SplitChoices(first.places);
    out += fmt::format("## `{}`\n\n| field | unit | meaning |\n|---|---|---|\n", fmt::join(places, "`, `"));
    for (const ResultField& field : ResultFields()) {
      if (field.places == first.places)
        out += fmt::format("| `{}` | {} | {} |\n", field.name, field.unit, field.about);
    }
    out += "\n";
  }
  out.pop_back();
  return out;
}

}  // namespace model
