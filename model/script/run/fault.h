// SPDX-License-Identifier: Apache-2.0
//
// Faults: what the scenario does to the machine from outside, at its time.
//
// A fault that the explorer may decide upon (`choice`) asks at the start whether it
// happens, and at which second; by default it never does.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_FAULT_H_
#define TXGSIM_MODEL_SCRIPT_RUN_FAULT_H_

#include <memory>
#include <vector>

#include "model/script/run/world.h"
#include "model/watch/freed_by.h"

namespace model {

class FaultTable {
 public:
  explicit FaultTable(World* world);
  ~FaultTable();

  void Start(int32_t index);
  // Some fault, or the end of one, is still to come.
  bool AnyToCome() const { return to_come_ > 0; }

  // When the last one that has come began or ended; SimTime() if none has.
  sim::SimTime last_change() const { return last_change_; }

  // Takes an action from outside, as a diagnosis tries it. A command runs as a process of its own.
  void Take(const Action& action);
  // The command that was taken was refused, or failed: who moved meanwhile has only moved on to the same.
  bool action_failed() const { return action_failed_; }
  void NoteFailedAction() { action_failed_ = true; }

 private:
  struct Event;
  void Schedule(const FaultDecl& decl, bool begin, sim::SimTime at);
  // The event that began it.
  Event* EventOf(const FaultDecl& decl);
  // What a fault hits, by its action: a process, a pool, or devices.
  struct Target {
    Process* process = nullptr;
    Pool* pool = nullptr;
    std::vector<Device*> devices;
  };
  Target TargetOf(const FaultDecl& decl) const;
  // The last of those that last with this action, on such a target; null if there is none.
  template <typename Predicate>
  const FaultDecl* LastBegun(FaultAction action, Predicate predicate) const;
  void Begin(const FaultDecl& decl);
  void End(const FaultDecl& decl);
  void Exhaust(const FaultDecl& decl);
  void Afflict(Device* device, const FaultDecl& decl);
  // What a fault did to it has come to an end: back to what another one does, or to nothing.
  void Relieve(Device* device, FaultAction action);
  void MembersAreBack(const std::vector<Device*>& devices);
  static void SetOnPool(Pool* pool, FaultAction action, bool on);
  void RunCall(BodyRef body);

  World* world_;
  int to_come_ = 0;
  bool action_failed_ = false;
  sim::SimTime last_change_;
  std::vector<const FaultDecl*> lasting_;  // Those that have begun and not ended, in that order.
  std::vector<std::unique_ptr<Event>> events_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_FAULT_H_
