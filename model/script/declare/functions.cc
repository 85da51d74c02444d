// SPDX-License-Identifier: Apache-2.0
//
// Functions of the file that return a value: quantities, distributions, parameters.
#include <algorithm>
#include <cmath>

#include "fmt/format.h"
#include "model/script/declare/declare.h"
#include "model/script/declare/params.h"
#include "model/script/lua/sandbox.h"
#include "model/script/lua/script_host.h"

namespace model {
namespace {

template <typename V>
V ValueOrRaise(lua_State* L, const Word& word, int index, const absl::StatusOr<V>& value) {
  if (!value.ok()) {
    RaiseText(L, fmt::format("{} {}: {}", word.name, ValueAsWritten(L, index),
                             std::string(value.status().message())));
  }
  return *value;
}

// A span of time with a unit; a plain number in the source has none.
int64_t SpanArgument(lua_State* L, const Word& word, int index) { return CheckDuration(L, index, word); }

int Distribution(lua_State* L, const Word& word) {
  DistributionDecl decl;
  std::vector<double> parameters;
  if (word.name == "empirical") {
    decl.kind = DistributionDecl::Kind::kEmpirical;
    if (lua_type(L, 1) != LUA_TTABLE || luaL_len(L, 1) < 1) {
      RaiseText(L, "empirical: a list of durations is wanted, such as { \"70us\", \"80us\" }");
    }
    const lua_Integer count = luaL_len(L, 1);
    for (lua_Integer i = 1; i <= count; ++i) {
      lua_geti(L, 1, i);
      decl.points_ns.push_back(ValueOrRaise(L, word, -1, DurationFromLua(L, -1)));
      parameters.push_back(static_cast<double>(decl.points_ns.back()));
      lua_pop(L, 1);
    }
  } else {
    decl.a_ns = SpanArgument(L, word, 1);
    parameters.push_back(static_cast<double>(decl.a_ns));
    if (word.name == "uniform") {
      decl.kind = DistributionDecl::Kind::kUniform;
      decl.b_ns = SpanArgument(L, word, 2);
      parameters.push_back(static_cast<double>(decl.b_ns));
    } else if (word.name == "exponential") {
      decl.kind = DistributionDecl::Kind::kExponential;
    } else {
      decl.kind =
          word.name == "pareto" ? DistributionDecl::Kind::kPareto : DistributionDecl::Kind::kLognormal;
      if (lua_type(L, 2) != LUA_TNUMBER)
        RaiseText(L, fmt::format("{}: a number is wanted, as in {}", word.name, word.form));
      decl.shape = lua_tonumber(L, 2);
      parameters.push_back(decl.shape);
    }
  }
  const absl::Status status =
      sim::Distribution::CheckParameters(static_cast<sim::Distribution::Kind>(decl.kind), parameters);
  if (!status.ok()) RaiseText(L, fmt::format("{}: {}", word.name, std::string(status.message())));
  PushDistribution(L, decl);
  return 1;
}

void PushParamValue(lua_State* L, const ParamValue& value) {
  if (const bool* flag = std::get_if<bool>(&value)) {
    lua_pushboolean(L, *flag ? 1 : 0);
  } else if (const int64_t* integer = std::get_if<int64_t>(&value)) {
    lua_pushinteger(L, *integer);
  } else if (const double* number = std::get_if<double>(&value)) {
    lua_pushnumber(L, *number);
  } else {
    const std::string& text = std::get<std::string>(value);
    lua_pushlstring(L, text.data(), text.size());
  }
}

std::string ChoicesText(const std::vector<ParamValue>& choices) {
  std::string text;
  for (const ParamValue& choice : choices) text += (text.empty() ? "" : ", ") + ParamText(choice);
  return text;
}

bool Contains(const std::vector<ParamValue>& choices, const ParamValue& value) {
  return std::find(choices.begin(), choices.end(), value) != choices.end();
}

std::string SuggestChoice(const ParamValue& value, const std::vector<ParamValue>& choices) {
  std::vector<std::string> texts;
  for (const ParamValue& choice : choices) texts.push_back(ParamText(choice));
  return Suggest(ParamText(value), texts);
}

static_assert(static_cast<int>(sim::Distribution::Kind::kEmpirical) ==
              static_cast<int>(DistributionDecl::Kind::kEmpirical));

}  // namespace

int CallFileFunction(lua_State* L, const Word& word) {
  if (word.name == "param") {
    if (BodyContextOf(L) != nullptr) RaiseText(L, WrongContextText(word, *BodyContextOf(L)));
    return static_cast<ScriptHost*>(Sandbox::Of(L).owner)->declarations->Param(L, word);
  }
  if (word.name == "duration") {
    lua_pushinteger(L, SpanArgument(L, word, 1));
  } else if (word.name == "bytes") {
    lua_pushinteger(L, CheckBytes(L, 1, word));
  } else if (word.name == "rate") {
    lua_pushinteger(L, ValueOrRaise(L, word, 1, RateFromLua(L, 1)).per_second);
  } else {
    return Distribution(L, word);
  }
  return 1;
}

// The value for this arm: --set, else the arm's, else the default. Setting it to what it is anyway
// changes nothing.
void Declarations::SetParamValue(ParamDecl& param) {
  param.value = param.default_value;
  for (const auto& [name, value] : arm_params_) {
    if (name != param.name) continue;
    const absl::StatusOr<ParamValue> converted = ConvertParamValue(value, param.default_value);
    if (converted.ok()) param.value = *converted;  // Else CheckArms reports it.
  }
  const ParamValue of_arm = param.value;
  for (const auto& [name, text] : options_.params) {
    if (name != param.name) continue;
    params_set_.insert(name);
    const absl::StatusOr<ParamValue> value = ParseParamValue(text, param.default_value);
    if (!value.ok()) {
      FileError(fmt::format("--set {}={}: {}", name, text, std::string(value.status().message())));
    } else if (!param.choices.empty() && !Contains(param.choices, *value)) {
      FileError(fmt::format("--set {}={}: accepted: {}", name, text, ChoicesText(param.choices)),
                SuggestChoice(*value, param.choices));
    } else {
      param.value = *value;
    }
  }
  if (param.value != of_arm) scenario_.params_overridden = true;
}

int Declarations::Param(lua_State* L, const Word& word) {
  if (lua_type(L, 1) != LUA_TSTRING || lua_isnone(L, 2)) {
    RaiseText(L, fmt::format("param: a name and a default are wanted, as in {}", word.form));
  }
  Entry entry;
  entry.word = &word;
  entry.name = lua_tostring(L, 1);
  entry.line = CurrentLine(L);
  bool plain = false;
  const PlainValue given = PlainFromLua(L, 2, &plain);
  if (!plain || std::holds_alternative<std::monostate>(given)) {
    RaiseText(L, fmt::format("param \"{}\": the default is a boolean, a number or a text, not {}", entry.name,
                             ValueAsWritten(L, 2)));
  }
  if (CheckName(L, entry)) CheckDuplicate(entry);
  ParamDecl param;
  param.name = entry.name;
  param.pos = PosOf(entry);
  param.default_value = ToParamValue(given);
  if (lua_isnoneornil(L, 3) == 0) ReadParamOptions(L, entry, param);
  SetParamValue(param);
  PushParamValue(L, param.value);
  scenario_.params.push_back(std::move(param));
  return 1;
}

void Declarations::ReadParamOptions(lua_State* L, Entry& entry, ParamDecl& param) {
  if (lua_type(L, 3) != LUA_TTABLE) {
    RaiseText(L, fmt::format("param \"{}\": the third argument is a table of options", entry.name));
  }
  const Options options = ReadFor(L, 3, entry);
  param.help = options["help"].text;
  for (const PlainValue& choice : options["choices"].plains) {
    const absl::StatusOr<ParamValue> value = ConvertParamValue(ToParamValue(choice), param.default_value);
    if (value.ok()) {
      param.choices.push_back(*value);
    } else {
      ErrorAtKey(entry, "choices", {}, true,
                 fmt::format("choice {}: {}", ParamText(ToParamValue(choice)),
                             std::string(value.status().message())));
    }
  }
  if (!param.choices.empty() && !Contains(param.choices, param.default_value)) {
    ErrorAtKey(entry, "choices", {}, true,
               fmt::format("param \"{}\": the default {} is not among its choices", param.name,
                           ParamText(param.default_value)));
  }
  const OptionValue& sweep = options["sweep"];
  if (!sweep.text.empty()) {
    const absl::StatusOr<std::vector<ParamValue>> values = ParseSweep(sweep.text, param.default_value);
    if (values.ok()) {
      param.sweep = *values;
    } else {
      ErrorAtKey(entry, "sweep", {}, true, fmt::format("sweep = {}", std::string(values.status().message())));
    }
  }
  for (const PlainValue& point : sweep.plains) {
    const absl::StatusOr<ParamValue> value = ConvertParamValue(ToParamValue(point), param.default_value);
    if (value.ok()) {
      param.sweep.push_back(*value);
    } else {
      ErrorAtKey(
          entry, "sweep", {}, true,
          fmt::format("sweep {}: {}", ParamText(ToParamValue(point)), std::string(value.status().message())));
    }
  }
}

const ParamDecl& Declarations::DeclareImplicitDesign(const Entry& job) {
  ParamDecl param;
  param.name = "design";
  param.help = "the interface that jobs go through";
  param.default_value = "channel_tx";
  for (std::string_view design : kDesignDeclNames) param.choices.emplace_back(std::string(design));
  param.implicit = true;
  param.pos = PosOf(job);
  SetParamValue(param);
  return scenario_.params.emplace_back(std::move(param));
}

void Declarations::CheckParams() {
  std::vector<std::string> known;
  for (const ParamDecl& param : scenario_.params) known.push_back(param.name);
  for (const auto& [name, text] : options_.params) {
    if (params_set_.count(name) != 0) continue;
    const std::string which =
        known.empty() ? "; the file has no parameters" : AcceptedUnlessNear(name, known);
    FileError(fmt::format("--set {}={}: no parameter \"{}\"{}", name, text, name, which),
              Suggest(name, known));
  }
}

void Declarations::CheckArms() {
  std::vector<std::string> known;
  for (const ParamDecl& param : scenario_.params) known.push_back(param.name);
  for (const Entry& entry : entries_) {
    const std::string_view word = entry.word->name;
    if (word != "variant" && word != "control" && word != "fix") continue;
    ArmDecl& arm = scenario_.arms[static_cast<size_t>(entry.index)];
    if (!entry.options_given) {
      ErrorAtName(entry, fmt::format("{} needs parameters, as in {}", Owner(entry), entry.word->form));
    }
    for (auto& [name, value] : arm.params) {
      const auto param = std::find_if(scenario_.params.begin(), scenario_.params.end(),
                                      [&wanted = name](const ParamDecl& one) { return one.name == wanted; });
      if (param == scenario_.params.end()) {
        const std::string which =
            known.empty() ? fmt::format("; declare it: local {} = param(\"{}\", DEFAULT)", name, name)
                          : AcceptedUnlessNear(name, known);
        ErrorAtKey(entry, name, {}, false,
                   fmt::format("{}: no parameter \"{}\"{}", Owner(entry), name, which), Suggest(name, known));
        continue;
      }
      const absl::StatusOr<ParamValue> converted = ConvertParamValue(value, param->default_value);
      if (!converted.ok()) {
        ErrorAtKey(
            entry, name, {}, true,
            fmt::format("{} = {}: {}", name, ParamText(value), std::string(converted.status().message())));
      } else if (!param->choices.empty() && !Contains(param->choices, *converted)) {
        ErrorAtKey(entry, name, {}, true,
                   fmt::format("{} = {}: accepted: {}", name, ParamText(value), ChoicesText(param->choices)),
                   SuggestChoice(*converted, param->choices));
      } else {
        value = *converted;
      }
    }
  }
}

}  // namespace model
