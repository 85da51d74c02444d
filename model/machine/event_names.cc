// SPDX-License-Identifier: Apache-2.0
#include "model/machine/event_names.h"

#include <string>

namespace model {

uint64_t MachineEventNames::Key(const Thread& thread, std::string_view operation) {
  const auto it = keys_.find({thread.tid(), operation});
  if (it != keys_.end()) return it->second;
  std::string path = thread.name();
  if (machine_->FindThread(path) != &thread) path += ":" + std::to_string(thread.tid());
  return keys_[{thread.tid(), operation}] = chooser_->MakeEventKey(path, operation);
}

uint64_t MachineEventNames::NameOf(const sim::PromiseBase& leaf) {
  for (const auto& thread : machine_->threads()) {
    if (thread->leaf_ != &leaf) continue;
    const std::vector<const char*> stack = thread->Stack();
    return Key(*thread, stack.empty() ? "start" : stack.front());
  }
  return 0;
}

uint64_t MachineEventNames::NameOf(const sim::EventHandler& handler) {
  for (const auto& core : machine_->cores()) {
    if (&handler == &core->arrive_ && core->incoming_ != nullptr) return Key(*core->incoming_, "on");
    if (core->running_ == nullptr) continue;
    if (&handler == &core->burst_end_) return Key(*core->running_, "run");
    if (&handler == &core->slice_end_) return Key(*core->running_, "slice");
  }
  for (const auto& thread : machine_->threads()) {
    if (&handler != &thread->waiter_) continue;
    return Key(*thread, thread->state() == ThreadState::kNew ? "start" : "timeout");
  }
  return 0;
}

}  // namespace model
