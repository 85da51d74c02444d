// SPDX-License-Identifier: Apache-2.0
//
// Crossings of the line: callbacks into user code, dispatchers, servers and their requests.
//
// A callback or handler of the file becomes an UpcallBody or Server::Handler whose
// arguments and results travel as LuaValues inside the call's std::any. A body that raises
// an errno has answered: the errno is its answer, in BodyAnswer. Answer::error itself is
// for answers that never came: the wait was interrupted, or the answering thread has died.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_CROSSING_H_
#define TXGSIM_MODEL_SCRIPT_RUN_CROSSING_H_

#include <memory>
#include <string>
#include <vector>

#include "model/script/run/values.h"
#include "model/script/run/world.h"
#include "model/upcall/dispatcher.h"
#include "model/upcall/server.h"
#include "model/upcall/upcall.h"

namespace model {

// What a body of user code answered.
struct BodyAnswer {
  int error = 0;
  std::shared_ptr<LuaValues> values;  // Null where it raised.
};

// What a request carries.
struct RequestArguments {
  std::shared_ptr<LuaValues> values;
  int32_t index = -1;  // In the table of requests; -1: no Lua value stands for it yet.
};

class CrossingTable {
 public:
  explicit CrossingTable(World* world);

  Callback& CallbackOf(ThingRef thing) { return *callbacks_[static_cast<size_t>(thing.index)]; }
  Dispatcher& DispatcherOf(ThingRef thing) { return *dispatchers_[static_cast<size_t>(thing.index)]; }
  // Null before its place in the order of declaration has come.
  Server* ServerOf(ThingRef thing) { return servers_[static_cast<size_t>(thing.index)].get(); }
  Server* FindServer(std::string_view name) const;
  const std::vector<std::unique_ptr<Server>>& servers() const { return servers_; }
  void StartServer(int32_t index);

  ThingRef AddRequest(std::shared_ptr<ServerRequest> request);
  ServerRequest& RequestOf(ThingRef thing) { return *requests_[static_cast<size_t>(thing.index)]; }
  std::shared_ptr<ServerRequest> SharedRequest(ThingRef thing) {
    return requests_[static_cast<size_t>(thing.index)];
  }

  // No request or dispatched work is under way.
  bool Idle() const;
  void CountDispatched(int by) { dispatched_ += by; }

 private:
  World* world_;
  std::vector<std::unique_ptr<Dispatcher>> dispatchers_;
  std::vector<std::unique_ptr<Callback>> callbacks_;
  std::vector<std::unique_ptr<Server>> servers_;
  std::vector<std::shared_ptr<ServerRequest>> requests_;
  int dispatched_ = 0;
};

CallWait CallWaitOf(WaitMode mode);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_CROSSING_H_
