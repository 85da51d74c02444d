// SPDX-License-Identifier: Apache-2.0
//
// Names that declarations use for each other: whether there is such a thing.
//
// A pool of threads ("db", a server, workers) is one name, and its members db/1, db/2 ...
// are names too. Threads that a running body makes are not known here: a file that
// spawns under a computed name may expect any name, to be checked when it is judged.
#include <algorithm>
#include <array>
#include <charconv>

#include "fmt/format.h"
#include "model/admin/admin_command.h"
#include "model/script/declare/declare.h"
#include "model/script/lua/script_host.h"
#include "model/watch/verdict.h"

namespace model {
namespace {

constexpr std::array<std::string_view, 2> kPoolThreads = {"txg_sync", "txg_quiesce"};
constexpr std::array<std::string_view, 6> kActionVerbs = {"kill",  "cont",  "thaw",
                                                          "abort", "reply", "complete"};

// "db/3" is member 3 of "db": returns 3, or 0.
int64_t MemberOf(std::string_view name, std::string_view pool) {
  if (name.size() <= pool.size() + 1 || name.substr(0, pool.size()) != pool || name[pool.size()] != '/')
    return 0;
  const std::string_view digits = name.substr(pool.size() + 1);
  int64_t member = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), member);
  return error == std::errc() && stop == digits.data() + digits.size() ? member : 0;
}

// Names a target of a fault can have, with the thing behind each.
struct Candidate {
  std::string name;
  ThingRef thing;
};

template <typename Decl>
void AddAll(const std::vector<Decl>& from, ThingKind kind, std::vector<Candidate>* to) {
  for (size_t i = 0; i < from.size(); ++i) to->push_back({from[i].name, {kind, static_cast<int32_t>(i)}});
}

template <typename Decl>
void AddNames(const std::vector<Decl>& from, std::vector<std::string>* to) {
  for (const Decl& decl : from) to->push_back(decl.name);
}

}  // namespace

std::vector<std::string> Declarations::KnownThreads() const {
  std::vector<std::string> names = unbuilt_names_;
  AddNames(scenario_.threads, &names);
  AddNames(scenario_.jobs, &names);
  AddNames(scenario_.loads, &names);
  AddNames(scenario_.servers, &names);
  AddNames(scenario_.workers, &names);
  AddNames(scenario_.dispatchers, &names);
  AddNames(scenario_.rings, &names);
  for (const RingDecl& ring : scenario_.rings) {
    if (ring.sqpoll) names.push_back(ring.name + "/sq");
  }
  for (const CallbackDecl& callback : scenario_.callbacks) {
    if (callback.place != CallbackPlace::kInline) names.push_back(callback.name);
  }
  for (const JobDecl& job : scenario_.jobs) {
    if (job.options.callback.place == CallbackPlace::kHelper) names.push_back(job.name + "/callback");
  }
  for (const PoolDecl& pool : scenario_.pools) {
    for (std::string_view thread : kPoolThreads) {
      if (scenario_.pools.size() == 1) names.emplace_back(thread);
      names.push_back(fmt::format("{}/{}", pool.name, thread));
    }
  }
  return names;
}

std::vector<std::string> Declarations::KnownThings() const {
  std::vector<std::string> names = KnownThreads();
  AddNames(scenario_.sync_objects, &names);
  AddNames(scenario_.devices, &names);
  AddNames(scenario_.files, &names);
  AddNames(scenario_.pools, &names);
  AddNames(scenario_.callbacks, &names);
  AddNames(scenario_.pool_items, &names);
  for (const PoolLockDecl& lock : scenario_.pool_locks) names.push_back(lock.lock);
  for (std::string_view lock : {"dp_config", "spa_namespace", "SCL_CONFIG", "SCL_STATE", "SCL_ZIO"}) {
    if (!scenario_.pools.empty()) names.emplace_back(lock);
  }
  names.emplace_back(kMachineRoot);
  return names;
}

// `spawn "name"`, `fork "name"`, or a thread that a running process declares: the token before its name.
bool Declarations::MayAppearAtRunTime(std::string_view thread) const {
  const std::vector<Token>& tokens = host_.source().tokens();
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::kName) continue;
    const bool spawns = tokens[i].text == "spawn" || tokens[i].text == "fork";
    if (!spawns && tokens[i].text != "thread") continue;
    const bool declared = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.word->kind == ThingKind::kThread && entry.line == tokens[i].pos.line;
    });
    if (!spawns && declared) continue;
    const bool parenthesis = tokens[i + 1].text == "(" && tokens[i + 1].kind == TokenKind::kSymbol;
    const size_t name = parenthesis ? i + 2 : i + 1;
    if (name >= tokens.size()) continue;
    const bool literal = tokens[name].kind == TokenKind::kString &&
                         !(parenthesis && name + 1 < tokens.size() && tokens[name + 1].text == "..");
    if (!literal || tokens[name].text == thread || MemberOf(thread, tokens[name].text) > 0) return true;
  }
  return false;
}

void Declarations::CheckThreadNames(const Entry& entry, std::string_view key,
                                    const std::vector<std::string>& names) {
  const std::vector<std::string> known = KnownThreads();
  std::vector<std::pair<std::string, int64_t>> pools;
  for (const LoadDecl& load : scenario_.loads) pools.emplace_back(load.name, load.count);
  for (const ServerDecl& server : scenario_.servers) pools.emplace_back(server.name, server.threads);
  for (const WorkersDecl& workers : scenario_.workers) {
    pools.emplace_back(workers.name, workers.max + (workers.rescuer ? 1 : 0));
  }
  for (const DispatcherDecl& dispatcher : scenario_.dispatchers)
    pools.emplace_back(dispatcher.name, dispatcher.limit);
  for (const CallbackDecl& callback : scenario_.callbacks) pools.emplace_back(callback.name, INT64_MAX);
  for (const RingDecl& ring : scenario_.rings) {
    pools.emplace_back(ring.name, ring.workers);
    pools.emplace_back(ring.name + "/unbounded", INT64_MAX);
  }
  for (const JobDecl& job : scenario_.jobs) pools.emplace_back(job.name + "/ring", INT64_MAX);
  for (const std::string& name : unbuilt_names_) pools.emplace_back(name, INT64_MAX);
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const bool member = std::any_of(pools.begin(), pools.end(), [&](const auto& pool) {
      const int64_t number = MemberOf(name, pool.first);
      return number > 0 && number <= pool.second;
    });
    if (member || MayAppearAtRunTime(name)) continue;
    const bool of_pool = std::find(kPoolThreads.begin(), kPoolThreads.end(), name) != kPoolThreads.end();
    if (of_pool && scenario_.pools.size() > 1) {
      ErrorInValue(entry, key, name,
                   fmt::format("{} = \"{}\": there are several pools; write \"{}/{}\"", key, name,
                               scenario_.pools[0].name, name));
      continue;
    }
    ErrorInValue(
        entry, key, name,
        fmt::format("{} = \"{}\": no thread of that name{}", key, name, AcceptedUnlessNear(name, known)),
        Suggest(name, known));
  }
}

void Declarations::CheckActions(const Entry& entry, std::string_view key,
                                const std::vector<std::string>& actions) {
  for (const std::string& action : actions) {
    const size_t space = std::min(action.find(' '), action.size());
    const std::string verb = action.substr(0, space);
    const std::string target = action.substr(std::min(space + 1, action.size()));
    if (verb == "zfs" || verb == "zpool") {
      const absl::StatusOr<AdminCommand> command = ParseAdminCommand(action);
      if (!command.ok()) {
        ErrorInValue(entry, key, action,
                     fmt::format("{} = {}", key, std::string(command.status().message())));
      }
      continue;
    }
    const std::string value = fmt::format("{} = \"{}\"", key, action);
    if (std::find(kActionVerbs.begin(), kActionVerbs.end(), verb) == kActionVerbs.end()) {
      ErrorInValue(
          entry, key, action,
          fmt::format("{}: no such action; accepted: {}, each with a name, or a zfs or zpool command", value,
                      fmt::join(kActionVerbs, ", ")),
          Suggest(verb, std::span<const std::string_view>(kActionVerbs)));
      continue;
    }
    std::vector<std::string> known;
    if (verb == "kill" || verb == "cont") {
      known = KnownThreads();
    } else if (verb == "thaw") {
      for (const SyncDecl& sync : scenario_.sync_objects) {
        if (sync.kind == ThingKind::kGate) known.push_back(sync.name);
      }
    } else if (verb == "complete") {
      AddNames(scenario_.devices, &known);
      AddNames(scenario_.pools, &known);
    } else {
      AddNames(scenario_.servers, &known);
    }
    const bool found = std::any_of(known.begin(), known.end(), [&](const std::string& name) {
      return name == target || MemberOf(target, name) > 0;
    });
    if (found || ((verb == "kill" || verb == "cont") && MayAppearAtRunTime(target))) continue;
    ErrorInValue(entry, key, action, fmt::format("{}: nothing of that name", value), Suggest(target, known));
  }
}

void Declarations::CheckExpect(const Entry& entry) {
  const ExpectDecl& expect = scenario_.expects[static_cast<size_t>(entry.index)];
  std::vector<std::string> arms;
  AddNames(scenario_.arms, &arms);
  for (const std::string& arm : expect.arms) {
    if (std::find(arms.begin(), arms.end(), arm) != arms.end()) continue;
    std::vector<std::string> known = arms;
    for (const char* word : {"all", "compare", "sweep", "explore"}) known.emplace_back(word);
    ErrorInValue(entry, "on", arm,
                 fmt::format("expect on \"{}\": no such arm{}", arm, AcceptedUnlessNear(arm, known)),
                 Suggest(arm, known));
  }
  // With --set it is judged only if it is for all; another arm may lack what it names.
  if (scenario_.params_overridden && !expect.on_all) return;
  const bool judges_base = expect.on_compare || expect.on_sweep || expect.on_explore;
  if (!expect.JudgesArm(scenario_.arm) && !(judges_base && scenario_.arm == "base")) return;
  for (const auto& [letter, names] : expect.states) CheckThreadNames(entry, letter, names);
  if (expect.hung) CheckThreadNames(entry, "hung", *expect.hung);
  if (expect.detector) CheckThreadNames(entry, "detector", *expect.detector);
  if (expect.completes) CheckThreadNames(entry, "completes", *expect.completes);
  if (expect.cycle) {
    std::vector<std::string> threads;
    for (const std::string& member : *expect.cycle) {
      const bool device = std::any_of(scenario_.devices.begin(), scenario_.devices.end(),
                                      [&](const DeviceDecl& one) { return one.name == member; });
      const bool pool = std::any_of(scenario_.pools.begin(), scenario_.pools.end(),
                                    [&](const PoolDecl& one) { return one.name == member; });
      if (!device && !pool) threads.push_back(member);
    }
    CheckThreadNames(entry, "cycle", threads);
  }
  if (expect.root) {
    const std::vector<std::string> known = KnownThings();
    const std::string& root = *expect.root;
    const bool found = std::any_of(known.begin(), known.end(), [&](const std::string& name) {
      return name == root || MemberOf(root, name) > 0 || root == name + "/txg";
    });
    if (!found && !MayAppearAtRunTime(root)) {
      ErrorInValue(entry, "root", root, fmt::format("root = \"{}\": no thread or thing of that name", root),
                   Suggest(root, known));
    }
  }
  if (expect.frozen) {
    std::vector<std::string> known;
    AddNames(scenario_.pools, &known);
    for (const std::string& pool : *expect.frozen) {
      if (std::find(known.begin(), known.end(), pool) != known.end()) continue;
      ErrorInValue(entry, "frozen", pool, fmt::format("frozen = \"{}\": no such pool", pool),
                   Suggest(pool, known));
    }
  }
  if (expect.freed_by) CheckActions(entry, "freed_by", *expect.freed_by);
  if (expect.not_freed_by) CheckActions(entry, "not_freed_by", *expect.not_freed_by);
}

void Declarations::CheckFault(const Entry& entry, const Named& target, std::string_view action) {
  FaultDecl& fault = scenario_.faults[static_cast<size_t>(entry.index)];
  std::vector<Candidate> candidates;
  std::string_view wanted;
  bool may_appear = false;
  switch (fault.action) {
    case FaultAction::kAbort:
      wanted = "server";
      AddAll(scenario_.servers, ThingKind::kServer, &candidates);
      break;
    case FaultAction::kExhaust:
      wanted = "pool of workers";
      AddAll(scenario_.workers, ThingKind::kWorkers, &candidates);
      break;
    case FaultAction::kLowMemory:
    case FaultAction::kOtherHost:
      wanted = "pool";
      AddAll(scenario_.pools, ThingKind::kPool, &candidates);
      break;
    case FaultAction::kStall:
    case FaultAction::kOffline:
    case FaultAction::kError:
    case FaultAction::kSlow:
    case FaultAction::kLose:
      wanted = "device or pool";
      AddAll(scenario_.devices, ThingKind::kDevice, &candidates);
      AddAll(scenario_.pools, ThingKind::kPool, &candidates);
      for (const PoolDecl& pool : scenario_.pools) {
        for (int64_t i = 0; i < pool.disks; ++i) {
          candidates.push_back({fmt::format("{}/disk{}", pool.name, i), {}});
        }
        if (pool.log.profile != "none") candidates.push_back({pool.name + "/log", {}});
      }
      break;
    default:
      wanted = "process, job, load, server or dispatcher";
      for (size_t i = 0; i < scenario_.threads.size(); ++i) {
        const ThreadDecl& thread = scenario_.threads[i];
        if (thread.kind != ThingKind::kKthread) {
          candidates.push_back({thread.name, {thread.kind, static_cast<int32_t>(i)}});
        }
      }
      AddAll(scenario_.jobs, ThingKind::kJob, &candidates);
      AddAll(scenario_.loads, ThingKind::kLoad, &candidates);
      AddAll(scenario_.servers, ThingKind::kServer, &candidates);
      AddAll(scenario_.dispatchers, ThingKind::kDispatcher, &candidates);
      may_appear = true;
      break;
  }
  fault.target_name = target.text;
  std::vector<std::string> known;
  for (const Candidate& candidate : candidates) {
    known.push_back(candidate.name);
    const bool same = target.thing.kind == ThingKind::kNone ? candidate.name == target.text
                                                            : candidate.thing == target.thing;
    if (!same) continue;
    fault.target = candidate.thing;
    return;
  }
  const std::string value = target.thing.kind == ThingKind::kNone ? fmt::format("\"{}\"", target.text)
                                                                  : host_.ThingText(target.thing);
  if (may_appear && target.thing.kind == ThingKind::kNone && MayAppearAtRunTime(target.text)) return;
  ErrorAtKey(entry, action, {}, true, fmt::format("{} = {}: no such {}", action, value, wanted),
             Suggest(target.text, known));
}

}  // namespace model
