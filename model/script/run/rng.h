// SPDX-License-Identifier: Apache-2.0
//
// The random streams that a scenario asks for by name. One thread each.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_RNG_H_
#define TXGSIM_MODEL_SCRIPT_RUN_RNG_H_

#include <vector>

#include "model/script/run/world.h"
#include "sim/random.h"

namespace model {

class RngTable {
 public:
  explicit RngTable(World* world);

  struct Entry {
    sim::Stream stream;
    int user = -1;  // Thread id of the one that draws; -1: nobody yet.
  };
  Entry& Of(ThingRef thing) { return streams_[static_cast<size_t>(thing.index)]; }

 private:
  std::vector<Entry> streams_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_RNG_H_
