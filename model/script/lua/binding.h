// SPDX-License-Identifier: Apache-2.0
//
// How the words of the language reach the code that performs them.
//
// The table of words (language/words.h) says which words exist and in which contexts they may
// be used; a RuntimeTable says what to call. Declarations work without one. Each running
// body is one Lua coroutine, and BodyContextOf(L) is the body that runs on it.
//
// A word is bound in one of two ways:
//
//   immediate: a plain lua_CFunction. It is called after the check of the context, sees
//     the arguments from index 1 (for a method, 1 is the object), and must not wait.
//   blocking: an opaque pointer. The word stores itself in BodyContext::pending_op, its
//     coroutine in pending_state, and yields. lua_resume() of `main` then returns
//     LUA_YIELD to the driver of the simulated thread, which
//       1. reads the arguments from pending_state, indices 1 .. lua_gettop();
//       2. performs the operation, however long that takes in simulated time;
//       3. pushes the results on pending_state and sets result_count, or sets
//          raise_errno, or pushes a text and sets raise_text;
//       4. resumes `main` with no arguments: lua_resume(main, nullptr, 0, &n).
//     The continuation then returns the results, or raises the errno as an integer
//     error value (what pcall sees), or the text as a scenario error with its line.
//
// pending_state differs from main where the word was used inside a coroutine that the
// body itself made: coroutine.resume passes the wait through to the driver.
//
// A word that waits inside a callback of a C function (the comparator of table.sort,
// the function given to string.gsub) is refused with a text that says so.
#ifndef TXGSIM_MODEL_SCRIPT_LUA_BINDING_H_
#define TXGSIM_MODEL_SCRIPT_LUA_BINDING_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/btree_map.h"
#include "lua.hpp"
#include "model/script/language/scenario.h"
#include "model/script/language/words.h"

namespace model {

class ScriptHost;

// The body that runs on a coroutine. The driver owns it and keeps it alive, unmoved, for
// as long as the coroutine may run.
struct BodyContext {
  // Fixed by the driver.
  Context context = kContextTop;
  std::string name;           // For messages: the thread, "app".
  lua_State* main = nullptr;  // The coroutine that the driver resumes.
  void* driver = nullptr;     // The driver's own.
  ScriptHost* host = nullptr;

  // Set by a blocking word before it yields.
  const Word* pending_word = nullptr;
  const void* pending_op = nullptr;  // RuntimeBinding::op of the word.
  lua_State* pending_state = nullptr;

  // Set by the driver before it resumes; cleared when they have been taken.
  int result_count = 0;
  int raise_errno = 0;
  bool raise_text = false;  // The text is on top of pending_state.
};

// The context of the code that runs on `L`; coroutines made by a body share its context.
inline BodyContext* BodyContextOf(lua_State* L) { return *static_cast<BodyContext**>(lua_getextraspace(L)); }
inline void SetBodyContext(lua_State* L, BodyContext* context) {
  *static_cast<BodyContext**>(lua_getextraspace(L)) = context;
}

struct RuntimeBinding {
  lua_CFunction immediate = nullptr;
  const void* op = nullptr;
};

// Names are those of the table of words: "sleep", "mutex:lock", "syscall:call" (the
// declared thing used as a function), "tx.txg" (a field), "mutex" (declared in a body).
class RuntimeTable {
 public:
  // REQUIRES: the word exists and is not bound yet.
  void BindImmediate(std::string_view word, lua_CFunction function);
  void BindBlocking(std::string_view word, const void* op);
  // Returns nullptr if the word is not bound.
  const RuntimeBinding* Find(std::string_view word) const;

 private:
  absl::btree_map<std::string, RuntimeBinding, std::less<>> bindings_;
};

// Runs the word as the user's call does: checks the context, then answers or yields.
// The C function of every verb and method; for the runtime's own wrappers.
int CallWord(lua_State* L, const Word& word, const RuntimeBinding* binding);

// `mutex:lock is for kernel code; here is user code ("app"): call it from a syscall`
std::string WrongContextText(const Word& word, const BodyContext& here);

// Pushes the Lua value of a thing: the same value each time for kinds that are declared, so
// that it can be a table's key; a new one (equal by ==) for kinds that only a run makes.
void PushThing(lua_State* L, ThingRef thing);
// Returns kNone if the value at `index` is no thing.
ThingRef ToThing(lua_State* L, int index);
// Raises `bad argument` naming `what` unless the value is a thing of that kind.
ThingRef CheckThing(lua_State* L, int index, ThingKind kind, std::string_view what);

// Makes the metatables of things and the globals of all words; once for a state.
void InstallWords(lua_State* L, const RuntimeTable* runtime);

// Raises an errno, as the continuation of a blocking word does.
[[noreturn]] void RaiseErrno(lua_State* L, int error);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_LUA_BINDING_H_
