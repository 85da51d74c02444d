// SPDX-License-Identifier: Apache-2.0
//
// What would free a hang, found by repeating the run to that point and trying.
//
// Each try is a World of its own, with the same choices and draws up to the instant; what
// the file lets come from outside after it (faults, operators) stays away, so that only the
// action can be the cause. A try ends when the action has had its effect and every thread
// in question has ended or is hung again, or after kTrySpan.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_FREED_H_
#define TXGSIM_MODEL_SCRIPT_RUN_FREED_H_

#include <string>
#include <vector>

#include "model/script/run/world.h"
#include "model/watch/freed_by.h"

namespace model {

struct TryOptions {
  LoadedScenario* loaded = nullptr;
  WorldOptions world;  // Of the run that hangs.
  sim::SimTime at;     // Where the action is taken.
  std::vector<std::string> hung;
};

// Who of the hung threads is hung no longer after `action`.
Outcome TryAction(const TryOptions& options, const Action& action);

// The instant at which the hung set closed: when the last of its threads came to where it is. What
// helps may be different after a later fault, or after the end of one.
sim::SimTime ClosedAt(const Judgement& judgement);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_FREED_H_
