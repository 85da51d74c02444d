// SPDX-License-Identifier: Apache-2.0
//
// Designs as a command line names them.
#ifndef TXGSIM_TOOLS_TXGSIM_DESIGN_NAMES_H_
#define TXGSIM_TOOLS_TXGSIM_DESIGN_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/script/language/scenario.h"

namespace tools {

// In the order given. The error says which name is none, and what may have been meant.
absl::StatusOr<std::vector<model::DesignDecl>> DesignsByName(const std::vector<std::string>& names);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_DESIGN_NAMES_H_
