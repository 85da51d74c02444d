// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <vector>

#include "fmt/format.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/json.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/scenario_file.h"
#include "tools/txgsim/text.h"

namespace tools {
namespace {

namespace fs = std::filesystem;

// What the file says of itself: its first comment line.
std::string FirstComment(const std::string& text) {
  if (text.substr(0, 2) != "--") return "";
  size_t begin = text.find_first_not_of("- ");
  if (begin == std::string::npos) return "";
  const size_t end = text.find('\n', begin);
  return text.substr(begin, end == std::string::npos ? end : end - begin);
}

// The folder given, else the catalogue beside the working directory or the program.
absl::StatusOr<fs::path> Catalogue(const std::string& given) {
  std::error_code error;
  if (!given.empty()) {
    if (fs::is_directory(given, error)) return fs::path(given);
    return absl::NotFoundError(fmt::format("no folder {}", given));
  }
  std::vector<fs::path> places = {"scenarios"};
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (!error) {
    places.push_back(program / "../share/txgsim/scenarios");
    places.push_back(program / "../../../scenarios");
  }
  for (const fs::path& place : places) {
    if (fs::is_directory(place, error)) return place.lexically_normal();
  }
  return absl::NotFoundError("no catalogue: give its folder, `txgsim list DIR`");
}

}  // namespace

int ListCommand(const Options& options) {
  const absl::StatusOr<fs::path> folder = Catalogue(options.operand);
  if (!folder.ok()) return ReportError(folder.status());
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(*folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".lua") files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  Json object = Json::array();
  Table table;
  for (const fs::path& file : files) {
    const absl::StatusOr<std::string> text = ReadFile(file.string());
    if (!text.ok()) return ReportError(text.status());
    object.push_back({{"file", file.string()}, {"about", FirstComment(*text)}});
    table.Row({file.string(), FirstComment(*text)});
  }
  const absl::Status status = WriteStdout(options.json ? object.dump(2) + "\n" : table.Text(0));
  return status.ok() ? kExitOk : ReportError(status);
}

}  // namespace tools
