// SPDX-License-Identifier: Apache-2.0
//
// One use of a blocking word: where its operation finds arguments and leaves results.
//
// Arguments are read without raising Lua errors, since the operation runs outside of Lua.
// The first that is wrong ends the run as a scenario error with the line of the call.
// An operation returns at once when it has refused or failed.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_CALL_H_
#define TXGSIM_MODEL_SCRIPT_RUN_CALL_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "model/script/declare/options.h"
#include "model/script/run/body.h"
#include "model/script/run/world.h"

namespace model {

// { wait = , timeout = , io = , force = } of a wait.
struct WaitOptions {
  WaitMode mode = WaitMode::kD;
  bool mode_given = false;
  bool io = false;
  bool force = false;
  int64_t timeout_ns = kForeverNs;

  WaitSpec spec() const {
    WaitSpec spec{.kind = SleepKindOf(mode), .io = io};
    if (timeout_ns != kForeverNs) spec.timeout = sim::SimDuration::Nanos(timeout_ns);
    return spec;
  }
};

class OpCall {
 public:
  // Takes the word that the body waits in.
  explicit OpCall(BodyRun* body);
  OpCall(const OpCall&) = delete;
  OpCall& operator=(const OpCall&) = delete;

  BodyRun& body() const { return *body_; }
  World& world() const { return body_->world(); }
  RunThread& here() const { return body_->here(); }
  Thread* thread() const { return thread_; }
  // A job's body may be carried on by another thread than its own.
  void set_thread(Thread* thread) { thread_ = thread; }
  Machine& machine() const { return body_->world().machine(); }
  bool user_mode() const { return body_->user_mode(); }
  lua_State* lua() const { return L_; }
  int detail() const { return op_->detail; }
  const BlockingOp& op() const { return *op_; }
  const Word& word() const { return *word_; }

  // ---- Arguments; for a method, 1 is the object ----
  int count() const { return count_; }
  bool Absent(int index) const { return lua_isnoneornil(L_, index); }
  ThingRef Thing(int index) const { return ToThing(L_, index); }
  // Each returns nothing, and the call has failed, if the argument does not fit.
  std::optional<std::string> Text(int index);
  std::optional<int64_t> Integer(int index);
  // A duration: a quantity or a distribution, of which a value is drawn from a stream of this thread.
  std::optional<int64_t> Duration(int index);
  std::optional<int64_t> Bytes(int index);
  // nil, a boolean, a number or a text.
  std::optional<PlainValue> Plain(int index);
  // The function at `index`; with `own`, an instance of its own, for another thread.
  std::shared_ptr<LuaValues> Function(int index, bool own);
  // What the table of options of this word says at `index`, or `mode` and no time-out.
  std::optional<WaitOptions> Wait(int index, WaitMode mode);
  std::optional<Options> Table(int index);

  // Fails the call if the thread holds a spinlock: it must not sleep.
  bool MaySleep();

  // ---- Results ----
  void ReturnBool(bool value);
  void ReturnInteger(int64_t value);
  void ReturnNil();
  void ReturnThing(ThingRef thing);
  void ReturnPlain(const PlainValue& value);
  // `push` leaves its results on the stack and returns how many.
  void ReturnWith(const std::function<int(lua_State*)>& push);
  // The values on top of another coroutine.
  void ReturnMoved(lua_State* from, int results);
  // nil, errno: how user code sees a system call fail.
  void ReturnErrno(int error);
  // What pcall sees: how kernel code sees a wait fail.
  void Raise(int error);
  // As user or kernel code sees it, by the context.
  void Refuse(int error) { user_mode() ? ReturnErrno(error) : Raise(error); }
  // An error of the scenario at the line of the call.
  void Fail(std::string text);
  bool failed() const { return failed_; }

  // Runs `function` under protection; a Lua error (memory) fails the call.
  bool Protect(const std::function<void()>& function);
  // Leaves the results where the word's continuation takes them.
  void Finish();

 private:
  BodyRun* body_;
  Thread* thread_;
  lua_State* L_;
  const BlockingOp* op_;
  const Word* word_;
  int count_;
  int results_ = 0;
  int error_ = 0;
  bool failed_ = false;
};

void PushPlain(lua_State* L, const PlainValue& value);
// The scenario error for the innermost Lua line of `L`, at `word` if that stands there: "mutex:lock".
ScenarioError ErrorAtLine(World& world, lua_State* L, std::string text, std::string_view word = {});
// For words that answer at once: ends the run by a limit, and raises. The text says which.
[[noreturn]] void FailByLimit(World& world, lua_State* L, std::string_view word, std::string text);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_CALL_H_
