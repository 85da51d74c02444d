// SPDX-License-Identifier: Apache-2.0
//
// Reading a table of options against the rows of the table of words.
//
// Every value comes out typed, with its default where it was left out. What is wrong is
// reported to an OptionSink and replaced by the default, so that one pass finds all
// errors of a declaration; verbs of running bodies use a sink that raises the first.
//
// Names of things stay names here: whether they exist is known when the file has ended.
#ifndef TXGSIM_MODEL_SCRIPT_DECLARE_OPTIONS_H_
#define TXGSIM_MODEL_SCRIPT_DECLARE_OPTIONS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lua.hpp"
#include "model/script/language/quantity.h"
#include "model/script/language/scenario.h"
#include "model/script/language/words.h"

namespace model {

// A thing, or the name of one.
struct Named {
  std::string text;  // The name; for a thing, its name.
  ThingRef thing;    // kNone if only a name was given.
};

class Options;

struct OptionValue {
  const OptionSpec* spec = nullptr;
  bool given = false;  // Not left out.
  bool flag = false;
  int64_t integer = 0;  // Integers, sizes, durations, errnos, byte rates.
  std::string text;
  std::vector<std::string> texts;
  std::vector<Named> names;
  DistributionDecl delay;
  Rate rate;
  OnDeath on_death;
  PlainValue plain;
  std::vector<PlainValue> plains;
  std::vector<std::pair<std::string, std::string>> properties;
  BodyRef function = kNoBody;
  std::shared_ptr<Options> inner;  // Of a table; never null for one.
};

class Options {
 public:
  // All left out.
  explicit Options(std::span<const OptionSpec> specs);

  // REQUIRES: `name` is one of the specs.
  const OptionValue& operator[](std::string_view name) const;
  OptionValue& at(std::string_view name);
  bool given(std::string_view name) const { return (*this)[name].given; }
  std::span<const OptionValue> values() const { return values_; }

 private:
  std::vector<OptionValue> values_;
};

// Where errors go and where functions are kept.
class OptionSink {
 public:
  virtual ~OptionSink() = default;
  // `inner` is the key of the table inside which `key` stands, or empty. `at_value`: the
  // value is to blame, else the key.
  virtual void Report(std::string_view key, std::string_view inner, bool at_value, std::string text,
                      std::string suggestion) = 0;
  // True if the value is written as a plain number in the source.
  virtual bool IsLiteralNumber(std::string_view key, std::string_view inner) = 0;
  virtual BodyRef KeepFunction(lua_State* L, int index, std::string_view key) = 0;
  // Takes a key that no spec has; returns false if it is unknown. `known` are more names
  // to suggest from.
  virtual bool TakeUnknownKey(lua_State* L, std::string_view key, int value) = 0;
  virtual std::vector<std::string_view> MoreKeys() { return {}; }
  // The name of a declared thing.
  virtual std::string NameOf(ThingRef thing) = 0;
};

// `owner` names whose options these are in messages: `writers "db"`.
Options ReadOptions(lua_State* L, int table, std::span<const OptionSpec> specs, std::string_view owner,
                    OptionSink& sink);

// A value as a scenario would write it: "text" in quotes, 4, true, process "app", { ... }.
std::string ValueAsWritten(lua_State* L, int index);

// One value, outside of a table: for arguments of verbs and functions. The error is the
// message without the value.
absl::StatusOr<int64_t> DurationFromLua(lua_State* L, int index);
absl::StatusOr<int64_t> BytesFromLua(lua_State* L, int index);
absl::StatusOr<Rate> RateFromLua(lua_State* L, int index);
absl::StatusOr<DistributionDecl> DelayFromLua(lua_State* L, int index);
PlainValue PlainFromLua(lua_State* L, int index, bool* ok);

// The Lua value of a distribution: made by uniform(), exponential() ...
void PushDistribution(lua_State* L, const DistributionDecl& distribution);
// Returns nullptr if the value is none.
const DistributionDecl* ToDistribution(lua_State* L, int index);

// --- For verbs of running bodies ----------------------------------------------------

// The arguments of the word that runs on L; each raises a Lua error that names the word,
// the value and what is accepted.
int64_t CheckDuration(lua_State* L, int index, const Word& word);
DistributionDecl CheckDelay(lua_State* L, int index, const Word& word);
int64_t CheckBytes(lua_State* L, int index, const Word& word);
PlainValue CheckPlain(lua_State* L, int index, const Word& word);
// The table of options at `index`, or all defaults if there is none.
Options CheckOptions(lua_State* L, int index, const Word& word);

// "D" -> kD; nothing for another text.
std::optional<WaitMode> WaitModeByName(std::string_view name);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_DECLARE_OPTIONS_H_
