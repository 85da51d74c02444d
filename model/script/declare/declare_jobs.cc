// SPDX-License-Identifier: Apache-2.0
//
// Declarations of jobs, faults and expectations.
#include <algorithm>
#include <array>

#include "fmt/format.h"
#include "model/script/declare/declare.h"
#include "model/script/declare/params.h"
#include "model/script/lua/sandbox.h"
#include "model/script/lua/script_host.h"

namespace model {
namespace {

struct ActionRow {
  std::string_view key;
  FaultAction action;
  bool lasts;  // It has an end: done is done else.
};

constexpr std::array kActions = std::to_array<ActionRow>({
    {"kill", FaultAction::kKill, false},
    {"stop", FaultAction::kStop, true},
    {"cont", FaultAction::kCont, false},
    {"signal", FaultAction::kSignal, false},
    {"abort", FaultAction::kAbort, false},
    {"exhaust", FaultAction::kExhaust, true},
    {"stall", FaultAction::kStall, true},
    {"offline", FaultAction::kOffline, true},
    {"error", FaultAction::kError, true},
    {"slow", FaultAction::kSlow, true},
    {"lose", FaultAction::kLose, true},
    {"low_memory", FaultAction::kLowMemory, true},
    {"other_host", FaultAction::kOtherHost, true},
    {"power_cut", FaultAction::kPowerCut, false},
    {"call", FaultAction::kCall, false},
});

std::vector<std::string> NamesOf(const OptionValue& value) {
  std::vector<std::string> names;
  for (const Named& named : value.names) names.push_back(named.text);
  return names;
}

std::optional<std::vector<std::string>> NamesIfGiven(const OptionValue& value) {
  if (!value.given) return std::nullopt;
  return NamesOf(value);
}

DesignDecl DesignByName(std::string_view name) {
  const auto it = std::find(kDesignDeclNames.begin(), kDesignDeclNames.end(), name);
  return static_cast<DesignDecl>(it - kDesignDeclNames.begin());
}

CallbackPlace PlaceOf(const std::string& name) {
  if (name == "helper") return CallbackPlace::kHelper;
  if (name == "dispatcher") return CallbackPlace::kDispatcher;
  if (name == "process") return CallbackPlace::kProcess;
  return CallbackPlace::kInline;
}

DesignOptionsDecl DesignOptionsOf(const Options& options) {
  DesignOptionsDecl out;
  const Options& ioctl = *options["ioctl"].inner;
  out.ioctl.read_batch = ioctl["read_batch"].integer;
  out.ioctl.prefetch = ioctl["prefetch"].flag;
  out.pipeline.batch = (*options["pipeline"].inner)["batch"].integer;
  const Options& callback = *options["callback"].inner;
  out.callback.syncing = callback["mode"].text == "syncing";
  out.callback.config_lock = callback["lock"].text == "config";
  out.callback.overlay = callback["own"].text == "overlay";
  out.callback.wait = WaitModeByName(callback["wait"].text).value();
  out.callback.place = PlaceOf(callback["place"].text);
  // txg_sync has no user code of its own to call.
  if (out.callback.syncing && !callback.given("place")) out.callback.place = CallbackPlace::kHelper;
  const Options& channel = *options["channel_tx"].inner;
  out.channel_tx.lease_ns = channel["lease"].integer;
  out.channel_tx.overlay = channel["own"].text == "overlay";
  out.channel_tx.commit_throttled = channel["commit_throttled"].flag;
  out.channel_tx.spa_each_call = channel["spa_hold"].text == "call";
  out.channel_tx.each_pool = channel["pools"].text == "each";
  const Options& optimistic = *options["optimistic_tx"].inner;
  out.optimistic_tx.retries = optimistic["retries"].integer;
  out.optimistic_tx.backoff = optimistic["backoff"].delay;
  out.optimistic_tx.overlay = optimistic["own"].text == "overlay";
  const Options& ring = *options["ring"].inner;
  out.ring.entries = ring["entries"].integer;
  out.ring.workers = ring["workers"].integer;
  out.ring.read_after_wait = ring["read_after"].text == "wait";
  const Options& program = *options["program"].inner;
  out.program.instructions = program["instructions"].integer;
  out.program.memory_bytes = program["memory"].integer;
  out.program.sync = program["sync"].flag;
  return out;
}

}  // namespace

void Declarations::FillJob(const Entry& entry, const Options& options) {
  const auto i = static_cast<size_t>(entry.index);
  JobDecl& job = scenario_.jobs[i];
  job.at = options["at"].delay;
  job.think = options["think"].delay;
  job.repeats = options["repeats"].integer;
  if (options.given("every")) job.every = options["every"].delay;
  job.user = options["user"].text;
  job.options = DesignOptionsOf(options);
  if (job.options.callback.syncing && job.options.callback.place == CallbackPlace::kInline) {
    ErrorAtKey(
        entry, "callback", {}, true,
        "callback mode = \"syncing\" has no inline place: txg_sync waits for it; use helper or dispatcher");
  }
  if (job.options.callback.syncing && job.options.callback.config_lock) {
    ErrorAtKey(
        entry, "callback", {}, true,
        "callback mode = \"syncing\" runs in txg_sync, which holds the config lock; lock means nothing "
        "there");
  }
  if (job.options.callback.overlay && (job.options.callback.syncing || job.options.callback.config_lock)) {
    ErrorAtKey(entry, "callback", {}, true,
               "own = \"overlay\" is of callbacks that hold the gates, not of mode = \"syncing\" or lock = "
               "\"config\"");
  }
  later_.push_back([this, entry, i] {
    if (scenario_.pools.empty()) {
      ErrorAtName(entry, fmt::format("{}: there is no pool", Owner(entry)));
    } else if (scenario_.pools.front().order > scenario_.jobs[i].order) {
      ErrorAtName(entry, fmt::format("{}: the pool must be declared before it", Owner(entry)));
    }
  });
  if (options.given("design")) {
    if (!options["design"].text.empty()) job.design = DesignByName(options["design"].text);
    return;
  }
  // The parameter may be declared further down; if it is not, it is declared for the file.
  later_.push_back([this, entry, i] {
    const ParamDecl* param = nullptr;
    for (const ParamDecl& one : scenario_.params) {
      if (one.name == "design") param = &one;
    }
    if (param == nullptr) param = &DeclareImplicitDesign(entry);
    const std::string text = ParamText(param->value);
    const std::span<const OptionSpec> specs = entry.word->options;
    const auto spec =
        std::find_if(specs.begin(), specs.end(), [](const OptionSpec& one) { return one.name == "design"; });
    const std::vector<std::string_view> choices = SplitChoices(spec->choices);
    if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
      ErrorAtName(
          entry, fmt::format("design = \"{}\": no such choice; accepted: {}", text, fmt::join(choices, ", ")),
          Suggest(text, choices));
    } else {
      scenario_.jobs[i].design = DesignByName(text);
    }
  });
}

void Declarations::FillFault(const Entry& entry, const Options& options) {
  const auto i = static_cast<size_t>(entry.index);
  FaultDecl& fault = scenario_.faults[i];
  if (options.given("at")) fault.at = options["at"].delay;
  fault.choice = options["choice"].text;
  if (options.given("at") == options.given("choice")) {
    ErrorAtName(entry, "fault needs at = a time, or choice = a label, and not both");
  }
  fault.lasting_ns = options["lasting"].integer;
  const ActionRow* action = nullptr;
  for (const ActionRow& row : kActions) {
    if (!options.given(row.key)) continue;
    if (action != nullptr) {
      ErrorAtKey(entry, row.key, {}, false,
                 fmt::format("fault has one action; here are {} and {}", action->key, row.key));
      return;
    }
    action = &row;
  }
  if (action == nullptr) {
    std::vector<std::string_view> keys;
    for (const ActionRow& row : kActions) keys.push_back(row.key);
    ErrorAtName(entry, fmt::format("fault needs an action: {}", fmt::join(keys, ", ")));
    return;
  }
  fault.action = action->action;
  if (options.given("lasting") && !action->lasts) {
    ErrorAtKey(entry, "lasting", {}, false, fmt::format("lasting: {} has no end", action->key));
  }
  const OptionValue& value = options[action->key];
  fault.error = value.on_death.error;
  fault.factor = value.integer;
  fault.call = value.function;
  if (fault.action == FaultAction::kSignal) fault.signal = value.text;
  if (value.names.empty()) return;
  const Named target = value.names[0];
  const std::string key(action->key);
  later_.push_back([this, entry, target, key] { CheckFault(entry, target, key); });
}

void Declarations::FillExpect(const Entry& entry, const Options& options) {
  ExpectDecl& expect = scenario_.expects[static_cast<size_t>(entry.index)];
  expect.arms.clear();
  for (const std::string& on : options["on"].texts) {
    if (on == "all") {
      expect.on_all = true;
    } else if (on == "compare") {
      expect.on_compare = true;
    } else if (on == "sweep") {
      expect.on_sweep = true;
    } else if (on == "explore") {
      expect.on_explore = true;
    } else {
      expect.arms.push_back(on);
    }
  }
  if (options.given("at")) expect.at_ns = options["at"].integer;
  if (options.given("verdict")) expect.verdict = options["verdict"].text;
  expect.frozen = NamesIfGiven(options["frozen"]);
  expect.cycle = NamesIfGiven(options["cycle"]);
  if (!options["root"].names.empty()) expect.root = options["root"].names[0].text;
  expect.hung = NamesIfGiven(options["hung"]);
  for (const char* letter : {"D", "DK", "S", "R", "T", "Z"}) {
    if (options.given(letter)) expect.states.emplace_back(letter, NamesOf(options[letter]));
  }
  expect.detector = NamesIfGiven(options["detector"]);
  if (options.given("freed_by")) expect.freed_by = options["freed_by"].texts;
  if (options.given("not_freed_by")) expect.not_freed_by = options["not_freed_by"].texts;
  expect.completes = NamesIfGiven(options["completes"]);
  if (options.given("within")) expect.within_ns = options["within"].integer;
  if (options.given("deviations")) expect.deviations = options["deviations"].integer;
  if (expect.within_ns && !expect.completes) {
    ErrorAtKey(entry, "within", {}, false, "within stands with completes only");
  }
  if (expect.deviations && !expect.on_explore) {
    ErrorAtKey(entry, "deviations", {}, false, "deviations stands with on = \"explore\" only");
  }
}

void Declarations::TakeArmParams(lua_State* L, Entry& entry, int table) {
  ArmDecl& arm = scenario_.arms[static_cast<size_t>(entry.index)];
  const int64_t count = PushSortedKeys(L, table);
  const int keys = lua_gettop(L);
  for (int64_t i = 1; i <= count; ++i) {
    lua_rawgeti(L, keys, i);
    const std::string written = ValueAsWritten(L, -1);
    const bool named = lua_type(L, -1) == LUA_TSTRING;
    const std::string name = named ? lua_tostring(L, -1) : "";
    lua_gettable(L, table);
    bool plain = false;
    const PlainValue value = PlainFromLua(L, -1, &plain);
    if (!named) {
      ErrorAtName(entry,
                  fmt::format("{}: the value {} stands without a key", Owner(entry), ValueAsWritten(L, -1)));
    } else if (!plain || std::holds_alternative<std::monostate>(value)) {
      ErrorAtKey(
          entry, name, {}, true,
          fmt::format("{} = {}: a boolean, a number or a text is wanted", name, ValueAsWritten(L, -1)));
    } else {
      arm.params.emplace_back(name, ToParamValue(value));
    }
    lua_pop(L, 1);
  }
  lua_settop(L, keys - 1);
}

}  // namespace model
