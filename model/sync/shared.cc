// SPDX-License-Identifier: Apache-2.0
#include "model/sync/shared.h"

#include <bit>
#include <utility>

#include "sim/hash.h"

namespace model {
namespace {

uint64_t HashOf(const SharedValue& value) {
  struct Visitor {
    uint64_t operator()(std::monostate) const { return 0; }
    uint64_t operator()(bool v) const { return v ? 1 : 0; }
    uint64_t operator()(int64_t v) const { return static_cast<uint64_t>(v); }
    uint64_t operator()(double v) const { return std::bit_cast<uint64_t>(v); }
    uint64_t operator()(const std::string& v) const { return sim::HashName(v); }
  };
  return sim::CombineHash(value.index(), std::visit(Visitor{}, value));
}

double AsDouble(const SharedValue& value) {
  const auto* integer = std::get_if<int64_t>(&value);
  return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(value);
}

}  // namespace

Shared::Shared(Machine* machine, std::string name, SharedValue value)
    : machine_(machine), name_(std::move(name)), key_(sim::HashName(name_)), value_(std::move(value)) {}

void Shared::RecordAccess(Thread* thread) {
  machine_->Record(RecordKind::kShared, thread, key_, HashOf(value_));
}

sim::Task<SharedValue> Shared::Get(Thread* thread) {
  co_await thread->Step();
  RecordAccess(thread);
  co_return value_;
}

sim::Task<> Shared::Set(Thread* thread, SharedValue value) {
  co_await thread->Step();
  value_ = std::move(value);
  RecordAccess(thread);
}

sim::Task<SharedValue> Shared::Add(Thread* thread, SharedValue delta) {
  co_await thread->Step();
  const auto* a = std::get_if<int64_t>(&value_);
  const auto* b = std::get_if<int64_t>(&delta);
  if (a != nullptr && b != nullptr) {
    value_ = static_cast<int64_t>(static_cast<uint64_t>(*a) + static_cast<uint64_t>(*b));
  } else {
    value_ = AsDouble(value_) + AsDouble(delta);
  }
  RecordAccess(thread);
  co_return value_;
}

sim::Task<bool> Shared::Cas(Thread* thread, SharedValue expected, SharedValue wanted) {
  co_await thread->Step();
  const bool equal = value_ == expected;
  if (equal) value_ = std::move(wanted);
  RecordAccess(thread);
  co_return equal;
}

}  // namespace model
