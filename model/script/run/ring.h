// SPDX-License-Identifier: Apache-2.0
//
// The rings of a run. What their workers do for scenarios (`zfs`, `call`) is here too; the
// rest is in model/ring.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_RING_H_
#define TXGSIM_MODEL_SCRIPT_RUN_RING_H_

#include <memory>
#include <vector>

#include "model/ring/ring.h"
#include "model/script/run/world.h"

namespace model {

class RingTable {
 public:
  explicit RingTable(World* world);

  Ring& Of(ThingRef thing) { return *rings_[static_cast<size_t>(thing.index)]; }
  // Whether it is a worker of one of them.
  bool Owns(const Thread* thread) const;

 private:
  std::vector<std::unique_ptr<Ring>> rings_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_RING_H_
