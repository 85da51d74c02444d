// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/report/compare_reasons.h"

#include <algorithm>
#include <optional>

#include "fmt/format.h"
#include "tools/txgsim/report/text.h"

namespace tools {
namespace {

constexpr double kWorthASentence = 1.25;
// Below this nobody waits long enough to care.
constexpr int64_t kLeastHarmNs = 1'000'000;

struct Design {
  std::string name;
  const Json* phases;

  // The median over the phases, if the run has the figure.
  std::optional<int64_t> Find(const char* figure) const {
    const auto it = phases->find(figure);
    if (it == phases->end()) return std::nullopt;
    return (*it)["median"].get<int64_t>();
  }
  int64_t Get(const char* figure) const { return Find(figure).value_or(0); }
  int64_t crossings() const { return Get("syscalls") + Get("callbacks"); }
};

std::string Times(int64_t value, int64_t best) {
  const double ratio = static_cast<double>(value) / static_cast<double>(best);
  return ratio < 10 ? fmt::format("{:.1f} times", ratio) : fmt::format("{:.0f} times", ratio);
}

std::string Plural(int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// Why the job takes longer than under the best, by what it does more of.
std::string WhySlower(const Design& design, const Design& best) {
  const int64_t retries = design.Get("retries");
  if (retries > 0) {
    return fmt::format("what it had read changed before Commit, so it began anew {}",
                       Plural(retries, "time"));
  }
  const int64_t txgs = design.Get("txgs");
  if (txgs > best.Get("txgs")) {
    return fmt::format("it waits for {}, {} for {}", Plural(txgs, "txg"), best.name, best.Get("txgs"));
  }
  const int64_t slept = design.Get("d_state_ns") - best.Get("d_state_ns");
  const int64_t more = design.Get("latency_ns") - best.Get("latency_ns");
  if (slept > more / 2) return fmt::format("it sleeps {} longer in D", DurationText(slept));
  if (design.crossings() > best.crossings()) {
    return fmt::format("it crosses the line {}, {} {}", Plural(design.crossings(), "time"), best.name,
                       best.crossings());
  }
  const int64_t cpu = design.Get("cpu_user_ns") + design.Get("cpu_kernel_ns") - best.Get("cpu_user_ns") -
                      best.Get("cpu_kernel_ns");
  if (cpu > more / 2) return fmt::format("it uses {} more of a core", DurationText(cpu));
  return "it waits for others";
}

// What most of the time is in which it kept txg_sync from advancing.
std::string WhyHeld(const Design& design) {
  struct Part {
    const char* figure;
    const char* text;
  };
  constexpr Part kParts[] = {{"sync_lock_split.crossing", "in crossings"},
                             {"sync_lock_split.read_cpu", "in the kernel's own work"},
                             {"sync_lock_split.read_io", "in reads from disk"},
                             {"sync_lock_split.user", "in user code"},
                             {"sync_lock_split.think", "while the client thinks"},
                             {"sync_lock_split.blocked", "blocked behind others"}};
  const Part* most = &kParts[0];
  for (const Part& part : kParts) {
    if (design.Get(part.figure) > design.Get(most->figure)) most = &part;
  }
  return fmt::format("it keeps txg_sync from advancing for {}, {} of it {}",
                     DurationText(design.Get("sync_lock_held_ns")), DurationText(design.Get(most->figure)),
                     most->text);
}

void AddHarm(const std::vector<Design>& designs, const char* figure, std::string_view victims,
             std::vector<std::string>* reasons) {
  int64_t least = INT64_MAX;
  for (const Design& design : designs) least = std::min(least, design.Get(figure));
  for (const Design& design : designs) {
    const int64_t harm = design.Get(figure);
    if (harm - least < kLeastHarmNs ||
        static_cast<double>(harm) < kWorthASentence * static_cast<double>(least))
      continue;
    reasons->push_back(
        fmt::format("{}: {} {}: {}", design.name, victims, DurationText(harm), WhyHeld(design)));
  }
}

}  // namespace

std::vector<std::string> ReasonsFor(const Json& compare) {
  std::vector<std::string> reasons;
  std::vector<Design> designs;
  const Design* best = nullptr;
  for (const auto& [name, run] : compare["designs"].items()) designs.push_back({name, &run["phases"]});
  for (const Design& design : designs) {
    const auto latency = design.Find("latency_ns");
    if (latency && (best == nullptr || *latency < best->Get("latency_ns"))) best = &design;
  }
  if (best == nullptr || best->Get("latency_ns") == 0) return reasons;
  const int64_t fastest = best->Get("latency_ns");
  for (const Design& design : designs) {
    const auto latency = design.Find("latency_ns");
    if (!latency) {
      reasons.push_back(fmt::format("{}: the job does not end", design.name));
    } else if (static_cast<double>(*latency) >= kWorthASentence * static_cast<double>(fastest)) {
      reasons.push_back(fmt::format("{}: {} as long as {}: {}", design.name, Times(*latency, fastest),
                                    best->name, WhySlower(design, *best)));
    }
  }
  AddHarm(designs, "loads.stall_ns", "writers stall", &reasons);
  AddHarm(designs, "admin_wait_ns", "administration waits", &reasons);
  return reasons;
}

}  // namespace tools
