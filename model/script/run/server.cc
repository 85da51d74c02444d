// SPDX-License-Identifier: Apache-2.0
//
// The words of servers and of requests to them.
#include <utility>

#include "model/script/run/crossing.h"
#include "model/script/run/sync.h"
#include "model/script/run/words.h"

namespace model {
namespace {

WaitMode DeclaredWait(World& world, std::string_view server) {
  for (const ServerDecl& decl : world.scenario().servers) {
    if (decl.name == server) return decl.wait;
  }
  return WaitMode::kKillable;
}

CallWaitSpec SpecOf(const WaitOptions& wait) {
  CallWaitSpec spec{.kind = CallWaitOf(wait.mode), .io = wait.io, .force = wait.force};
  if (wait.timeout_ns != kForeverNs) spec.timeout = sim::SimDuration::Nanos(wait.timeout_ns);
  return spec;
}

// Whether the one table that was given holds options of the request and not its arguments.
bool IsOptionsTable(OpCall* call, int index) {
  lua_State* L = call->lua();
  if (!lua_istable(L, index)) return false;
  bool options = false;
  call->Protect([&] {
    const int64_t keys = PushSortedKeys(L, index);
    options = keys > 0;
    for (int64_t i = 1; i <= keys; ++i) {
      lua_rawgeti(L, -1, i);
      const bool known =
          lua_type(L, -1) == LUA_TSTRING && (std::string_view(lua_tostring(L, -1)) == "wait" ||
                                             std::string_view(lua_tostring(L, -1)) == "force" ||
                                             std::string_view(lua_tostring(L, -1)) == "timeout");
      options = options && known;
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  });
  return options;
}

// The arguments of a request: at most one value behind the name of the operation.
struct RequestCall {
  std::string op;
  RequestArguments arguments;
  WaitOptions wait;
};

std::optional<RequestCall> ReadRequest(OpCall* call, Server& server) {
  RequestCall request;
  const std::optional<std::string> op = call->Text(2);
  if (!op) return std::nullopt;
  request.op = *op;
  const bool options_third = call->count() == 3 && IsOptionsTable(call, 3);
  const int argument = options_third || call->count() < 3 ? 0 : 3;
  const std::optional<WaitOptions> wait =
      call->Wait(options_third ? 3 : 4, DeclaredWait(call->world(), server.name()));
  if (!wait) return std::nullopt;
  request.wait = *wait;
  call->Protect([&] {
    if (argument != 0) lua_pushvalue(call->lua(), argument);
    request.arguments.values = LuaValues::Take(&call->world().host(), call->lua(), argument != 0 ? 1 : 0);
  });
  if (call->failed()) return std::nullopt;
  return request;
}

void GiveReply(OpCall* call, int error, const std::any& value) {
  const auto* answer = std::any_cast<BodyAnswer>(&value);
  if (error != 0) {
    call->Raise(error);
  } else if (answer != nullptr && answer->values != nullptr) {
    call->ReturnWith([&](lua_State* L) { return answer->values->Push(L); });
  }
}

sim::Task<> Request(OpCall* call) {
  Server& server = *call->world().crossings().ServerOf(call->Thing(1));
  std::optional<RequestCall> request = ReadRequest(call, server);
  if (!request || !call->MaySleep()) co_return;
  TXGSIM_SCHEDULING_POINT(call, "request");
  const Answer answer = co_await server.Request(call->thread(), std::move(request->op),
                                                std::move(request->arguments), SpecOf(request->wait));
  GiveReply(call, answer.error, answer.value);
}

sim::Task<> Submit(OpCall* call) {
  Server& server = *call->world().crossings().ServerOf(call->Thing(1));
  std::optional<RequestCall> request = ReadRequest(call, server);
  if (!request) co_return;
  TXGSIM_SCHEDULING_POINT(call, "submit");
  std::shared_ptr<ServerRequest> submitted =
      server.Submit(call->thread(), std::move(request->op), std::move(request->arguments));
  call->ReturnThing(call->world().crossings().AddRequest(std::move(submitted)));
}

sim::Task<> WaitRequest(OpCall* call) {
  const std::shared_ptr<ServerRequest> request = call->world().crossings().SharedRequest(call->Thing(1));
  const std::optional<WaitOptions> wait =
      call->Wait(2, DeclaredWait(call->world(), request->server().name()));
  if (!wait || !call->MaySleep()) co_return;
  const int error = co_await request->Await(call->thread(), SpecOf(*wait));
  GiveReply(call, error != 0 ? error : request->answer().error, request->answer().value);
}

enum ControlDetail : int { kAbort, kPause, kResume };

// What a person or a supervisor does to a daemon.
sim::Task<> Control(OpCall* call) {
  Server& server = *call->world().crossings().ServerOf(call->Thing(1));
  call->thread()->EnterKernel();
  co_await call->thread()->Settle();
  switch (call->detail()) {
    case kAbort:
      server.Abort(call->thread());
      break;
    case kPause:
      server.SetPaused(true, call->thread());
      break;
    case kResume:
      server.SetPaused(false, call->thread());
      break;
  }
  co_await call->thread()->ReturnToUser();
}

ServerRequest& RequestAt(lua_State* L) {
  return BodyOf(L).world().crossings().RequestOf(CheckThing(L, 1, ThingKind::kRequest, "request"));
}

int PushOp(lua_State* L) {
  lua_pushstring(L, RequestAt(L).op().c_str());
  return 1;
}

int PushArguments(lua_State* L) {
  const auto& arguments = std::any_cast<const RequestArguments&>(RequestAt(L).argument());
  if (arguments.values == nullptr || arguments.values->count() == 0) {
    lua_pushnil(L);
  } else {
    arguments.values->Push(L);
  }
  return 1;
}

int PushFrom(lua_State* L) {
  lua_pushstring(L, RequestAt(L).from().c_str());
  return 1;
}

int PushInterrupted(lua_State* L) {
  lua_pushboolean(L, RequestAt(L).interrupted() ? 1 : 0);
  return 1;
}

constexpr BlockingOp kRequestOp = {&Request};
constexpr BlockingOp kSubmitOp = {&Submit};
constexpr BlockingOp kWaitOp = {&WaitRequest};
constexpr BlockingOp kAbortOp = {&Control, kAbort};
constexpr BlockingOp kPauseOp = {&Control, kPause};
constexpr BlockingOp kResumeOp = {&Control, kResume};

}  // namespace

void BindServerWords(RuntimeTable* table) {
  table->BindBlocking("server:request", &kRequestOp);
  table->BindBlocking("server:submit", &kSubmitOp);
  table->BindBlocking("request:wait", &kWaitOp);
  table->BindBlocking("server:abort", &kAbortOp);
  table->BindBlocking("server:pause", &kPauseOp);
  table->BindBlocking("server:resume", &kResumeOp);
  table->BindImmediate("request.op", &PushOp);
  table->BindImmediate("request.args", &PushArguments);
  table->BindImmediate("request.from", &PushFrom);
  table->BindImmediate("request.interrupted", &PushInterrupted);
}

}  // namespace model
