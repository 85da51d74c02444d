// SPDX-License-Identifier: Apache-2.0
#include "sim/choice.h"

#include <algorithm>
#include <utility>

namespace sim {

uint32_t RandomStrategy::Choose(const EventKey& use, uint32_t count) {
  return static_cast<uint32_t>(BelowFromBits(PrfFromBase(seed_base_, use.key, use.count), count));
}

uint32_t RandomStrategy::PickNext(std::span<const EventKey> candidates) {
  return Choose(candidates[0], static_cast<uint32_t>(candidates.size()));
}

ReplayStrategy::ReplayStrategy(std::vector<Deviation> deviations)
    : deviations_(std::move(deviations)), matched_(deviations_.size()) {
  for (size_t i = 0; i < deviations_.size(); ++i) {
    index_[{deviations_[i].kind, deviations_[i].where}].push_back(i);
  }
}

std::span<const size_t> ReplayStrategy::Find(Deviation::Kind kind, const EventKey& where) const {
  const auto it = index_.find({kind, where});
  return it == index_.end() ? std::span<const size_t>() : it->second;
}

uint32_t ReplayStrategy::Choose(const EventKey& use, uint32_t count) {
  const std::span<const size_t> found = Find(Deviation::Kind::kChoose, use);
  if (found.empty() || deviations_[found.back()].choice >= count) return 0;
  matched_[found.back()] = true;
  return deviations_[found.back()].choice;
}

std::optional<QuantilePoint> ReplayStrategy::Draw(const EventKey& use) {
  const std::span<const size_t> found = Find(Deviation::Kind::kDraw, use);
  if (found.empty()) return std::nullopt;
  matched_[found.back()] = true;
  return deviations_[found.back()].point;
}

uint32_t ReplayStrategy::PickNext(std::span<const EventKey> candidates) {
  for (const size_t index : Find(Deviation::Kind::kOrder, candidates[0])) {
    if (matched_[index]) continue;
    const std::optional<uint32_t> pick = MatchOrder(deviations_[index], candidates);
    if (!pick) continue;
    matched_[index] = true;
    return *pick;
  }
  return 0;
}

std::vector<Deviation> ReplayStrategy::Unmatched() const {
  std::vector<Deviation> unmatched;
  for (size_t i = 0; i < deviations_.size(); ++i) {
    if (!matched_[i]) unmatched.push_back(deviations_[i]);
  }
  return unmatched;
}

std::optional<uint32_t> MatchOrder(const Deviation& deviation, std::span<const EventKey> candidates) {
  if (deviation.kind != Deviation::Kind::kOrder || candidates.empty()) return std::nullopt;
  if (candidates[0] != deviation.where) return std::nullopt;
  const auto it = std::find(candidates.begin(), candidates.end(), deviation.taken);
  if (it == candidates.end()) return std::nullopt;
  return static_cast<uint32_t>(it - candidates.begin());
}

Chooser::Chooser(const Options& options)
    : strategy_(options.strategy), keep_names_(options.keep_names), seed_base_(SeedBase(options.seed)) {
  schedule_.nominal = options.nominal;
  schedule_.seed = options.nominal ? 0 : options.seed;
}

Site Chooser::MakeSite(std::string_view kind, std::string_view path, std::string_view label) {
  const uint64_t key = SiteKey(kind, path, label);
  if (keep_names_) KeepName(key, SiteName(kind, path, label));
  return {key, 0};
}

uint64_t Chooser::MakeEventKey(std::string_view actor_path, std::string_view operation) {
  const uint64_t key = EventNameKey(actor_path, operation);
  if (keep_names_) KeepName(key, EventName(actor_path, operation));
  return key;
}

void Chooser::KeepName(uint64_t key, std::string name) {
  const auto [it, added] = names_.try_emplace(key, std::move(name));
  SIM_CHECK_MSG(added || it->second == name, "two names have one hash; rename one of them: " + it->second);
}

std::string Chooser::NameOf(uint64_t key) const {
  const auto it = names_.find(key);
  return it == names_.end() ? std::string() : it->second;
}

uint32_t Chooser::ChooseByStrategy(const EventKey& use, uint32_t count) {
  const uint32_t choice = strategy_->Choose(use, count);
  SIM_CHECK(choice < count);
  if (choice != 0) {
    schedule_.deviations.push_back(
        {.kind = Deviation::Kind::kChoose, .where = use, .choice = choice, .where_name = NameOf(use.key)});
  }
  return choice;
}

int64_t Chooser::DrawByStrategy(const EventKey& use, const Distribution& distribution) {
  const std::optional<QuantilePoint> point = strategy_->Draw(use);
  if (!point.has_value()) return DrawByBase(use, distribution);
  if (!(schedule_.nominal && *point == QuantilePoint::kP50)) {
    schedule_.deviations.push_back(
        {.kind = Deviation::Kind::kDraw, .where = use, .point = *point, .where_name = NameOf(use.key)});
  }
  return distribution.Quantile(*point);
}

uint32_t Chooser::PickNext(std::span<const EventKey> candidates) {
  SIM_DCHECK(!candidates.empty());
  if (strategy_ == nullptr || candidates.size() == 1) return 0;
  const uint32_t pick = strategy_->PickNext(candidates);
  SIM_CHECK(pick < candidates.size());
  if (pick != 0) {
    schedule_.deviations.push_back({.kind = Deviation::Kind::kOrder,
                                    .where = candidates[0],
                                    .taken = candidates[pick],
                                    .where_name = NameOf(candidates[0].key),
                                    .taken_name = NameOf(candidates[pick].key)});
  }
  return pick;
}

}  // namespace sim
