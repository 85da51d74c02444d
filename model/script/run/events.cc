// SPDX-License-Identifier: Apache-2.0
//
// The words of events, queues and shared variables.
#include "fmt/format.h"
#include "model/script/language/words.h"
#include "model/script/lua/sandbox.h"
#include "model/script/run/sync.h"
#include "model/script/run/words.h"

namespace model {
namespace {

template <typename T>
T* EventOf(OpCall* call) {
  return static_cast<T*>(call->world().sync().Of(call->Thing(1)).event.get());
}

// Whether this thread may end waits on the object; fails the call if not.
bool MayEnd(OpCall* call) {
  SyncTable& sync = call->world().sync();
  const SyncTable::Object& object = sync.Of(call->Thing(1));
  if (sync.MayEnd(object.by, &call->here())) return true;
  std::string by = object.by.outside ? "outside" : "";
  for (const std::string& name : object.by.threads) by += (by.empty() ? "" : ", ") + name;
  call->Fail(
      fmt::format("{} is declared to be ended by {}; here is {}", object.name, by, call->thread()->name()));
  return false;
}

sim::Task<> WaitCompletion(OpCall* call) {
  auto wait = call->Wait(2, WaitMode::kD);
  if (!wait || !call->MaySleep()) co_return;
  TXGSIM_SCHEDULING_POINT(call, "wait");
  const IdleScope idle(&call->here(), &*wait);
  const int error = co_await EventOf<Completion>(call)->Wait(call->thread(), wait->spec());
  if (error != 0) call->Raise(error);
}

enum WakeDetail : int { kOne, kAll };

sim::Task<> Complete(OpCall* call) {
  if (!MayEnd(call)) co_return;
  TXGSIM_SCHEDULING_POINT(call, "complete");
  auto* completion = EventOf<Completion>(call);
  call->detail() == kAll ? completion->CompleteAll(call->thread()) : completion->Complete(call->thread());
}

// condvar:wait(mutex)
sim::Task<> WaitCondvar(OpCall* call) {
  const ThingRef thing = call->Thing(2);
  auto* mutex =
      thing.kind == ThingKind::kMutex ? static_cast<Mutex*>(call->world().sync().LockOf(thing)) : nullptr;
  auto wait = call->Wait(3, WaitMode::kD);
  if (!wait || !call->MaySleep()) co_return;
  if (mutex == nullptr || !mutex->HeldBy(call->thread())) {
    call->Fail("condvar:wait(mutex): the caller holds the mutex");
    co_return;
  }
  TXGSIM_SCHEDULING_POINT(call, "wait");
  const IdleScope idle(&call->here(), &*wait);
  const int error = co_await EventOf<CondVar>(call)->Wait(call->thread(), mutex, wait->spec());
  if (error != 0) call->Raise(error);
}

sim::Task<> WakeCondvar(OpCall* call) {
  if (!MayEnd(call)) co_return;
  TXGSIM_SCHEDULING_POINT(call, "signal");
  auto* condvar = EventOf<CondVar>(call);
  call->detail() == kAll ? condvar->Broadcast(call->thread()) : condvar->Signal(call->thread());
}

sim::Task<> SleepOnQueue(OpCall* call) {
  auto wait = call->Wait(2, WaitMode::kD);
  if (!wait || !call->MaySleep()) co_return;
  TXGSIM_SCHEDULING_POINT(call, "sleep");
  const IdleScope idle(&call->here(), &*wait);
  const int error = co_await EventOf<WaitQueue>(call)->Sleep(call->thread(), wait->spec());
  if (error != 0) call->Raise(error);
}

// Linux wait_event: on the queue before the look, so that a wake-up after it is not lost.
sim::Task<> WaitEvent(OpCall* call) {
  const std::shared_ptr<LuaValues> predicate = call->Function(2, false);
  if (predicate == nullptr) co_return;
  auto wait = call->Wait(3, WaitMode::kD);
  if (!wait || !call->MaySleep()) co_return;
  SyncTable::Object& object = call->world().sync().Of(call->Thing(1));
  for (;;) {
    const uint64_t wakes = object.wakes;
    std::unique_ptr<BodyRun> look =
        BodyRun::OfFunction(&call->here(), {.context = kContextKernel}, *predicate);
    const BodyEnd end = co_await RunBody(look.get(), 0);
    if (end.kind == BodyEnd::Kind::kErrno) {
      call->Raise(end.error);
      co_return;
    }
    if (end.results > 0 && lua_toboolean(look->lua(), -end.results) != 0) co_return;
    if (object.wakes != wakes) continue;
    const IdleScope idle(&call->here(), &*wait);
    const int error =
        co_await static_cast<WaitQueue*>(object.event.get())->Sleep(call->thread(), wait->spec());
    if (error != 0) {
      call->Raise(error);
      co_return;
    }
  }
}

sim::Task<> WakeQueue(OpCall* call) {
  if (!MayEnd(call)) co_return;
  TXGSIM_SCHEDULING_POINT(call, "wake");
  ++call->world().sync().Of(call->Thing(1)).wakes;
  auto* queue = EventOf<WaitQueue>(call);
  call->detail() == kAll ? queue->WakeAll(call->thread()) : queue->WakeOne(call->thread());
}

sim::Task<> PassGate(OpCall* call) {
  auto wait = call->Wait(2, WaitMode::kD);
  if (!wait || !call->MaySleep()) co_return;
  TXGSIM_SCHEDULING_POINT(call, "pass");
  const IdleScope idle(&call->here(), &*wait);
  const int error = co_await EventOf<Gate>(call)->Pass(call->thread(), wait->spec());
  if (error != 0) call->Raise(error);
}

sim::Task<> CloseGate(OpCall* call) {
  TXGSIM_SCHEDULING_POINT(call, "close");
  EventOf<Gate>(call)->Close();
}

sim::Task<> OpenGate(OpCall* call) {
  if (!MayEnd(call)) co_return;
  TXGSIM_SCHEDULING_POINT(call, "open");
  EventOf<Gate>(call)->Open(call->thread());
}

// Messages are plain values or things, so that no state is shared behind the explorer's back.
sim::Task<> Put(OpCall* call) {
  const std::optional<PlainValue> value = call->Plain(2);
  auto wait = call->Wait(3, WaitMode::kS);
  if (!value || !wait || !call->MaySleep()) co_return;
  TXGSIM_SCHEDULING_POINT(call, "put");
  const int error =
      co_await call->world().sync().Of(call->Thing(1)).queue->Put(call->thread(), *value, wait->spec());
  if (error != 0) {
    call->Refuse(error);
  } else {
    call->ReturnBool(true);
  }
}

sim::Task<> Get(OpCall* call) {
  auto wait = call->Wait(2, WaitMode::kS);
  if (!wait || !call->MaySleep()) co_return;
  TXGSIM_SCHEDULING_POINT(call, "get");
  const IdleScope idle(&call->here(), &*wait);
  MessageQueue::Received received =
      co_await call->world().sync().Of(call->Thing(1)).queue->Get(call->thread(), wait->spec());
  if (received.error != 0) {
    call->Refuse(received.error);
  } else {
    call->ReturnPlain(std::any_cast<const PlainValue&>(received.message));
  }
}

enum SharedDetail : int { kGet, kSet, kAdd, kCas };

sim::Task<> AccessShared(OpCall* call) {
  Shared* shared = call->world().sync().Of(call->Thing(1)).shared.get();
  std::optional<PlainValue> a, b;
  if (call->detail() != kGet) a = call->Plain(2);
  if (call->detail() == kCas) b = call->Plain(3);
  if (call->failed()) co_return;
  TXGSIM_SCHEDULING_POINT(call, "access");
  switch (call->detail()) {
    case kGet:
      call->ReturnPlain(co_await shared->Get(call->thread()));
      break;
    case kSet:
      co_await shared->Set(call->thread(), *a);
      break;
    case kAdd: {
      const bool number = std::holds_alternative<int64_t>(*a) || std::holds_alternative<double>(*a);
      if (!number || !shared->is_number()) {
        call->Fail(fmt::format("shared:add: {} and what is added are numbers", shared->name()));
        break;
      }
      call->ReturnPlain(co_await shared->Add(call->thread(), *a));
      break;
    }
    case kCas:
      call->ReturnBool(co_await shared->Cas(call->thread(), *a, *b));
      break;
  }
}

// mutex, completion, shared declared in a body: the name, and then perhaps options of the thing.
template <ThingKind kKind>
int DeclareInBody(lua_State* L) {
  BodyRun& body = BodyOf(L);
  SyncTable& sync = body.world().sync();
  if (lua_type(L, 1) == LUA_TSTRING) {
    SyncDecl decl;
    decl.kind = kKind;
    decl.name = lua_tostring(L, 1);
    PushThing(L, sync.Make(std::move(decl), &body.here()));
    return 1;
  }
  const ThingRef thing = CheckThing(L, 1, kKind, KindName(kKind));
  SyncTable::Object& object = sync.Of(thing);
  if (object.made_by == nullptr) RaiseText(L, fmt::format("{} is declared already", object.name));
  const Options options = CheckOptions(L, 2, *FindWord(KindName(kKind)));
  if (kKind == ThingKind::kShared) {
    object.shared = std::make_unique<Shared>(&body.world().machine(), object.name, options["value"].plain);
  }
  if (kKind == ThingKind::kCompletion && options.given("by")) {
    object.by.given = true;
    for (const Named& name : options["by"].names) {
      if (name.text == "outside") {
        object.by.outside = true;
      } else {
        object.by.threads.push_back(name.text);
      }
    }
  }
  lua_settop(L, 1);
  return 1;
}

constexpr BlockingOp kCompletionWait = {&WaitCompletion};
constexpr BlockingOp kCompletionComplete = {&Complete, kOne};
constexpr BlockingOp kCompletionCompleteAll = {&Complete, kAll};
constexpr BlockingOp kCondvarWait = {&WaitCondvar};
constexpr BlockingOp kCondvarSignal = {&WakeCondvar, kOne};
constexpr BlockingOp kCondvarBroadcast = {&WakeCondvar, kAll};
constexpr BlockingOp kQueueSleep = {&SleepOnQueue};
constexpr BlockingOp kQueueWaitEvent = {&WaitEvent};
constexpr BlockingOp kQueueWakeOne = {&WakeQueue, kOne};
constexpr BlockingOp kQueueWakeAll = {&WakeQueue, kAll};
constexpr BlockingOp kGatePass = {&PassGate};
constexpr BlockingOp kGateClose = {&CloseGate};
constexpr BlockingOp kGateOpen = {&OpenGate};
constexpr BlockingOp kQueuePut = {&Put};
constexpr BlockingOp kQueueGet = {&Get};
constexpr BlockingOp kSharedGet = {&AccessShared, kGet};
constexpr BlockingOp kSharedSet = {&AccessShared, kSet};
constexpr BlockingOp kSharedAdd = {&AccessShared, kAdd};
constexpr BlockingOp kSharedCas = {&AccessShared, kCas};

}  // namespace

IdleScope::IdleScope(RunThread* here, WaitOptions* wait) {
  if (here->declaration < 0) return;
  const ThreadDecl& decl = here->world->scenario().threads[static_cast<size_t>(here->declaration)];
  if (decl.kind != ThingKind::kKthread || !decl.idle) return;
  if (!wait->mode_given) wait->mode = WaitMode::kIdle;
  thread_ = here->thread;
  thread_->set_idles(true);
}

IdleScope::~IdleScope() {
  if (thread_ != nullptr) thread_->set_idles(false);
}

void BindEventWords(RuntimeTable* table) {
  table->BindImmediate("mutex", &DeclareInBody<ThingKind::kMutex>);
  table->BindImmediate("completion", &DeclareInBody<ThingKind::kCompletion>);
  table->BindImmediate("shared", &DeclareInBody<ThingKind::kShared>);
  table->BindImmediate("completion:call", &DeclareInBody<ThingKind::kCompletion>);
  table->BindImmediate("shared:call", &DeclareInBody<ThingKind::kShared>);
  table->BindBlocking("completion:wait", &kCompletionWait);
  table->BindBlocking("completion:complete", &kCompletionComplete);
  table->BindBlocking("completion:complete_all", &kCompletionCompleteAll);
  table->BindBlocking("condvar:wait", &kCondvarWait);
  table->BindBlocking("condvar:signal", &kCondvarSignal);
  table->BindBlocking("condvar:broadcast", &kCondvarBroadcast);
  table->BindBlocking("waitqueue:sleep", &kQueueSleep);
  table->BindBlocking("waitqueue:wait_event", &kQueueWaitEvent);
  table->BindBlocking("waitqueue:wake_one", &kQueueWakeOne);
  table->BindBlocking("waitqueue:wake_all", &kQueueWakeAll);
  table->BindBlocking("gate:pass", &kGatePass);
  table->BindBlocking("gate:close", &kGateClose);
  table->BindBlocking("gate:open", &kGateOpen);
  table->BindBlocking("queue:put", &kQueuePut);
  table->BindBlocking("queue:get", &kQueueGet);
  table->BindBlocking("shared:get", &kSharedGet);
  table->BindBlocking("shared:set", &kSharedSet);
  table->BindBlocking("shared:add", &kSharedAdd);
  table->BindBlocking("shared:cas", &kSharedCas);
}

}  // namespace model
