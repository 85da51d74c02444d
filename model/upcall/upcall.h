// SPDX-License-Identifier: Apache-2.0
//
// Callbacks: kernel code that calls user code and waits for what it says.
//
//   Callback decide(&machine, "decide", {.place = UpcallPlace::kHelper}, body);
//   CallResult result = co_await decide.Invoke(thread, argument);   // in kernel mode
//
// The places where the user code can run:
//
//   kInline      on the calling thread, on top of the system call; it dies with its
//                process, and the kernel frame below gets ECANCELED
//   kHelper      on one thread of the process, named as the callback, made when first
//                needed; calls are served in order
//   kDispatcher  on a pool of user threads that the machine shares (dispatcher.h)
//   kProcess     in a fresh process for each call, named as the callback
//
// The body gets the thread that runs it, in user mode. Like any body of a thread it
// returns at once when that thread has been killed; its answer is then dropped and the
// waiter gets `on_death`, or waits for ever if there is none.
//
// Source: linux kernel/umh.c for kProcess; Windows KeUserModeCallback for kInline.
// Differs from the real system: the waiter of kProcess has its answer when the user
// code ends, before the process' exit work.
#ifndef TXGSIM_MODEL_UPCALL_UPCALL_H_
#define TXGSIM_MODEL_UPCALL_UPCALL_H_

#include <any>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "model/upcall/call.h"

namespace model {

class Dispatcher;
class UpcallCrew;

using UpcallBody = std::function<sim::Task<Answer>(Thread* thread, std::any argument)>;

enum class UpcallPlace : uint8_t { kInline, kHelper, kDispatcher, kProcess };

// Who runs an upcall that is queued.
class UpcallRunner {
 public:
  virtual ~UpcallRunner() = default;
  virtual void Withdraw(Call* call) = 0;
  virtual void AddTakersOf(const Call& call, EnderSet* enders) const = 0;
};

class Upcall final : public Call {
 public:
  Upcall(Machine* machine, std::string name, const Thread* caller, UpcallBody body, std::any argument,
         std::optional<int> on_death);

  void set_runner(UpcallRunner* runner) { runner_ = runner; }
  // Takes the call, runs the body, answers. Without an answer if the thread was killed.
  static sim::Task<> Run(std::shared_ptr<Upcall> upcall, Thread* thread);
  // The thread that ran it is gone.
  void OnTakerDeath(Thread* waker);

 private:
  void Withdraw() override;
  void AddAnswerers(const Thread* waiting, EnderSet* enders) const override;
  RecordKind record_kind() const override { return RecordKind::kUpcall; }

  UpcallBody body_;
  std::optional<int> on_death_;
  UpcallRunner* runner_ = nullptr;
};

struct CallResult {
  Answer answer;  // error: the body's, EINTR, ETIMEDOUT or on_death.
  // The kernel held a spinlock and would have had to sleep; nothing was called.
  bool scheduled_while_atomic = false;
};

class Callback {
 public:
  struct Options {
    UpcallPlace place = UpcallPlace::kInline;
    CallWaitSpec wait;
    std::optional<int> on_death = kECANCELED;  // Nothing: the waiter is forgotten.
    bool atomic = false;                       // Declared to be called under a spinlock.
    Dispatcher* dispatcher = nullptr;          // REQUIRED for kDispatcher.
  };
  Callback(Machine* machine, std::string name, Options options, UpcallBody body);
  ~Callback();
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;

  const std::string& name() const { return name_; }
  const Options& options() const { return options_; }

  // Calls the user code for `thread`, which is in kernel mode, and waits as declared.
  // kInline and kHelper need a thread of a process.
  sim::Task<CallResult> Invoke(Thread* thread, std::any argument);
  // The helper of a process, or null if it has none yet.
  Thread* HelperOf(const Process* process) const;

 private:
  class FreshProcess;

  bool MustNotSleep(const Thread& thread) const;
  sim::Task<Answer> InvokeInline(Thread* thread, std::any argument);
  void Submit(std::shared_ptr<Upcall> upcall, Thread* thread);

  Machine* machine_;
  std::string name_;
  Options options_;
  UpcallBody body_;
  std::map<int, std::unique_ptr<UpcallCrew>> helpers_;  // By pid.
  std::vector<std::unique_ptr<FreshProcess>> fresh_;
};

// The name, or name/2, name/3 ... while a process of that name lives.
std::string FreeProcessName(const Machine& machine, const std::string& name);

}  // namespace model

#endif  // TXGSIM_MODEL_UPCALL_UPCALL_H_
