// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/design_names.h"

#include <algorithm>

#include "fmt/ranges.h"
#include "model/script/compare.h"
#include "model/script/suggest.h"

namespace tools {

absl::StatusOr<std::vector<model::DesignDecl>> DesignsByName(const std::vector<std::string>& names) {
  const std::vector<std::string> built = model::BuiltDesignNames();
  std::vector<model::DesignDecl> designs;
  for (const std::string& name : names) {
    for (size_t i = 0; i < model::kDesignDeclNames.size(); ++i) {
      if (model::kDesignDeclNames[i] == name) designs.push_back(static_cast<model::DesignDecl>(i));
    }
    if (std::find(built.begin(), built.end(), name) != built.end()) continue;
    const bool later = !designs.empty() && model::DesignDeclName(designs.back()) == name;
    std::string text =
        later ? fmt::format("design {}: not built yet", name) : fmt::format("unknown design \"{}\"", name);
    if (const std::string near = later ? "" : model::Suggest(name, built); !near.empty()) {
      text += fmt::format("; did you mean \"{}\"?", near);
    } else {
      text += fmt::format("; accepted: {}", fmt::join(built, ", "));
    }
    return absl::InvalidArgumentError(text);
  }
  return designs;
}

}  // namespace tools
