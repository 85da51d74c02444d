// SPDX-License-Identifier: Apache-2.0
//
// What the watch is told about a run, and what it says at an instant.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_WATCH_H_
#define TXGSIM_MODEL_SCRIPT_RUN_WATCH_H_

#include <string>
#include <vector>

#include "model/script/run/world.h"
#include "model/watch/freed_by.h"
#include "model/watch/name_groups.h"
#include "model/watch/verdict.h"

namespace model {

class RunWatch {
 public:
  explicit RunWatch(World* world);

  const NameGroups& groups() const { return groups_; }
  // The verdict now. `work_left`: the run ends here, cut short. Of a machine that has stopped it is known.
  Judgement JudgeNow(bool work_left);
  HungSet HungNow();
  // Whether some wait has lasted for so long that it is worth asking for the hung set.
  bool AnySuspect() const;
  // What a diagnosis may act on.
  std::vector<ActionTarget> Targets() const;
  // An operator or a fault may still come and change everything.
  bool OutsideToCome() const;

 private:
  World* world_;
  NameGroups groups_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_WATCH_H_
