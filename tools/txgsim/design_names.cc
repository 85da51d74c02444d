// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/design_names.h"

#include <algorithm>

#include "fmt/ranges.h"
#include "model/script/language/suggest.h"

namespace tools {

absl::StatusOr<std::vector<model::DesignDecl>> DesignsByName(const std::vector<std::string>& names) {
  const auto& known = model::kDesignDeclNames;
  std::vector<model::DesignDecl> designs;
  for (const std::string& name : names) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found != known.end()) {
      designs.push_back(static_cast<model::DesignDecl>(found - known.begin()));
      continue;
    }
    std::string text = fmt::format("unknown design \"{}\"", name);
    if (const std::string near = model::Suggest(name, known); !near.empty()) {
      text += fmt::format("; did you mean \"{}\"?", near);
    } else {
      text += fmt::format("; accepted: {}", fmt::join(known, ", "));
    }
    return absl::InvalidArgumentError(text);
  }
  return designs;
}

}  // namespace tools
