// SPDX-License-Identifier: Apache-2.0
//
// The one way through which a run decides anything that could have gone otherwise.
//
// A component holds a Site for each kind of decision it takes, made once from names; each use is numbered.
// The default choice is 0 and the default draw is by the seed, so a run is its schedule: the list of
// deviations from the default (deviation.h). A Strategy decides otherwise; the Chooser notes what it did, so
// that any run can print the schedule that repeats it.
//
//   Site wake_site = chooser.MakeSite("wake", "dp_config/readers", "signal");
//   const uint32_t waiter = chooser.Choose(wake_site, waiters.size());
//
// Cost: without a strategy a choice is one predictable branch and a counter; no virtual call, no allocation.
// Threads: one run, one thread.
#ifndef TXGSIM_SIM_CHOICE_H_
#define TXGSIM_SIM_CHOICE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "sim/check.h"
#include "sim/deviation.h"
#include "sim/distribution.h"
#include "sim/random.h"

namespace sim {

struct Site {
  uint64_t key = 0;
  uint32_t count = 0;  // Uses so far.
};

class Strategy {
 public:
  virtual ~Strategy() = default;

  // An option in [0, count) for this use of a site; 0 is the default.
  virtual uint32_t Choose(const EventKey& use, uint32_t count) = 0;
  // A point of the distribution, or nothing to draw by the base.
  virtual std::optional<QuantilePoint> Draw(const EventKey& use) = 0;
  // Which of the events that may go next does; 0 is the default. REQUIRES: !candidates.empty()
  virtual uint32_t PickNext(std::span<const EventKey> candidates) = 0;
};

// The default, spelled out: for code that is handed a strategy. A run without a strategy does the same,
// faster.
class FifoStrategy final : public Strategy {
 public:
  uint32_t Choose(const EventKey&, uint32_t) override { return 0; }
  std::optional<QuantilePoint> Draw(const EventKey&) override { return std::nullopt; }
  uint32_t PickNext(std::span<const EventKey>) override { return 0; }
};

// Every option is as likely as every other, independently of all else. Draws stay with the base.
class RandomStrategy final : public Strategy {
 public:
  explicit RandomStrategy(uint64_t seed) : seed_base_(SeedBase(seed ^ HashName("RandomStrategy"))) {}

  uint32_t Choose(const EventKey& use, uint32_t count) override;
  std::optional<QuantilePoint> Draw(const EventKey&) override { return std::nullopt; }
  uint32_t PickNext(std::span<const EventKey> candidates) override;

 private:
  uint64_t seed_base_;  // Apart from that of the draws, even for an equal seed.
};

// Follows a list of deviations over the default. One that never came up, or asked for an option that did not
// exist, is reported, not an error: the scenario may have been edited since.
class ReplayStrategy final : public Strategy {
 public:
  explicit ReplayStrategy(std::vector<Deviation> deviations);

  uint32_t Choose(const EventKey& use, uint32_t count) override;
  std::optional<QuantilePoint> Draw(const EventKey& use) override;
  uint32_t PickNext(std::span<const EventKey> candidates) override;

  // Those that had no effect so far, in the order given.
  std::vector<Deviation> Unmatched() const;

 private:
  struct Place {
    Deviation::Kind kind;
    EventKey where;
    friend auto operator<=>(const Place&, const Place&) = default;
  };

  // The deviations at this place, in the order given; there may be none.
  std::span<const size_t> Find(Deviation::Kind kind, const EventKey& where) const;

  std::vector<Deviation> deviations_;
  std::vector<bool> matched_;
  // Of several choices or draws for one place the last one counts. Several orders are taken one after the
  // other: an event may be passed over by more than one.
  absl::btree_map<Place, std::vector<size_t>> index_;
};

// Where in `candidates` the event stands that an order deviation takes, if its `where` is the first of them.
std::optional<uint32_t> MatchOrder(const Deviation& deviation, std::span<const EventKey> candidates);

class Chooser {
 public:
  struct Options {
    uint64_t seed = 0;
    bool nominal = false;          // Every draw at p50, whatever the seed.
    Strategy* strategy = nullptr;  // Not owned; null: the default, at no cost.
    // Keep the names of sites and events, so that a schedule reads well. Exploration, which makes the same
    // components many thousand times, does without.
    bool keep_names = true;
  };

  explicit Chooser(const Options& options);
  Chooser(const Chooser&) = delete;
  Chooser& operator=(const Chooser&) = delete;

  // When a component is built; names as in deviation.h.
  Site MakeSite(std::string_view kind, std::string_view path, std::string_view label);
  uint64_t MakeEventKey(std::string_view actor_path, std::string_view operation);

  // An option in [0, count). REQUIRES: count > 0
  uint32_t Choose(Site& site, uint32_t count) {
    SIM_DCHECK(count > 0);
    const EventKey use{site.key, site.count++};
    if (strategy_ == nullptr) [[likely]]
      return 0;
    return ChooseByStrategy(use, count);
  }

  // A value of the distribution, in nanoseconds.
  int64_t Draw(Site& site, const Distribution& distribution) {
    const EventKey use{site.key, site.count++};
    if (strategy_ == nullptr) [[likely]]
      return DrawByBase(use, distribution);
    return DrawByStrategy(use, distribution);
  }

  // Which of the events that may go next does, by index; candidates[0] is the default. A run that permutes
  // nothing never asks. REQUIRES: !candidates.empty()
  uint32_t PickNext(std::span<const EventKey> candidates);

  bool has_strategy() const { return strategy_ != nullptr; }

  // The schedule that repeats this run up to now.
  const Schedule& schedule() const { return schedule_; }

 private:
  int64_t DrawByBase(const EventKey& use, const Distribution& distribution) const {
    if (schedule_.nominal) return distribution.Quantile(QuantilePoint::kP50);
    return distribution.Quantile(UniformFromBits(PrfFromBase(seed_base_, use.key, use.count)));
  }
  uint32_t ChooseByStrategy(const EventKey& use, uint32_t count);
  int64_t DrawByStrategy(const EventKey& use, const Distribution& distribution);
  void KeepName(uint64_t key, std::string name);
  std::string NameOf(uint64_t key) const;

  Strategy* const strategy_;
  const bool keep_names_;
  const uint64_t seed_base_;
  Schedule schedule_;
  absl::btree_map<uint64_t, std::string> names_;
};

}  // namespace sim

#endif  // TXGSIM_SIM_CHOICE_H_
