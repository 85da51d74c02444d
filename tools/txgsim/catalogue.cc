// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/catalogue.h"

#include <algorithm>
#include <filesystem>

#include "fmt/format.h"
#include "model/script/language/suggest.h"

namespace tools {
namespace {

namespace fs = std::filesystem;

// Of the scenarios in `folder`, itself only: by their names without folder and ".lua".
std::string SuggestIn(const std::string& folder, const std::string& stem) {
  std::vector<std::string> files;
  std::vector<std::string> stems;
  for (const std::string& file : ScenariosIn(folder)) {
    if (fs::path(file).parent_path() != fs::path(folder)) continue;
    files.push_back(file);
    stems.push_back(fs::path(file).stem().string());
  }
  auto found = std::find(stems.begin(), stems.end(), stem);  // In another folder, or without ".lua".
  if (found == stems.end()) found = std::find(stems.begin(), stems.end(), model::Suggest(stem, stems));
  if (found == stems.end()) return "";
  return fs::path(files[static_cast<size_t>(found - stems.begin())]).lexically_normal().string();
}

}  // namespace

absl::StatusOr<std::string> CatalogueFolder(const std::string& given) {
  std::error_code error;
  if (!given.empty()) {
    if (fs::is_directory(given, error)) return given;
    return absl::NotFoundError(fmt::format("no folder {}", given));
  }
  std::vector<fs::path> places = {"scenarios"};
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (!error) {
    places.push_back(program / "../share/txgsim/scenarios");
    places.push_back(program / "../../../scenarios");
  }
  for (const fs::path& place : places) {
    if (fs::is_directory(place, error)) return place.lexically_normal().string();
  }
  return absl::NotFoundError("no catalogue: give its folder, `txgsim list DIR`");
}

std::vector<std::string> ScenariosIn(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".lua") files.push_back(it->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string SuggestScenario(const std::string& path) {
  const fs::path wanted(path);
  const std::string stem = wanted.stem().string();
  const std::string own = wanted.has_parent_path() ? wanted.parent_path().string() : ".";
  std::string near = SuggestIn(own, stem);
  const absl::StatusOr<std::string> catalogue = CatalogueFolder("");
  if (near.empty() && catalogue.ok()) near = SuggestIn(*catalogue, stem);
  return near;
}

}  // namespace tools
