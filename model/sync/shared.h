// SPDX-License-Identifier: Apache-2.0
//
// A variable that threads share. Each access is a step of its own.
//
// Before an access everything else that is due at this instant can go first, so two
// threads that read, add and write back can lose an update, as real ones do. Add() and
// Cas() are atomic. Every access leaves a record.
#ifndef TXGSIM_MODEL_SYNC_SHARED_H_
#define TXGSIM_MODEL_SYNC_SHARED_H_

#include <cstdint>
#include <string>
#include <variant>

#include "model/machine/machine.h"

namespace model {

using SharedValue = std::variant<std::monostate, bool, int64_t, double, std::string>;

class Shared {
 public:
  Shared(Machine* machine, std::string name, SharedValue value);
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  const std::string& name() const { return name_; }
  // Without a step: for who only watches.
  const SharedValue& value() const { return value_; }
  bool is_number() const {
    return std::holds_alternative<int64_t>(value_) || std::holds_alternative<double>(value_);
  }

  sim::Task<SharedValue> Get(Thread* thread);
  sim::Task<> Set(Thread* thread, SharedValue value);
  // Returns the new value; integers wrap. REQUIRES: both are numbers.
  sim::Task<SharedValue> Add(Thread* thread, SharedValue delta);
  // Stores `wanted` if the value equals `expected`; returns whether it did.
  sim::Task<bool> Cas(Thread* thread, SharedValue expected, SharedValue wanted);

 private:
  void RecordAccess(Thread* thread);

  Machine* machine_;
  std::string name_;
  uint64_t key_;
  SharedValue value_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SYNC_SHARED_H_
