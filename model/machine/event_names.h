// SPDX-License-Identifier: Apache-2.0
//
// Whose events those of a machine are: for a run that permutes them
// (sim/choosing_loop.h).
//
//   actor        operation
//   thread       the innermost named frame that goes on     "zfs", "dsl_sync_task_common"
//   thread       on       the core has switched to it
//   thread       run      its burst of computing is over
//   thread       slice    it has used its slice while others wait
//   thread       timeout  of a wait or a sleep
//
// A thread is named as it is; of several of one name all but the first get their
// number: "zfs:103". Events of devices, faults, leases and detectors have no name:
// they keep their place.
//
// Cost: O(threads) an event.
#ifndef TXGSIM_MODEL_MACHINE_EVENT_NAMES_H_
#define TXGSIM_MODEL_MACHINE_EVENT_NAMES_H_

#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/container/btree_map.h"
#include "model/machine/machine.h"
#include "sim/choosing_loop.h"

namespace model {

class MachineEventNames final : public sim::EventNames {
 public:
  MachineEventNames(const Machine* machine, sim::Chooser* chooser) : machine_(machine), chooser_(chooser) {}

  uint64_t NameOf(const sim::PromiseBase& leaf) override;
  uint64_t NameOf(const sim::EventHandler& handler) override;

 private:
  uint64_t Key(const Thread& thread, std::string_view operation);

  const Machine* machine_;
  sim::Chooser* chooser_;
  absl::btree_map<std::pair<int, std::string_view>, uint64_t> keys_;  // By thread id and operation.
};

}  // namespace model

#endif  // TXGSIM_MODEL_MACHINE_EVENT_NAMES_H_
