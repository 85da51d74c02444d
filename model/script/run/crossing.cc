// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/crossing.h"

#include <utility>

#include "model/script/lua/sandbox.h"
#include "model/script/run/body.h"

namespace model {
namespace {

// The results on top of a body's coroutine, to be carried away.
std::shared_ptr<LuaValues> TakeResults(World* world, lua_State* from, int count) {
  std::shared_ptr<LuaValues> values;
  Sandbox& sandbox = world->host().sandbox();
  const int status =
      sandbox.Protect([&](lua_State*) { values = LuaValues::Take(&world->host(), from, count); });
  if (status != LUA_OK) {
    world->Fail(world->host().ErrorFrom(sandbox.state(), status));
    lua_pop(sandbox.state(), 1);
  }
  return values;
}

sim::Task<Answer> RunAndAnswer(World* world, std::unique_ptr<BodyRun> body, int arguments) {
  const BodyEnd end = co_await RunBody(body.get(), arguments);
  BodyAnswer answer{.error = end.error, .values = nullptr};
  if (end.kind == BodyEnd::Kind::kReturned) answer.values = TakeResults(world, body->lua(), end.results);
  co_return Answer{.error = 0, .value = std::move(answer)};
}

// One upcall of a declared callback, on whatever thread it runs.
sim::Task<Answer> RunCallback(World* world, int32_t index, Thread* thread, std::any argument) {
  const CallbackDecl& decl = world->scenario().callbacks[static_cast<size_t>(index)];
  RunThread& here = world->ThreadOf(thread);
  here.AddReach(world->ReachOf(world->host().Reachable(decl.body)));
  const char* frame = world->Intern(decl.name);
  auto body = BodyRun::OfBody(&here, {.context = kContextUser, .frame = frame}, decl.body);
  const int arguments = std::any_cast<const std::shared_ptr<LuaValues>&>(argument)->Push(body->lua());
  co_return co_await RunAndAnswer(world, std::move(body), arguments);
}

sim::Task<Answer> RunHandler(World* world, BodyRef handler, Thread* thread,
                             std::shared_ptr<ServerRequest> request) {
  RunThread& here = world->ThreadOf(thread);
  auto body = BodyRun::OfBody(&here, {.context = kContextUser}, handler);
  const ThingRef thing = world->crossings().AddRequest(request);
  Sandbox& sandbox = world->host().sandbox();
  const int status = sandbox.Protect([&](lua_State*) { PushThing(body->lua(), thing); });
  if (status != LUA_OK) world->Fail(world->host().ErrorFrom(sandbox.state(), status));
  Answer answer = co_await RunAndAnswer(world, std::move(body), 1);
  std::any_cast<RequestArguments&>(request->argument()).values.reset();
  // An errno of the handler is the reply, and raised where the request was made.
  if (answer.value.has_value()) answer.error = std::any_cast<const BodyAnswer&>(answer.value).error;
  co_return answer;
}

}  // namespace

CallWait CallWaitOf(WaitMode mode) {
  switch (mode) {
    case WaitMode::kD:
      return CallWait::kPlain;
    case WaitMode::kKillable:
      return CallWait::kKillable;
    case WaitMode::kS:
      return CallWait::kInterruptible;
    case WaitMode::kIdle:
      return CallWait::kIdle;
    case WaitMode::kFuse:
      return CallWait::kFuse;
    case WaitMode::kSeccomp:
      return CallWait::kSeccomp;
    case WaitMode::kSpin:
      return CallWait::kSpin;
  }
  return CallWait::kPlain;
}

CrossingTable::CrossingTable(World* world) : world_(world) {
  const Scenario& file = world->scenario();
  for (const DispatcherDecl& decl : file.dispatchers) {
    dispatchers_.push_back(std::make_unique<Dispatcher>(
        &world->machine(), decl.name,
        Dispatcher::Options{.width = static_cast<int>(decl.width), .limit = static_cast<int>(decl.limit)}));
    dispatchers_.back()->OnPark([world] { world->SomethingEnded(); });
  }
  for (size_t i = 0; i < file.callbacks.size(); ++i) {
    const CallbackDecl& decl = file.callbacks[i];
    Callback::Options options;
    options.place = decl.place == CallbackPlace::kHelper       ? UpcallPlace::kHelper
                    : decl.place == CallbackPlace::kDispatcher ? UpcallPlace::kDispatcher
                    : decl.place == CallbackPlace::kProcess    ? UpcallPlace::kProcess
                                                               : UpcallPlace::kInline;
    options.wait.kind = CallWaitOf(decl.wait);
    options.on_death = decl.on_death.nothing ? std::nullopt : std::optional<int>(decl.on_death.error);
    options.atomic = decl.atomic;
    if (decl.dispatcher >= 0) options.dispatcher = dispatchers_[static_cast<size_t>(decl.dispatcher)].get();
    callbacks_.push_back(std::make_unique<Callback>(
        &world->machine(), decl.name, options,
        [world, index = static_cast<int32_t>(i)](Thread* thread, std::any argument) {
          return RunCallback(world, index, thread, std::move(argument));
        }));
  }
  servers_.resize(file.servers.size());
}

void CrossingTable::StartServer(int32_t index) {
  const ServerDecl& decl = world_->scenario().servers[static_cast<size_t>(index)];
  Server::Options options;
  options.threads = static_cast<int>(decl.threads);
  options.on_death = decl.on_death.nothing ? std::nullopt : std::optional<int>(decl.on_death.error);
  options.capacity = decl.capacity < 0 ? 0 : static_cast<size_t>(decl.capacity);
  options.remote = decl.remote;
  auto& server = servers_[static_cast<size_t>(index)];
  server = std::make_unique<Server>(&world_->machine(), decl.name, options);
  if (decl.remote || decl.handler == kNoBody) return;
  server->OnPark([world = world_] { world->SomethingEnded(); });
  if (!decl.start) server->SetPaused(true, nullptr);
  server->Serve(
      [world = world_, handler = decl.handler](Thread* thread, std::shared_ptr<ServerRequest> request) {
        return RunHandler(world, handler, thread, std::move(request));
      });
  for (Thread* thread : server->threads()) {
    world_->ThreadOf(thread).AddReach(world_->ReachOf(world_->host().Reachable(decl.handler)));
  }
}

Server* CrossingTable::FindServer(std::string_view name) const {
  for (const std::unique_ptr<Server>& server : servers_) {
    if (server != nullptr && server->name() == name) return server.get();
  }
  return nullptr;
}

ThingRef CrossingTable::AddRequest(std::shared_ptr<ServerRequest> request) {
  auto& arguments = std::any_cast<RequestArguments&>(request->argument());
  if (arguments.index < 0) {
    arguments.index = static_cast<int32_t>(requests_.size());
    world_->Take(sizeof(ServerRequest));
    requests_.push_back(std::move(request));
  }
  return {ThingKind::kRequest, arguments.index};
}

bool CrossingTable::Idle() const {
  if (dispatched_ > 0) return false;
  for (const std::unique_ptr<Server>& server : servers_) {
    if (server == nullptr) return false;
    if (!server->options().remote && server->connected() && !server->pending().empty()) return false;
  }
  return true;
}

}  // namespace model
