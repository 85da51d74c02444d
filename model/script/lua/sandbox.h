// SPDX-License-Identifier: Apache-2.0
//
// A Lua 5.4 state in which a scenario can do no harm and every run is the same.
//
// Absent: os, io, debug, package, print, load and its kin, collectgarbage, rawset,
// math.random and what libm computes differently per platform, string.dump and pack,
// __gc and weak tables. Replaced: pairs and next walk sorted keys (numbers ascending,
// then texts by byte), tostring and %s show no address, table.sort is a stable merge
// sort, pcall cannot catch a limit, coroutine.resume lets a wait of the simulation pass
// through, and catches the limits of a Meter but not those of the sandbox. Globals and libraries are
// read-only; an unknown name is an error with a suggestion.
//
// Limits: memory is counted by the allocator; instructions by a hook, plus what C
// functions cost that loop over their argument, plus what large blocks of memory cost. Both end in an error
// that no pcall catches. The instruction count is reset by every word that reaches the simulation.
//
// Differs from stock Lua where a table has holes: `#` is one of the borders, as always in
// Lua, and which one depends on the history of the table only for tables without text keys.
//
// Threads: one state, one host thread.
#ifndef TXGSIM_MODEL_SCRIPT_LUA_SANDBOX_H_
#define TXGSIM_MODEL_SCRIPT_LUA_SANDBOX_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lua.hpp"

namespace model {

class Sandbox {
 public:
  struct Limits {
    int64_t memory_bytes = int64_t{256} << 20;
    int64_t instructions = 10'000'000;
  };

  explicit Sandbox(Limits limits);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // The sandbox of a state or of one of its coroutines.
  static Sandbox& Of(lua_State* L);

  lua_State* state() const { return state_; }
  const Limits& limits() const { return limits_; }

  // Runs `function` as a C function under pcall: the only way in from outside, since the
  // Lua API raises errors. Returns LUA_OK, or a status with the error value on the stack.
  int Protect(const std::function<void(lua_State*)>& function);

  // Counts what one coroutine, and those it makes, use while they run, and beyond the limits raises
  // an error that no pcall catches, and coroutine.resume does. Each coroutine has a count of its own
  // up to the next look, so what runs in many short ones is never counted. Instructions are looked at each
  // 100, and C functions count as their call; memory is what was allocated and not freed, 8 bytes a block on
  // top (OpenZFS module/zfs/zcp.c:zcp_lua_counthook, zcp_lua_alloc).
  struct Meter {
    int64_t max_instructions = 0;
    int64_t max_bytes = 0;
    int64_t instructions = 0;
    int64_t bytes = 0;
    int64_t refused_bytes = 0;  // A request that was refused and not granted since.
    bool timed_out() const { return instructions > max_instructions; }
    bool out_of_memory() const { return refused_bytes > 0; }
  };
  // From now on `coroutine` counts, whenever a meter is set.
  void Prepare(lua_State* coroutine);
  // While code that is metered runs; null: none is.
  void set_meter(Meter* meter) { meter_ = meter; }

  void ResetInstructionCount() { instructions_ = 0; }
  // Counts work that a C function is about to do. Raises the limit's error.
  void Charge(lua_State* L, int64_t steps);

  // True once a limit was hit: from then on every error passes every pcall.
  bool limit_hit() const {
    return own_limit_hit() || (meter_ != nullptr && (meter_->timed_out() || meter_->out_of_memory()));
  }
  // A limit of the sandbox itself, which ends the scenario, and no program.
  bool own_limit_hit() const { return limit_hit_ || refused_bytes_ > 0; }
  std::string limit_text() const;
  // Where the main state was when memory was refused: 0 if it ran no code of the file then.
  int refused_at_line() const { return refused_at_line_; }

  // Adds a global; the value is on top of the stack and is popped. `hidden` ones are not
  // suggested for misspelt names.
  void SetGlobal(lua_State* L, const char* name);
  // Pushes the table that scripts see as _ENV: reads find globals, writes are errors.
  void PushEnvironment(lua_State* L);
  bool IsGlobal(std::string_view name) const;
  const std::vector<std::string>& global_names() const { return global_names_; }
  // Why a name that stock Lua has is absent here, or an empty text.
  static std::string_view WhyAbsent(std::string_view name);

  // Under which chunks of this state are loaded: errors of C functions get the position
  // `chunk_name:LINE: ` that Lua gives to others.
  std::string chunk_name;

  // The owner of this state, for C functions that need more than the state.
  void* owner = nullptr;

 private:
  static void* Allocate(void* self, void* block, size_t old_size, size_t new_size);
  static void CountHook(lua_State* L, lua_Debug* record);
  // False: the meter's limit does not allow a block to grow so.
  bool TakeMetered(int64_t before, int64_t after);

  Limits limits_;
  lua_State* state_ = nullptr;
  int64_t used_bytes_ = 0;
  int64_t refused_bytes_ = 0;  // A request that was refused and not granted since.
  int refused_at_line_ = 0;
  int64_t instructions_ = 0;
  Meter* meter_ = nullptr;
  bool limit_hit_ = false;
  std::vector<std::string> global_names_;
};

// --- For the files that make up the sandbox and for those that add words ---------------

// "10,000,000"
std::string WithCommas(int64_t number);

// Raises an error with the position of the running line before the text.
[[noreturn]] void RaiseText(lua_State* L, std::string_view text);

// Pushes what tostring() answers: no addresses.
void PushToString(lua_State* L, int index);

// Turns the table on top of the stack into one that can only be read, in place: its
// contents move to a hidden table, and the table itself becomes an empty proxy. Reading,
// #, ipairs, pairs, next, table.concat and table.unpack work as before.
void FreezeTable(lua_State* L, std::string_view write_error);
// If the table at `index` is frozen, pushes its hidden table and returns true.
bool PushFrozenContents(lua_State* L, int index);

// Pushes an array of the keys of the table at `index` in the order of pairs(), and
// returns how many. Raises an error for a key that is neither a number nor a text.
int64_t PushSortedKeys(lua_State* L, int index);

// Checks that the running code can wait here; `word` is what wants to.
void CheckCanWait(lua_State* L, std::string_view word);

// Each opens its part of the library; called by the constructor only.
void OpenBaseLibrary(Sandbox& sandbox);
void OpenStringLibrary(Sandbox& sandbox);
void OpenTableLibrary(Sandbox& sandbox);
void OpenMathLibrary(Sandbox& sandbox);
void OpenCoroutineLibrary(Sandbox& sandbox);
// Replaces the table on top of the stack by a read-only view with errors for unknown
// members, which are called `name.MEMBER` there.
void MakeLibrary(lua_State* L, const char* name);
// True for such a view, and for the environment.
bool IsLibrary(lua_State* L, int index);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_LUA_SANDBOX_H_
