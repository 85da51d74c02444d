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

// What most of the time of a repeat goes into.
struct Split {
  int64_t user = 0;    // User code, think time included.
  int64_t kernel = 0;  // System calls, on a core.
  int64_t waits = 0;   // Off the core: asleep, or ready to run.
};

struct Design {
  std::string name;
  const Json* phases;
  const char* latency_figure;
  int64_t repeats;

  // The median over the phases, if the run has the figure.
  std::optional<int64_t> Find(const char* figure) const {
    const auto it = phases->find(figure);
    if (it == phases->end()) return std::nullopt;
    return (*it)["median"].get<int64_t>();
  }
  int64_t Get(const char* figure) const { return Find(figure).value_or(0); }
  int64_t crossings() const { return Get("syscalls") + Get("callbacks"); }
  int64_t latency() const { return Get(latency_figure); }
  Split split() const {
    Split split;
    split.user = Get("cpu_user_ns") / repeats;
    split.kernel = (Get("cpu_kernel_ns") + Get("cpu_spin_ns")) / repeats;
    split.waits = latency() - split.user - split.kernel;
    return split;
  }
};

// Why the time of the job says nothing: it does not do what it does on the dataset model alone. Empty: it
// does.
std::string HowItFails(const Json& compare, const Json& run) {
  const std::string job = compare.value("job", "");
  const bool ran = run.contains("jobs") && run["jobs"].contains(job);
  const std::string result = ran ? run["jobs"][job].value("result_text", "") : "";
  if (result.empty()) return "the job does not end";
  const std::string direct = compare.value("direct_result", "");
  if (!direct.empty() && result != direct)
    return fmt::format("the job ends with {}, on the dataset model alone with {}", result, direct);
  const auto phases = run["phases"].find("result");
  const bool same = phases == run["phases"].end() || (*phases)["min"] == (*phases)["max"];
  return same ? "" : "the job ends otherwise in another phase";
}

struct Failure {
  std::string how;
  std::vector<std::string> designs;
};

void AddFailure(const std::string& how, const std::string& design, std::vector<Failure>* failures) {
  for (Failure& failure : *failures) {
    if (failure.how == how) {
      failure.designs.push_back(design);
      return;
    }
  }
  failures->push_back({how, {design}});
}

std::string Times(int64_t value, int64_t best) {
  const double ratio = static_cast<double>(value) / static_cast<double>(best);
  return ratio < 10 ? fmt::format("{:.1f} times", ratio) : fmt::format("{:.0f} times", ratio);
}

std::string Plural(int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// Why the job takes longer than under the best: what of its time has grown most.
std::string WhySlower(const Design& design, const Design& best) {
  const int64_t retries = design.Get("retries");
  if (retries > 0) {
    return fmt::format("what it had read changed before Commit, so it began anew {}",
                       Plural(retries, "time"));
  }
  const Split mine = design.split();
  const Split its = best.split();
  const int64_t user = mine.user - its.user;
  const int64_t kernel = mine.kernel - its.kernel;
  const int64_t waits = mine.waits - its.waits;
  if (user >= kernel && user >= waits) {
    return fmt::format("{} more in user mode, think time included", DurationText(user));
  }
  if (kernel >= waits) {
    return fmt::format("{} more in the kernel on a core; it crosses the line {}, {} {}", DurationText(kernel),
                       Plural(design.crossings(), "time"), best.name, best.crossings());
  }
  const int64_t txgs = design.Get("txgs");
  if (txgs > best.Get("txgs")) {
    return fmt::format("it waits for {}, {} for {}", Plural(txgs, "txg"), best.name, best.Get("txgs"));
  }
  return fmt::format("it waits {} longer", DurationText(waits));
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

const char* LatencyFigure(const Json& compare) {
  return compare.value("repeats", int64_t{1}) > 1 ? "latency.p50_ns" : "latency_ns";
}

std::vector<std::string> ReasonsFor(const Json& compare) {
  std::vector<Design> designs;    // All that ran.
  std::vector<Design> succeeded;  // Those whose time can be compared: they do what the job is for.
  std::vector<Failure> failures;
  for (const auto& [name, run] : compare["designs"].items()) {
    designs.push_back({name, &run["phases"], LatencyFigure(compare), compare.value("repeats", int64_t{1})});
    const std::string how = HowItFails(compare, run);
    if (how.empty()) {
      succeeded.push_back(designs.back());
    } else {
      AddFailure(how, name, &failures);
    }
  }
  std::vector<std::string> reasons;
  for (const Failure& failure : failures)
    reasons.push_back(fmt::format("{}: {}", fmt::join(failure.designs, ", "), failure.how));
  const auto best =
      std::min_element(succeeded.begin(), succeeded.end(),
                       [](const Design& a, const Design& b) { return a.latency() < b.latency(); });
  if (best != succeeded.end() && best->latency() > 0) {
    const int64_t fastest = best->latency();
    for (const Design& design : succeeded) {
      if (static_cast<double>(design.latency()) < kWorthASentence * static_cast<double>(fastest)) continue;
      reasons.push_back(fmt::format("{}: {} as long as {}: {}", design.name, Times(design.latency(), fastest),
                                    best->name, WhySlower(design, *best)));
    }
  }
  AddHarm(designs, "loads.stall_ns", "writers stall", &reasons);
  AddHarm(designs, "admin_wait_ns", "administration waits", &reasons);
  return reasons;
}

}  // namespace tools
