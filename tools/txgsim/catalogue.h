// SPDX-License-Identifier: Apache-2.0
//
// The scenarios that come with the program, and those beside a file: where they are, and which one a
// misspelt name was probably meant for.
#ifndef TXGSIM_TOOLS_TXGSIM_CATALOGUE_H_
#define TXGSIM_TOOLS_TXGSIM_CATALOGUE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tools {

// The folder given, else the catalogue beside the working directory or the program.
absl::StatusOr<std::string> CatalogueFolder(const std::string& given);

// Paths of the scenarios in a folder and below it, in order of name.
std::vector<std::string> ScenariosIn(const std::string& folder);

// The scenario that `path`, which does not exist, was probably meant for: of its own folder, else of the
// catalogue. Empty if nothing is close.
std::string SuggestScenario(const std::string& path);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_CATALOGUE_H_
