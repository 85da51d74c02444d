// SPDX-License-Identifier: Apache-2.0
#include "model/script/declare/options.h"

#include <algorithm>
#include <array>

#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "model/script/language/suggest.h"
#include "model/script/lua/binding.h"
#include "model/script/lua/sandbox.h"
#include "sim/check.h"

namespace model {
namespace {

constexpr std::string_view kNameForm = "letters, digits and _ . : / -";

bool IsName(std::string_view text) {
  if (text.empty()) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.:/-").find(c) != std::string_view::npos;
  });
}

std::string JoinChoices(std::string_view choices) {
  std::string text;
  for (std::string_view choice : SplitChoices(choices)) {
    if (!text.empty()) text += ", ";
    text += choice;
  }
  return text;
}

std::string_view StringAt(lua_State* L, int index) {
  size_t length = 0;
  const char* text = lua_tolstring(L, index, &length);
  return {text, length};
}

// Reads one value; what is wrong is kept as a message and a suggestion.
class ValueReader {
 public:
  ValueReader(lua_State* L, OptionSink& sink, std::string_view inner) : L_(L), sink_(sink), inner_(inner) {}

  // Reports what is wrong itself; returns false then.
  bool Read(int index, const OptionSpec& spec, OptionValue* value) {
    index = lua_absindex(L_, index);
    if (!spec.built) return Report(spec, fmt::format("{}: not built yet", spec.name));
    const bool fine = ReadTyped(index, spec, value);
    if (!fine && !error_.empty()) {
      return Report(spec, fmt::format("{} = {}: {}", spec.name, ValueAsWritten(L_, index), error_));
    }
    return fine;
  }

 private:
  bool Report(const OptionSpec& spec, std::string text) {
    sink_.Report(spec.name, inner_, spec.built, std::move(text), std::move(suggestion_));
    error_.clear();
    suggestion_.clear();
    return false;
  }
  bool Fail(std::string error, std::string suggestion = {}) {
    error_ = std::move(error);
    suggestion_ = std::move(suggestion);
    return false;
  }

  // A lone number in the source has no unit, whatever it counts.
  bool RefuseLiteral(int index, const OptionSpec& spec, const std::string& help) {
    if (lua_type(L_, index) != LUA_TNUMBER || lua_tonumber(L_, index) == 0) return true;
    return sink_.IsLiteralNumber(spec.name, inner_) ? Fail(help) : true;
  }

  bool Bound(int64_t value, const OptionSpec& spec, std::string (*format)(int64_t)) {
    if (value < spec.min) return Fail(fmt::format("at least {}", format(spec.min)));
    if (value > spec.max) return Fail(fmt::format("at most {}", format(spec.max)));
    return true;
  }

  template <typename V>
  bool Take(const absl::StatusOr<V>& from, V* to) {
    if (!from.ok()) return Fail(std::string(from.status().message()));
    *to = *from;
    return true;
  }

  bool ReadChoice(int index, const OptionSpec& spec, std::string* text) {
    if (lua_type(L_, index) != LUA_TSTRING) {
      return Fail(fmt::format("one of {} is wanted", JoinChoices(spec.choices)));
    }
    *text = std::string(StringAt(L_, index));
    const std::vector<std::string_view> choices = SplitChoices(spec.choices);
    if (std::find(choices.begin(), choices.end(), *text) == choices.end()) {
      return Fail(fmt::format("no such choice; accepted: {}", JoinChoices(spec.choices)),
                  Suggest(*text, choices));
    }
    return true;
  }

  bool ReadName(int index, Named* name) {
    name->thing = ToThing(L_, index);
    if (name->thing.kind != ThingKind::kNone) {
      name->text = sink_.NameOf(name->thing);
      return true;
    }
    if (lua_type(L_, index) != LUA_TSTRING) return Fail("a name or a declared thing is wanted");
    name->text = std::string(StringAt(L_, index));
    return true;
  }

  // A list, or one element without braces. `one` reads the element at its index.
  template <typename ReadOne>
  bool ReadList(int index, ReadOne one) {
    if (lua_type(L_, index) != LUA_TTABLE) return one(index);
    const int64_t count = PushSortedKeys(L_, index);
    lua_pop(L_, 1);
    const auto length = static_cast<int64_t>(luaL_len(L_, index));
    if (count != length) return Fail("a list is wanted");
    for (int64_t i = 1; i <= length; ++i) {
      lua_geti(L_, index, i);
      const bool fine = one(lua_gettop(L_));
      lua_pop(L_, 1);
      if (!fine) return false;
    }
    return true;
  }

  bool ReadNames(int index, OptionValue* value) {
    return ReadList(index, [&](int i) { return ReadName(i, &value->names.emplace_back()); });
  }

  bool ReadErrno(int index, int* error) {
    if (lua_isinteger(L_, index) == 0 || lua_tointeger(L_, index) <= 0 ||
        ErrnoName(static_cast<int>(lua_tointeger(L_, index))).empty()) {
      return Fail("an errno is wanted, such as EIO");
    }
    *error = static_cast<int>(lua_tointeger(L_, index));
    return true;
  }

  bool ReadInteger(int index, const OptionSpec& spec, int64_t* integer) {
    int whole = 0;
    if (lua_type(L_, index) == LUA_TNUMBER) *integer = lua_tointegerx(L_, index, &whole);
    if (whole == 0) return Fail("a whole number is wanted");
    return Bound(*integer, spec, [](int64_t n) { return std::to_string(n); });
  }

  bool ReadDuration(int index, const OptionSpec& spec, OptionValue* value) {
    if (spec.forever && lua_type(L_, index) == LUA_TSTRING) {
      const std::string_view text = StringAt(L_, index);
      if (text == "never" || text == "forever") {
        value->integer = kForeverNs;
        return true;
      }
    }
    if (!RefuseLiteral(index, spec, DurationUnitHelp())) return false;
    if (ToDistribution(L_, index) != nullptr) return Fail("one duration is wanted, not a distribution");
    return Take(DurationFromLua(L_, index), &value->integer) && Bound(value->integer, spec, &FormatDuration);
  }

  bool ReadRate(int index, const OptionSpec& spec, OptionValue* value) {
    if (!RefuseLiteral(index, spec, RateUnitHelp())) return false;
    if (!Take(RateFromLua(L_, index), &value->rate)) return false;
    value->integer = value->rate.per_second;
    if (spec.type == OptionType::kByteRate && !value->rate.in_bytes) {
      return Fail("bytes a second are wanted, such as \"200MB/s\"");
    }
    if (value->integer < spec.min) {
      return Fail(fmt::format("at least {}", FormatRate({spec.min, value->rate.in_bytes})));
    }
    return true;
  }

  bool ReadProperties(int index, OptionValue* value) {
    if (lua_type(L_, index) != LUA_TTABLE) return Fail("a table { name = value } is wanted");
    const int64_t count = PushSortedKeys(L_, index);
    const int keys = lua_gettop(L_);
    for (int64_t i = 1; i <= count; ++i) {
      lua_rawgeti(L_, keys, i);
      if (lua_type(L_, -1) != LUA_TSTRING) return Fail("a table { name = value } is wanted");
      const std::string name(StringAt(L_, -1));
      lua_gettable(L_, index);
      PushToString(L_, -1);
      value->properties.emplace_back(name, std::string(StringAt(L_, -1)));
      lua_pop(L_, 2);
    }
    lua_pop(L_, 1);
    return true;
  }

  // { first, second }, each read by its function.
  template <typename First, typename Second>
  bool ReadPair(int index, std::string_view form, First first, Second second) {
    if (lua_type(L_, index) != LUA_TTABLE || luaL_len(L_, index) != 2) {
      return Fail(fmt::format("a pair is wanted, such as {}", form));
    }
    lua_geti(L_, index, 1);
    lua_geti(L_, index, 2);
    const bool fine = first(lua_gettop(L_) - 1) && second(lua_gettop(L_));
    lua_pop(L_, 2);
    return fine;
  }

  bool ReadTable(int index, const OptionSpec& spec, OptionValue* value) {
    if (lua_type(L_, index) != LUA_TTABLE) return Fail("a table of options is wanted");
    *value->inner = ReadInner(index, spec);
    return true;
  }

  Options ReadInner(int index, const OptionSpec& spec);

  bool ReadTyped(int index, const OptionSpec& spec, OptionValue* value) {
    switch (spec.type) {
      case OptionType::kBool:
        if (lua_type(L_, index) != LUA_TBOOLEAN) return Fail("true or false is wanted");
        value->flag = lua_toboolean(L_, index) != 0;
        return true;
      case OptionType::kYes:
        if (lua_type(L_, index) != LUA_TBOOLEAN || lua_toboolean(L_, index) == 0)
          return Fail("true is wanted");
        value->flag = true;
        return true;
      case OptionType::kInteger:
        return ReadInteger(index, spec, &value->integer);
      case OptionType::kCountOrAll:
        if (lua_type(L_, index) == LUA_TSTRING && StringAt(L_, index) == "all") {
          value->integer = 0;
          return true;
        }
        return ReadInteger(index, spec, &value->integer) || Fail("a number or \"all\" is wanted");
      case OptionType::kText:
        if (lua_type(L_, index) != LUA_TSTRING) return Fail("a text is wanted");
        value->text = std::string(StringAt(L_, index));
        return true;
      case OptionType::kTexts:
      case OptionType::kActions:
        return ReadList(index, [&](int i) {
          if (lua_type(L_, i) != LUA_TSTRING) return Fail("texts are wanted");
          value->texts.emplace_back(StringAt(L_, i));
          return true;
        });
      case OptionType::kArms:
        return ReadList(index, [&](int i) {
          if (lua_type(L_, i) != LUA_TSTRING) return Fail("the name of an arm is wanted");
          value->texts.emplace_back(StringAt(L_, i));
          return true;
        });
      case OptionType::kName:
        if (lua_type(L_, index) != LUA_TSTRING || !IsName(StringAt(L_, index))) {
          return Fail(fmt::format("a name is wanted: {}", kNameForm));
        }
        value->text = std::string(StringAt(L_, index));
        return true;
      case OptionType::kChoice:
        return ReadChoice(index, spec, &value->text);
      case OptionType::kChoices:
        return ReadList(index, [&](int i) { return ReadChoice(i, spec, &value->texts.emplace_back()); });
      case OptionType::kDuration:
        return ReadDuration(index, spec, value);
      case OptionType::kDelay:
        return RefuseLiteral(index, spec, DurationUnitHelp()) && Take(DelayFromLua(L_, index), &value->delay);
      case OptionType::kSize:
        return RefuseLiteral(index, spec, SizeUnitHelp()) && Take(BytesFromLua(L_, index), &value->integer) &&
               Bound(value->integer, spec, &FormatBytes);
      case OptionType::kRate:
      case OptionType::kByteRate:
        return ReadRate(index, spec, value);
      case OptionType::kErrno:
        return ReadErrno(index, &value->on_death.error);
      case OptionType::kOnDeath:
        if (lua_type(L_, index) == LUA_TSTRING && StringAt(L_, index) == "nothing") {
          value->on_death.nothing = true;
          return true;
        }
        // 0: the one that waits gets an answer as if all were well.
        if (lua_isinteger(L_, index) != 0 && lua_tointeger(L_, index) == 0) return true;
        return ReadErrno(index, &value->on_death.error) || Fail("an errno, 0 or \"nothing\" is wanted");
      case OptionType::kDispatcher:
      case OptionType::kDataset:
      case OptionType::kSnapshot:
      case OptionType::kRoot:
      case OptionType::kTarget:
        return ReadName(index, &value->names.emplace_back());
      case OptionType::kEnders:
      case OptionType::kThreads:
      case OptionType::kMembers:
      case OptionType::kPools:
        return ReadNames(index, value);
      case OptionType::kTargetErrno:
        return ReadPair(
            index, "{ disk, EIO }", [&](int i) { return ReadName(i, &value->names.emplace_back()); },
            [&](int i) { return ReadErrno(i, &value->on_death.error); });
      case OptionType::kTargetFactor:
        return ReadPair(
            index, "{ disk, 10 }", [&](int i) { return ReadName(i, &value->names.emplace_back()); },
            [&](int i) {
              value->integer = lua_tointeger(L_, i);
              return value->integer >= 1 || Fail("the factor is a whole number, at least 1");
            });
      case OptionType::kSignalTarget:
        return ReadPair(
            index, "{ \"USR1\", app }",
            [&](int i) {
              if (lua_type(L_, i) != LUA_TSTRING) return Fail("the signal's name comes first");
              value->text = std::string(StringAt(L_, i));
              return true;
            },
            [&](int i) { return ReadName(i, &value->names.emplace_back()); });
      case OptionType::kFunction:
        if (lua_type(L_, index) != LUA_TFUNCTION) return Fail("a function is wanted");
        value->function = sink_.KeepFunction(L_, index, spec.name);
        return true;
      case OptionType::kTable:
        return ReadTable(index, spec, value);
      case OptionType::kDisk:
        if (lua_type(L_, index) == LUA_TTABLE) {
          value->text = "custom";
          return ReadTable(index, spec, value);
        }
        return ReadChoice(index, spec, &value->text);
      case OptionType::kProperties:
        return ReadProperties(index, value);
      case OptionType::kPlain: {
        bool plain = false;
        value->plain = PlainFromLua(L_, index, &plain);
        return plain || Fail("nil, a boolean, a number or a text is wanted");
      }
      case OptionType::kSweep:
        if (lua_type(L_, index) == LUA_TSTRING) {
          value->text = std::string(StringAt(L_, index));
          return true;
        }
        [[fallthrough]];
      case OptionType::kPlainList:
        if (lua_type(L_, index) != LUA_TTABLE) return Fail("a list is wanted");
        return ReadList(index, [&](int i) {
          bool plain = false;
          value->plains.push_back(PlainFromLua(L_, i, &plain));
          return plain || Fail("a list of booleans, numbers or texts is wanted");
        });
    }
    return false;
  }

  lua_State* L_;
  OptionSink& sink_;
  std::string_view inner_;
  std::string error_;
  std::string suggestion_;
};

// A value before anything is known of it.
OptionValue BlankValue(const OptionSpec& spec) {
  OptionValue value;
  value.spec = &spec;
  if (spec.type == OptionType::kTable || spec.type == OptionType::kDisk) {
    value.inner = std::make_shared<Options>(spec.inner);
  }
  return value;
}

// The default of a row, which is text as the documentation shows it.
void SetDefault(const OptionSpec& spec, OptionValue* value) {
  *value = BlankValue(spec);
  const std::string_view text = spec.default_text;
  if (text.empty()) return;
  switch (spec.type) {
    case OptionType::kBool:
      value->flag = text == "true";
      break;
    case OptionType::kInteger:
      value->integer = std::stoll(std::string(text));
      break;
    case OptionType::kDuration:
      value->integer = text == "never" || text == "forever" ? kForeverNs : ParseDuration(text).value();
      break;
    case OptionType::kDelay:
      value->delay = DistributionDecl::Constant(ParseDuration(text).value());
      break;
    case OptionType::kSize:
      value->integer = ParseBytes(text).value();
      break;
    case OptionType::kOnDeath:
      value->on_death.error = ErrnoByName(text).value();
      break;
    case OptionType::kArms:
      value->texts = {std::string(text)};
      break;
    case OptionType::kCountOrAll:
      break;
    default:
      value->text = std::string(text);
      break;
  }
}

void ReadInto(lua_State* L, int table, std::string_view owner, std::string_view inner, OptionSink& sink,
              std::span<const OptionSpec> specs, Options* options) {
  table = lua_absindex(L, table);
  ValueReader reader(L, sink, inner);
  const int64_t count = PushSortedKeys(L, table);
  const int keys = lua_gettop(L);
  for (int64_t i = 1; i <= count; ++i) {
    lua_settop(L, keys);
    lua_rawgeti(L, keys, i);
    if (lua_type(L, -1) != LUA_TSTRING) {
      lua_pushvalue(L, -1);
      lua_gettable(L, table);
      sink.Report("", inner, false,
                  fmt::format("{}: the value {} stands without a key", owner, ValueAsWritten(L, -1)), "");
      continue;
    }
    const std::string key(StringAt(L, -1));
    lua_pushvalue(L, -1);
    lua_gettable(L, table);
    const auto spec =
        std::find_if(specs.begin(), specs.end(), [&](const OptionSpec& one) { return one.name == key; });
    if (spec == specs.end()) {
      if (inner.empty() && sink.TakeUnknownKey(L, key, lua_gettop(L))) continue;
      std::vector<std::string_view> known;
      for (const OptionSpec& one : specs) known.push_back(one.name);
      if (inner.empty()) {
        for (std::string_view more : sink.MoreKeys()) known.push_back(more);
      }
      sink.Report(key, inner, false,
                  fmt::format("unknown key \"{}\" in {}{}", key, owner, AcceptedUnlessNear(key, known)),
                  Suggest(key, known));
      continue;
    }
    OptionValue value = BlankValue(*spec);
    if (reader.Read(lua_gettop(L), *spec, &value)) {
      value.given = true;
      options->at(key) = std::move(value);
    } else {
      // Reported; whoever asks sees the default, and no second error that it is missing.
      options->at(key).given = true;
    }
  }
  lua_settop(L, keys - 1);
}

Options ValueReader::ReadInner(int index, const OptionSpec& spec) {
  Options options(spec.inner);
  ReadInto(L_, index, fmt::format("\"{}\"", spec.name), spec.name, sink_, spec.inner, &options);
  return options;
}

}  // namespace

Options::Options(std::span<const OptionSpec> specs) : values_(specs.size()) {
  for (size_t i = 0; i < specs.size(); ++i) SetDefault(specs[i], &values_[i]);
}

const OptionValue& Options::operator[](std::string_view name) const {
  for (const OptionValue& value : values_) {
    if (value.spec->name == name) return value;
  }
  sim::CheckFailed(__FILE__, __LINE__, "no such option", name);
}

OptionValue& Options::at(std::string_view name) { return const_cast<OptionValue&>((*this)[name]); }

Options ReadOptions(lua_State* L, int table, std::span<const OptionSpec> specs, std::string_view owner,
                    OptionSink& sink) {
  Options options(specs);
  ReadInto(L, table, owner, {}, sink, specs, &options);
  return options;
}

std::optional<WaitMode> WaitModeByName(std::string_view name) {
  constexpr std::array<std::string_view, 7> kNames = {"D",    "killable", "S",   "idle",
                                                      "fuse", "seccomp",  "spin"};
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<WaitMode>(i);
  }
  return std::nullopt;
}

}  // namespace model
