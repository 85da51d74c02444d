// SPDX-License-Identifier: Apache-2.0
//
// Declared things used as functions: syscall, kfunc, callback.
#include <utility>

#include "fmt/format.h"
#include "model/script/run/crossing.h"
#include "model/script/run/words.h"
#include "sim/hash.h"

namespace model {
namespace {

// From user code into the kernel and back, on the same thread.
sim::Task<> CallSyscall(OpCall* call) {
  World& world = call->world();
  RunThread& here = call->here();
  Thread* thread = call->thread();
  const SyscallDecl& decl = world.scenario().syscalls[static_cast<size_t>(call->Thing(1).index)];
  const char* frame = world.Intern(decl.name);
  const uint64_t key = sim::HashName(decl.name);
  for (;;) {
    thread->EnterKernel();
    call->machine().Record(RecordKind::kSyscallEnter, thread, key);
    auto body = BodyRun::OfBody(&here, {.context = kContextKernel, .frame = frame}, decl.body);
    if (world.failed()) co_return;
    const int arguments = CopyValues(call->lua(), 2, body->lua());
    const BodyEnd end = co_await RunBody(body.get(), arguments);
    co_await RunTaskWork(&here);
    call->machine().Record(RecordKind::kSyscallExit, thread, key, static_cast<uint64_t>(end.error));
    co_await thread->ReturnToUser();
    if (!here.held.empty()) NoteHoldsAtReturn(&here);
    if (end.kind == BodyEnd::Kind::kReturned) {
      call->ReturnMoved(body->lua(), end.results);
      co_return;
    }
    if (end.error != kEINTR || !decl.restart || thread->killed()) {
      call->ReturnErrno(end.error);
      co_return;
    }
    co_await TakeSignals(&here);
  }
}

sim::Task<> CallKfunc(OpCall* call) {
  World& world = call->world();
  const KfuncDecl& decl = world.scenario().kfuncs[static_cast<size_t>(call->Thing(1).index)];
  auto body = BodyRun::OfBody(&call->here(), {.context = kContextKernel, .frame = world.Intern(decl.name)},
                              decl.body);
  if (world.failed()) co_return;
  const int arguments = CopyValues(call->lua(), 2, body->lua());
  const BodyEnd end = co_await RunBody(body.get(), arguments);
  if (end.kind == BodyEnd::Kind::kReturned) {
    call->ReturnMoved(body->lua(), end.results);
  } else {
    call->Raise(end.error);
  }
}

// From kernel code to user code, where the declaration says.
sim::Task<> CallCallback(OpCall* call) {
  World& world = call->world();
  Callback& callback = world.crossings().CallbackOf(call->Thing(1));
  const UpcallPlace place = callback.options().place;
  if (call->thread()->kernel_thread() && (place == UpcallPlace::kInline || place == UpcallPlace::kHelper)) {
    call->Fail(
        fmt::format("callback \"{}\" runs in the caller's process, and a kernel thread (\"{}\") has none",
                    callback.name(), call->thread()->name()));
    co_return;
  }
  std::shared_ptr<LuaValues> arguments;
  call->Protect([&] {
    const int count = CopyValues(call->lua(), 2, call->lua());
    arguments = LuaValues::Take(&world.host(), call->lua(), count);
  });
  if (call->failed()) co_return;
  TXGSIM_SCHEDULING_POINT(call, "callback");
  const CallResult result = co_await callback.Invoke(call->thread(), std::move(arguments));
  if (result.scheduled_while_atomic) {
    call->Fail(fmt::format("scheduling while atomic: callback \"{}\" sleeps while a spinlock is held",
                           callback.name()));
    co_return;
  }
  const auto* answer = std::any_cast<BodyAnswer>(&result.answer.value);
  if (result.answer.error != 0 || answer == nullptr) {
    call->Raise(result.answer.error != 0 ? result.answer.error : kECANCELED);
  } else if (answer->values == nullptr) {
    call->ReturnErrno(answer->error);
  } else {
    call->ReturnWith([&](lua_State* L) { return answer->values->Push(L); });
  }
}

enum DispatchDetail : int { kAsync, kSync };

sim::Task<Answer> RunDispatched(World* world, std::shared_ptr<LuaValues> function, Thread* thread) {
  RunThread& here = world->ThreadOf(thread);
  auto body = BodyRun::OfFunction(&here, {.context = kContextUser}, *function);
  here.AddReach(world->ReachOf(world->host().ReachableFrom(body->lua(), -1)));
  const BodyEnd end = co_await RunBody(body.get(), 0);
  world->crossings().CountDispatched(-1);
  BodyAnswer answer{.error = end.error, .values = nullptr};
  if (end.kind == BodyEnd::Kind::kReturned) {
    world->host().sandbox().Protect(
        [&](lua_State*) { answer.values = LuaValues::Take(&world->host(), body->lua(), end.results); });
  }
  co_return Answer{.error = 0, .value = std::move(answer)};
}

sim::Task<> Dispatch(OpCall* call) {
  World& world = call->world();
  std::shared_ptr<LuaValues> function = call->Function(2, true);
  if (function == nullptr) co_return;
  world.crossings().CountDispatched(1);
  std::shared_ptr<Upcall> upcall =
      world.crossings()
          .DispatcherOf(call->Thing(1))
          .Async(
              call->thread(),
              [world_pointer = &world](Thread* thread, std::any argument) {
                return RunDispatched(world_pointer,
                                     std::any_cast<std::shared_ptr<LuaValues>>(std::move(argument)), thread);
              },
              std::move(function));
  if (call->detail() == kAsync) co_return;
  const int error = co_await upcall->Await(call->thread(), {.kind = CallWait::kInterruptible});
  const auto* answer = std::any_cast<BodyAnswer>(&upcall->answer().value);
  if (error != 0 || answer == nullptr) {
    call->ReturnErrno(error != 0 ? error : upcall->answer().error);
  } else if (answer->values == nullptr) {
    call->ReturnErrno(answer->error);
  } else {
    call->ReturnWith([&](lua_State* L) { return answer->values->Push(L); });
  }
}

constexpr BlockingOp kSyscallCall = {&CallSyscall};
constexpr BlockingOp kKfuncCall = {&CallKfunc};
constexpr BlockingOp kCallbackCall = {&CallCallback};
constexpr BlockingOp kDispatchAsync = {&Dispatch, kAsync};
constexpr BlockingOp kDispatchSync = {&Dispatch, kSync};

}  // namespace

void BindCrossingWords(RuntimeTable* table) {
  table->BindBlocking("syscall:call", &kSyscallCall);
  table->BindBlocking("kfunc:call", &kKfuncCall);
  table->BindBlocking("callback:call", &kCallbackCall);
  table->BindBlocking("dispatcher:async", &kDispatchAsync);
  table->BindBlocking("dispatcher:sync", &kDispatchSync);
}

}  // namespace model
