// SPDX-License-Identifier: Apache-2.0
//
// The declarations of a file while it runs: what the Lua program does becomes a Scenario.
//
// KIND "name" makes the thing at once, with an Entry that remembers where it stands and
// what is still to come: options, then a body. When the file has ended, Finish() fills in
// what was left out and checks what only the whole file can tell: that names exist, that
// every body is there, that no two bodies share a local.
//
// Nothing here throws for a wrong declaration: errors are collected, and the thing is made
// with defaults so that the file can go on. Only wrong calls (no name at all, a verb at
// the top of the file) are raised as errors of the Lua program.
//
// Internal to model/script.
#ifndef TXGSIM_MODEL_SCRIPT_DECLARE_DECLARE_H_
#define TXGSIM_MODEL_SCRIPT_DECLARE_DECLARE_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "lua.hpp"
#include "model/script/declare/options.h"
#include "model/script/declare/resolve.h"
#include "model/script/language/scenario.h"
#include "model/script/language/scenario_error.h"
#include "model/script/language/source_map.h"
#include "model/script/language/suggest.h"
#include "model/script/language/words.h"
#include "model/txg/tunables.h"
#include "sim/random.h"

namespace model {

class ScriptHost;

// One use of a declaring word.
struct Entry {
  const Word* word = nullptr;
  std::string name;
  ThingRef thing;     // kNone for words that declare no thing.
  ThingRef receiver;  // On which thing a part was declared.
  int line = 0;
  int32_t index = -1;  // In the vector of the scenario.
  bool options_given = false;
  bool body_given = false;
  BodyRef body = kNoBody;
};

class Declarations {
 public:
  // `arm_params` are those of the arm that is resolved.
  Declarations(ScriptHost& host, Scenario& scenario, const ResolveOptions& options,
               std::vector<std::pair<std::string, ParamValue>> arm_params);

  // --- Called from Lua ---------------------------------------------------------------

  // A declaring word was called with its first argument at `argument`. Pushes the thing,
  // or what takes options and body; returns the number of results.
  int Declare(lua_State* L, const Word& word, ThingRef receiver, int argument);
  // A thing was called with the arguments from index 2 on. Returns false if it is complete
  // and thus used as a function; else takes options or body and pushes the thing.
  bool Continue(lua_State* L, ThingRef thing);
  // The same for what Declare() pushed where there is no thing.
  void ContinueEntry(lua_State* L, size_t entry, int argument);
  // rng methods used by the file itself.
  int DrawAtTop(lua_State* L, const Word& word);
  int Param(lua_State* L, const Word& word);

  // --- Called by Resolve -------------------------------------------------------------

  // After the file has run.
  void Finish(lua_State* L);
  void Error(int line, SourceSpan span, std::string topic, std::string text, std::string suggestion = {});
  void AddError(ScenarioError error) { errors_.push_back(std::move(error)); }
  std::vector<ScenarioError> TakeErrors();
  bool has_errors() const { return !errors_.empty(); }

  // Locks and syscalls that no body can reach: (kind and name, position).
  struct Unused {
    std::string text;
    int line = 0;
    SourceSpan span;
  };
  const std::vector<Unused>& unused() const { return unused_; }

 private:
  class EntrySink;

  Entry& NewEntry(lua_State* L, const Word& word, std::string name, ThingRef receiver);
  void MakeThing(Entry& entry);
  void MakeNameless(Entry& entry, SourcePos pos, int32_t order);
  void MakePoolItem(Entry& entry);
  void CheckPoolLock(const Entry& entry);
  bool CheckName(lua_State* L, const Entry& entry);
  void CheckDuplicate(const Entry& entry);
  void CheckArmName(const Entry& entry);
  void TakeOptions(lua_State* L, Entry& entry, int table);
  void TakeBody(lua_State* L, Entry& entry, int function);
  BodyRef KeepBody(lua_State* L, int function, const Entry& entry, Context context);
  void Serve(lua_State* L, ThingRef server, int function);

  // From options to the scenario's struct; in declare_*.cc.
  void Fill(Entry& entry, const Options& options);
  void FillMachine(const Entry& entry, const Options& options);
  void FillThread(const Entry& entry, const Options& options);
  void FillCallback(const Entry& entry, const Options& options);
  void FillSync(const Entry& entry, const Options& options);
  void FillServer(const Entry& entry, const Options& options);
  void FillObject(const Entry& entry, const Options& options);
  void FillPool(const Entry& entry, const Options& options);
  void FillPoolItem(const Entry& entry, const Options& options);
  void FillLoad(const Entry& entry, const Options& options);
  void FillJob(const Entry& entry, const Options& options);
  void FillFault(const Entry& entry, const Options& options);
  void FillExpect(const Entry& entry, const Options& options);
  void TakeArmParams(lua_State* L, Entry& entry, int table);
  bool TakeTunable(lua_State* L, const Entry& entry, std::string_view key, int value);
  void SetTunable(PoolDecl& pool, std::string_view name, std::string text, int64_t value);
  const ParamDecl& DeclareImplicitDesign(const Entry& job);
  void SetParamValue(ParamDecl& param);
  void ReadParamOptions(lua_State* L, Entry& entry, ParamDecl& param);
  Options ReadFor(lua_State* L, int table, Entry& entry);
  EndersDecl Enders(const Entry& entry, const OptionValue& value);

  // Checks at the end; in declare_names.cc and declare_finish.cc.
  void CheckRequired(const Entry& entry, const Options& options);
  void CheckBodies();
  void CheckParams();
  void CheckArms();
  void CheckThreadNames(const Entry& entry, std::string_view key, const std::vector<std::string>& names);
  void CheckExpect(const Entry& entry);
  void CheckFault(const Entry& entry, const Named& target, std::string_view action);
  void CheckActions(const Entry& entry, std::string_view key, const std::vector<std::string>& actions);
  int32_t FindPool(std::string_view dataset) const;
  void CheckDataset(const Entry& entry, std::string_view key, const std::string& dataset, int32_t* pool);
  void FindUnused();
  std::vector<std::string> KnownThreads() const;
  std::vector<std::string> KnownThings() const;
  bool MayAppearAtRunTime(std::string_view thread) const;

  // Where an entry stands.
  int TokenOf(const Entry& entry) const;
  SourcePos PosOf(const Entry& entry) const;
  void ErrorAtName(const Entry& entry, std::string text, std::string suggestion = {});
  void ErrorAtKey(const Entry& entry, std::string_view key, std::string_view inner, bool at_value,
                  std::string text, std::string suggestion = {});
  // With the text inside the value of `key` marked.
  void ErrorInValue(const Entry& entry, std::string_view key, std::string_view inside, std::string text,
                    std::string suggestion = {});
  // About the file as a whole, such as a wrong --set.
  void FileError(std::string text, std::string suggestion = {});
  // `writers "db"`
  std::string Owner(const Entry& entry) const;

  ScriptHost& host_;
  Scenario& scenario_;
  const ResolveOptions& options_;
  std::vector<std::pair<std::string, ParamValue>> arm_params_;
  std::vector<std::string> unbuilt_names_;  // Of declarations of a later version.
  std::set<std::string> params_set_;        // --set names that a param took.
  std::vector<Entry> entries_;
  std::map<ThingRef, size_t> entry_of_thing_;
  std::set<std::pair<std::string, std::string>> names_;  // (kind, name)
  std::vector<std::function<void()>> later_;             // Checks for Finish().
  std::vector<sim::Stream> streams_;                     // Of scenario_.rngs.
  int machine_line_ = 0;
  int32_t order_ = 0;
  std::vector<ScenarioError> errors_;
  std::set<std::tuple<int, int, std::string>> reported_;
  std::vector<Unused> unused_;
};

// param, duration, bytes, rate and the distributions: functions that return a value.
int CallFileFunction(lua_State* L, const Word& word);

// The line of the innermost Lua function that runs on L.
int CurrentLine(lua_State* L);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_DECLARE_DECLARE_H_
