// SPDX-License-Identifier: Apache-2.0
//
// The driver of one running body: a Lua coroutine on a simulated thread.
//
//   auto body = BodyRun::OfBody(&here, {.context = kContextKernel, .name = "prune"}, decl.body);
//   const int count = CopyValues(from, 2, body->lua());
//   BodyEnd end = co_await RunBody(body.get(), count);
//
// RunBody resumes the coroutine until it ends. A blocking word of binding.h stops it; the
// word's operation, a coroutine of the simulation, is then awaited on the same thread, so
// it may take simulated time, and nest: a call of a syscall runs its kernel body by another
// RunBody inside the operation. So the frames of a thread are those of its nested bodies,
// and FrameName shows their names.
//
// A body ends in one of three ways: it returns; it raises an errno (an integer error value)
// that nobody caught; or, in user mode only, its thread is killed and it is abandoned. Its
// <close> values run in all three. Kernel bodies are never abandoned: they unwind by the
// errno of the wait that the signal ended. Any other error is one of the scenario: it ends
// the run, and RunBody never returns.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_BODY_H_
#define TXGSIM_MODEL_SCRIPT_RUN_BODY_H_

#include <functional>
#include <memory>
#include <string>

#include "model/script/lua/binding.h"
#include "model/script/run/thread.h"
#include "model/script/run/values.h"
#include "sim/task.h"

namespace model {

class OpCall;
class World;
struct JobAnswer;
struct JobCall;
struct JobStep;

// What a blocking word does (RuntimeBinding::op points to one).
struct BlockingOp {
  sim::Task<> (*run)(OpCall* call);  // Null for words of jobs only.
  int detail = 0;                    // The word's own.
  // In a job (job.h), whose body is no code of a simulated thread: what is done at once; or
  // the step that the design carries out, and what the body gets for its answer.
  void (*at_once)(OpCall* call) = nullptr;
  void (*job_step)(OpCall* call, JobStep* step) = nullptr;
  void (*job_answer)(OpCall* call, const JobCall& asked, const JobAnswer& answer) = nullptr;
};

struct BodyEnd {
  enum class Kind : uint8_t { kReturned, kErrno, kKilled };
  Kind kind = Kind::kReturned;
  int error = 0;    // kErrno
  int results = 0;  // kReturned: on top of the body's coroutine.
};

class BodyRun {
 public:
  struct Options {
    Context context = kContextUser;
    const char* frame = nullptr;  // Name in stacks; interned. Null: shows nothing.
  };
  // A private instance of a body of the file.
  static std::unique_ptr<BodyRun> OfBody(RunThread* here, Options options, BodyRef ref);
  // A function that was kept (already an instance of its own).
  static std::unique_ptr<BodyRun> OfFunction(RunThread* here, Options options, const LuaValues& function);
  ~BodyRun();
  BodyRun(const BodyRun&) = delete;
  BodyRun& operator=(const BodyRun&) = delete;

  // The coroutine; the function is on it, arguments are pushed behind.
  lua_State* lua() const { return context_.main; }
  RunThread& here() const { return *here_; }
  World& world() const { return *here_->world; }
  bool user_mode() const { return context_.context == kContextUser; }
  BodyContext& context() { return context_; }
  const char* frame() const { return frame_; }

 private:
  friend sim::Task<BodyEnd> RunBody(BodyRun* body, int arguments);
  BodyRun(RunThread* here, Options options);
  static std::unique_ptr<BodyRun> Make(RunThread* here, Options options,
                                       const std::function<bool(lua_State*)>& push);
  // The coroutine has ended by the error on top of it.
  BodyEnd EndByError(int status);
  // Closes what it left open and ends it.
  void Abandon();

  RunThread* here_;
  const char* frame_;
  BodyContext context_;
};

// Runs the body to its end on the thread of `body`. REQUIRES: that thread is on a core.
sim::Task<BodyEnd> RunBody(BodyRun* body, int arguments);

// Runs the handlers of signals that have come, in user mode.
sim::Task<> TakeSignals(RunThread* here);

// The body that runs on `L`. REQUIRES: one does.
inline BodyRun& BodyOf(lua_State* L) { return *static_cast<BodyRun*>(BodyContextOf(L)->driver); }

// Suspends for good: the run is over.
struct Halt {
  bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) noexcept {}
  void await_resume() noexcept {}
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_BODY_H_
