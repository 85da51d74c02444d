// SPDX-License-Identifier: Apache-2.0
//
// A schedule: where a run departs from what it would do by default, and its text.
//
// Every decision of a run has a name that survives edits of the scenario: a site (kind, actor path, label)
// and the count of its use, or an event (actor path, operation) and that actor's count. A run is the default
// plus a list of deviations, each one line of text, in any order:
//
//   base seed=42                                          draws by this seed; or: base nominal, all at p50
//   choose wake dp_config/readers signal #4 = 2           the 4th use of this site takes option 2, not 0
//   draw latency disk0 service #17 = p99                  this draw is the distribution's p99
//   at txg_sync quiesce #4 take zfs_ioctl:12 lock(dp) #1  where the first would go next, the second goes
//
// Names are separated by single spaces; a space, '%' or control character inside a name is written %20 and so
// on, an empty name "%". Counts start at 0. Empty lines and lines that begin with '#' mean nothing. A site
// whose name was not kept (Chooser::Options::keep_names) is written as its key, 0x and 16 digits, and parses
// as such.
#ifndef TXGSIM_SIM_DEVIATION_H_
#define TXGSIM_SIM_DEVIATION_H_

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/distribution.h"
#include "sim/hash.h"

namespace sim {

// Keys of names: hashes, the same in every run.
constexpr uint64_t SiteKey(std::string_view kind, std::string_view path, std::string_view label) {
  return CombineHash(CombineHash(HashName(kind), HashName(path)), HashName(label));
}
constexpr uint64_t EventNameKey(std::string_view actor_path, std::string_view operation) {
  return CombineHash(HashName(actor_path), HashName(operation));
}

// Names as they stand in the text.
std::string SiteName(std::string_view kind, std::string_view path, std::string_view label);
std::string EventName(std::string_view actor_path, std::string_view operation);

// The count-th use of a site, or the count-th such event of an actor.
struct EventKey {
  uint64_t key = 0;
  uint32_t count = 0;
  friend auto operator<=>(const EventKey&, const EventKey&) = default;
};

struct Deviation {
  enum class Kind : uint8_t { kChoose, kDraw, kOrder };

  Kind kind = Kind::kChoose;
  EventKey where = {};                        // The site's use; for kOrder the event that would go next.
  uint32_t choice = 0;                        // kChoose only.
  QuantilePoint point = QuantilePoint::kP50;  // kDraw only.
  EventKey taken = {};                        // kOrder only: the event that goes instead.
  std::string where_name = {};                // SiteName or EventName; empty if it was not kept.
  std::string taken_name = {};

  // Equal in effect: names are decoration.
  friend bool operator==(const Deviation& a, const Deviation& b) {
    return a.kind == b.kind && a.where == b.where && a.choice == b.choice && a.point == b.point &&
           a.taken == b.taken;
  }
};

struct Schedule {
  bool nominal = false;  // Every draw at p50, else by the seed.
  uint64_t seed = 0;     // Meaningless if nominal.
  std::vector<Deviation> deviations;

  friend bool operator==(const Schedule&, const Schedule&) = default;
};

// One line, without a newline.
std::string ToText(const Deviation& deviation);
// The base and then the deviations, each line ended by a newline.
std::string ToText(const Schedule& schedule);

// Errors say "line N: ..." with the offending text and what is accepted. Without a base line the seed is 0.
absl::StatusOr<Schedule> ParseSchedule(std::string_view text);

}  // namespace sim

#endif  // TXGSIM_SIM_DEVIATION_H_
