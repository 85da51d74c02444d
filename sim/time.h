// SPDX-License-Identifier: Apache-2.0
//
// Simulated time: an instant and a span, both int64 nanoseconds.
//
// Only sensible operations exist: instant - instant = span, instant + span =
// instant, span * count = span. Overflow is a failed check, since a clock that
// wraps reorders events silently. No floating point comes near the clock.
// Raw integers appear only at the edges (Lua, JSON, traces), with `_ns` in the name.
#ifndef TXGSIM_SIM_TIME_H_
#define TXGSIM_SIM_TIME_H_

#include <compare>
#include <cstdint>
#include <limits>

#include "sim/check.h"

namespace sim {

namespace internal {
constexpr int64_t AddOrDie(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) CheckFailed(__FILE__, __LINE__, "time overflow in a + b", {});
  return sum;
}
constexpr int64_t SubOrDie(int64_t a, int64_t b) {
  int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) {
    CheckFailed(__FILE__, __LINE__, "time overflow in a - b", {});
  }
  return difference;
}
constexpr int64_t MulOrDie(int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) CheckFailed(__FILE__, __LINE__, "time overflow in a * b", {});
  return product;
}
}  // namespace internal

// A span of simulated time; may be negative.
class SimDuration {
 public:
  constexpr SimDuration() = default;
  static constexpr SimDuration Nanos(int64_t n) { return SimDuration(n); }
  static constexpr SimDuration Micros(int64_t n) { return SimDuration(internal::MulOrDie(n, 1'000)); }
  static constexpr SimDuration Millis(int64_t n) { return SimDuration(internal::MulOrDie(n, 1'000'000)); }
  static constexpr SimDuration Seconds(int64_t n) {
    return SimDuration(internal::MulOrDie(n, 1'000'000'000));
  }
  static constexpr SimDuration Max() { return SimDuration(std::numeric_limits<int64_t>::max()); }

  constexpr int64_t ns() const { return ns_; }

  constexpr SimDuration operator-() const { return SimDuration(internal::SubOrDie(0, ns_)); }
  friend constexpr SimDuration operator+(SimDuration a, SimDuration b) {
    return SimDuration(internal::AddOrDie(a.ns_, b.ns_));
  }
  friend constexpr SimDuration operator-(SimDuration a, SimDuration b) {
    return SimDuration(internal::SubOrDie(a.ns_, b.ns_));
  }
  friend constexpr SimDuration operator*(SimDuration a, int64_t n) {
    return SimDuration(internal::MulOrDie(a.ns_, n));
  }
  friend constexpr SimDuration operator*(int64_t n, SimDuration a) { return a * n; }
  friend constexpr SimDuration operator/(SimDuration a, int64_t n) {
    SIM_CHECK(n != 0);
    return SimDuration(a.ns_ / n);
  }
  friend constexpr int64_t operator/(SimDuration a, SimDuration b) {
    SIM_CHECK(b.ns_ != 0);
    return a.ns_ / b.ns_;
  }
  constexpr SimDuration& operator+=(SimDuration b) { return *this = *this + b; }
  constexpr SimDuration& operator-=(SimDuration b) { return *this = *this - b; }
  friend constexpr auto operator<=>(SimDuration, SimDuration) = default;

 private:
  explicit constexpr SimDuration(int64_t ns) : ns_(ns) {}
  int64_t ns_ = 0;
};

// An instant, counted from the start of the run; never negative.
class SimTime {
 public:
  constexpr SimTime() = default;  // The start of the run.
  static constexpr SimTime FromNanos(int64_t ns) {
    SIM_CHECK(ns >= 0);
    return SimTime(ns);
  }
  static constexpr SimTime Start() { return SimTime(0); }
  static constexpr SimTime Max() { return SimTime(std::numeric_limits<int64_t>::max()); }

  constexpr int64_t ns() const { return ns_; }

  friend constexpr SimTime operator+(SimTime t, SimDuration d) {
    return SimTime(internal::AddOrDie(t.ns_, d.ns()));
  }
  friend constexpr SimTime operator-(SimTime t, SimDuration d) {
    return SimTime(internal::SubOrDie(t.ns_, d.ns()));
  }
  friend constexpr SimDuration operator-(SimTime a, SimTime b) {
    return SimDuration::Nanos(internal::SubOrDie(a.ns_, b.ns_));
  }
  constexpr SimTime& operator+=(SimDuration d) { return *this = *this + d; }
  friend constexpr auto operator<=>(SimTime, SimTime) = default;

 private:
  explicit constexpr SimTime(int64_t ns) : ns_(ns) {}
  int64_t ns_ = 0;
};

static_assert(sizeof(SimTime) == 8 && sizeof(SimDuration) == 8);

}  // namespace sim

#endif  // TXGSIM_SIM_TIME_H_
