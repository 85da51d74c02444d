// SPDX-License-Identifier: Apache-2.0
//
// What a design promises by its construction, in the words of the comparison (docs/model/designs.md says
// why).
#ifndef TXGSIM_MODEL_DESIGN_PROMISES_H_
#define TXGSIM_MODEL_DESIGN_PROMISES_H_

#include <string_view>

#include "model/design/job.h"

namespace model {

struct Promises {
  std::string_view readers;  // What others can see of the job's changes.
  std::string_view errors;   // What becomes of the other changes when one is refused.
  std::string_view power;    // What of them an import finds after a power cut.
  std::string_view reads;    // Which state the job is shown.
};

Promises PromisesOf(DesignKind design, const DesignOptions& options);

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_PROMISES_H_
