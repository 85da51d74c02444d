// SPDX-License-Identifier: Apache-2.0
//
// Single Lua values as quantities, distributions and plain values, and back to text.
#include <cmath>
#include <new>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "model/script/declare/options.h"
#include "model/script/language/source_map.h"
#include "model/script/lua/sandbox.h"
#include "model/script/lua/script_host.h"

namespace model {
namespace {

constexpr char kDistributionKey = 'd';

int DistributionToString(lua_State* L) {
  const DistributionDecl* distribution = ToDistribution(L, 1);
  const std::string text = distribution != nullptr ? distribution->DebugString() : "distribution";
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

// An integer that was computed, by duration() or bytes() say.
absl::StatusOr<int64_t> WholeNumber(lua_State* L, int index) {
  int whole = 0;
  const int64_t value = lua_tointegerx(L, index, &whole);
  if (whole == 0) return absl::InvalidArgumentError("must be a whole number");
  if (value < 0) return absl::InvalidArgumentError("must not be negative");
  return value;
}

std::string_view StringAt(lua_State* L, int index) {
  size_t length = 0;
  const char* text = lua_tolstring(L, index, &length);
  return {text, length};
}

[[noreturn]] void RaiseArgument(lua_State* L, int index, const Word& word, std::string_view message) {
  RaiseText(L, fmt::format("{}: {}: {}", word.name, ValueAsWritten(L, index), message));
}

// True if the running line calls the word with a plain number: `sleep(5)`.
bool CalledWithLiteral(lua_State* L, int index, const Word& word) {
  if (lua_type(L, index) != LUA_TNUMBER || lua_tonumber(L, index) == 0) return false;
  lua_Debug record;
  for (int level = 0; lua_getstack(L, level, &record) != 0; ++level) {
    lua_getinfo(L, "l", &record);
    if (record.currentline < 0) continue;
    const auto* host = static_cast<const ScriptHost*>(Sandbox::Of(L).owner);
    return host != nullptr && host->source().CallHasLiteralNumber(record.currentline, ShortName(word.name));
  }
  return false;
}

// Raises the error that a table of options of a verb has.
class RaisingSink final : public OptionSink {
 public:
  explicit RaisingSink(lua_State* L) : L_(L) {}
  void Report(std::string_view /*key*/, std::string_view /*inner*/, bool /*at_value*/, std::string text,
              std::string suggestion) override {
    RaiseText(L_, suggestion.empty() ? text : fmt::format("{}; did you mean \"{}\"?", text, suggestion));
  }
  bool IsLiteralNumber(std::string_view /*key*/, std::string_view /*inner*/) override { return false; }
  BodyRef KeepFunction(lua_State* /*L*/, int /*index*/, std::string_view /*key*/) override { return kNoBody; }
  bool TakeUnknownKey(lua_State* /*L*/, std::string_view /*key*/, int /*value*/) override { return false; }
  std::string NameOf(ThingRef thing) override {
    const auto* host = static_cast<const ScriptHost*>(Sandbox::Of(L_).owner);
    return host != nullptr ? host->ThingName(thing) : std::string();
  }

 private:
  lua_State* L_;
};

}  // namespace

absl::StatusOr<int64_t> DurationFromLua(lua_State* L, int index) {
  if (lua_type(L, index) == LUA_TNUMBER) return WholeNumber(L, index);
  if (lua_type(L, index) != LUA_TSTRING)
    return absl::InvalidArgumentError("a duration is wanted, such as \"5ms\"");
  return ParseDuration(StringAt(L, index));
}

absl::StatusOr<int64_t> BytesFromLua(lua_State* L, int index) {
  if (lua_type(L, index) == LUA_TNUMBER) return WholeNumber(L, index);
  if (lua_type(L, index) != LUA_TSTRING)
    return absl::InvalidArgumentError("a size is wanted, such as \"64KiB\"");
  return ParseBytes(StringAt(L, index));
}

absl::StatusOr<Rate> RateFromLua(lua_State* L, int index) {
  if (lua_type(L, index) == LUA_TNUMBER) {
    const absl::StatusOr<int64_t> number = WholeNumber(L, index);
    if (!number.ok()) return number.status();
    return Rate{.per_second = *number, .in_bytes = true};
  }
  if (lua_type(L, index) != LUA_TSTRING)
    return absl::InvalidArgumentError("a rate is wanted, such as \"200MB/s\"");
  return ParseRate(StringAt(L, index));
}

absl::StatusOr<DistributionDecl> DelayFromLua(lua_State* L, int index) {
  if (const DistributionDecl* distribution = ToDistribution(L, index)) return *distribution;
  const absl::StatusOr<int64_t> constant = DurationFromLua(L, index);
  if (!constant.ok()) return constant.status();
  return DistributionDecl::Constant(*constant);
}

PlainValue PlainFromLua(lua_State* L, int index, bool* ok) {
  *ok = true;
  switch (lua_type(L, index)) {
    case LUA_TNIL:
      return std::monostate();
    case LUA_TBOOLEAN:
      return lua_toboolean(L, index) != 0;
    case LUA_TNUMBER:
      if (lua_isinteger(L, index) != 0) return static_cast<int64_t>(lua_tointeger(L, index));
      return lua_tonumber(L, index);
    case LUA_TSTRING:
      return std::string(StringAt(L, index));
    default:
      *ok = false;
      return std::monostate();
  }
}

void PushDistribution(lua_State* L, const DistributionDecl& distribution) {
  new (lua_newuserdatauv(L, sizeof(DistributionDecl), 0)) DistributionDecl(distribution);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kDistributionKey) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushcfunction(L, &DistributionToString);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, "distribution");
    lua_setfield(L, -2, "__name");
    // The only finaliser in the state: it frees the points of an empirical distribution.
    lua_pushcfunction(L, [](lua_State* state) {
      static_cast<DistributionDecl*>(lua_touserdata(state, 1))->~DistributionDecl();
      return 0;
    });
    lua_setfield(L, -2, "__gc");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kDistributionKey);
  }
  lua_setmetatable(L, -2);
}

const DistributionDecl* ToDistribution(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || lua_getmetatable(L, index) == 0) return nullptr;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kDistributionKey);
  const bool same = lua_rawequal(L, -1, -2) != 0;
  lua_pop(L, 2);
  return same ? static_cast<const DistributionDecl*>(lua_touserdata(L, index)) : nullptr;
}

std::string ValueAsWritten(lua_State* L, int index) {
  switch (lua_type(L, index)) {
    case LUA_TSTRING:
      return fmt::format("\"{}\"", StringAt(L, index));
    case LUA_TTABLE:
      return "{...}";
    default: {
      PushToString(L, index);
      std::string text(StringAt(L, -1));
      lua_pop(L, 1);
      return text;
    }
  }
}

int64_t CheckDuration(lua_State* L, int index, const Word& word) {
  if (CalledWithLiteral(L, index, word)) RaiseArgument(L, index, word, DurationUnitHelp());
  const absl::StatusOr<int64_t> value = DurationFromLua(L, index);
  if (!value.ok()) RaiseArgument(L, index, word, std::string(value.status().message()));
  return *value;
}

DistributionDecl CheckDelay(lua_State* L, int index, const Word& word) {
  if (const DistributionDecl* distribution = ToDistribution(L, index)) return *distribution;
  return DistributionDecl::Constant(CheckDuration(L, index, word));
}

int64_t CheckBytes(lua_State* L, int index, const Word& word) {
  if (CalledWithLiteral(L, index, word)) RaiseArgument(L, index, word, SizeUnitHelp());
  const absl::StatusOr<int64_t> value = BytesFromLua(L, index);
  if (!value.ok()) RaiseArgument(L, index, word, std::string(value.status().message()));
  return *value;
}

PlainValue CheckPlain(lua_State* L, int index, const Word& word) {
  bool plain = false;
  PlainValue value = PlainFromLua(L, index, &plain);
  if (!plain) RaiseArgument(L, index, word, "nil, a boolean, a number or a text is wanted");
  return value;
}

Options CheckOptions(lua_State* L, int index, const Word& word) {
  if (lua_isnoneornil(L, index)) return Options(word.options);
  if (lua_type(L, index) != LUA_TTABLE) RaiseArgument(L, index, word, "a table of options is wanted");
  RaisingSink sink(L);
  return ReadOptions(L, index, word.options, word.name, sink);
}

}  // namespace model
