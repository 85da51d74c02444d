// SPDX-License-Identifier: Apache-2.0
#include "model/upcall/server.h"

#include <algorithm>
#include <utility>

#include "sim/hash.h"

namespace model {

ServerRequest::ServerRequest(Server* server, std::string op, const Thread* caller, std::any argument)
    : Call(ActorKind::kRequest, server->options().remote ? WaitableKind::kOutside : WaitableKind::kRequest,
           &server->machine(), server->name() + ":" + op, caller, std::move(argument)),
      server_(server),
      op_(std::move(op)) {}

const std::string& ServerRequest::reported_name() const { return server_->name(); }

void ServerRequest::Withdraw() { server_->Withdraw(this); }

void ServerRequest::AddAnswerers(const Thread* waiting, EnderSet* enders) const {
  if (state() == CallState::kQueued) {
    server_->AddTakersFor(waiting, enders);
    return;
  }
  EnderSet::Clause& clause = enders->NeedsAnyOf();
  clause.any_of.push_back(taker());
  server_->AddDying(waiting, &clause);
}

// The server's end of the line: a file of its process.
class Server::Connection final : public OpenFile {
 public:
  explicit Connection(Server* server) : server_(server) {}
  sim::Task<> Close(Thread* thread) override {
    server_->Disconnect(server_->options_.on_death, thread);
    co_return;
  }

 private:
  Server* server_;
};

Server::Server(Machine* machine, const std::string& name, Options options)
    : Crew(machine, {.process = options.remote ? nullptr : machine->CreateProcess(name),
                     .name = name,
                     .initial = options.remote ? 0 : options.threads,
                     .limit = options.threads,
                     .grow_below = 0,
                     .numbered = options.threads > 1}),
      options_(options),
      room_(this) {}

void Server::Serve(Handler handler) {
  SIM_CHECK_MSG(!options_.remote && handler_ == nullptr, name());
  handler_ = std::move(handler);
  process()->AddFile(std::make_shared<Connection>(this));
  Start();
}

sim::Task<Answer> Server::Request(Thread* thread, std::string op, std::any argument, CallWaitSpec wait) {
  while (connected_ && Full()) {
    const SleepKind kind = wait.kind == CallWait::kPlain ? SleepKind::kUninterruptible : SleepKind::kKillable;
    const int error = co_await thread->Wait(room_, {.kind = kind, .timeout = wait.timeout});
    if (error != 0) co_return Answer{.error = error, .value = {}};
  }
  std::shared_ptr<ServerRequest> request = Enqueue(thread, std::move(op), std::move(argument));
  const int error = co_await request->Await(thread, wait);
  if (error != 0) co_return Answer{.error = error, .value = {}};
  co_return request->answer();
}

std::shared_ptr<ServerRequest> Server::Submit(Thread* thread, std::string op, std::any argument) {
  if (!Full()) return Enqueue(thread, std::move(op), std::move(argument));
  auto request = std::make_shared<ServerRequest>(this, std::move(op), thread, std::move(argument));
  request->Abort(kEAGAIN, thread);
  return request;
}

std::shared_ptr<ServerRequest> Server::Enqueue(Thread* thread, std::string op, std::any argument) {
  auto request = std::make_shared<ServerRequest>(this, std::move(op), thread, std::move(argument));
  if (!connected_ && options_.on_death.has_value()) {
    request->Abort(kENOTCONN, thread);
    return request;
  }
  machine().Record(RecordKind::kRequest, thread, sim::HashName(name()),
                   static_cast<uint64_t>(CallState::kQueued));
  queue_.push_back(request);
  Admit(thread);
  return request;
}

sim::Task<> Server::ServeOne(Thread* thread) {
  const MachineProfile& profile = machine().profile();
  std::shared_ptr<ServerRequest> request = queue_.front();
  queue_.pop_front();
  taken_.push_back(request);
  request->Take(thread);
  LetOneIn(thread);
  // read() returns with the request, write() brings the answer, the next read() begins.
  ProcessFigures& figures = process()->figures;
  ++figures.callbacks;
  ++figures.crossings;
  figures.syscalls += 2;
  thread->Charge(profile.syscall_exit_ns);
  Answer answer = co_await handler_(thread, request);
  if (thread->killed()) co_return;
  thread->Charge(2 * profile.syscall_entry_ns + profile.syscall_exit_ns);
  co_await thread->Settle();
  if (thread->killed()) co_return;
  std::erase(taken_, request);
  request->Finish(std::move(answer), thread);
}

void Server::LetOneIn(Thread* waker) {
  if (!Full() && !room_.waiters().empty()) machine().Wake(room_.waiters().front(), 0, waker);
}

void Server::Withdraw(ServerRequest* request) {
  std::erase_if(queue_,
                [&](const std::shared_ptr<ServerRequest>& queued) { return queued.get() == request; });
  LetOneIn(nullptr);
}

void Server::Disconnect(std::optional<int> error, Thread* waker) {
  connected_ = false;
  if (!error.has_value()) return;
  for (const std::shared_ptr<ServerRequest>& request : pending()) request->Abort(*error, waker);
  queue_.clear();
  taken_.clear();
  machine().WakeAll(&room_, 0, waker);
}

void Server::Abort(Thread* waker) { Disconnect(options_.on_death.value_or(kECONNABORTED), waker); }

void Server::ReplyAll(const Answer& answer, Thread* waker) {
  for (const std::shared_ptr<ServerRequest>& request : pending()) request->Finish(answer, waker);
  queue_.clear();
  taken_.clear();
  machine().WakeAll(&room_, 0, waker);
}

std::vector<std::shared_ptr<ServerRequest>> Server::pending() const {
  std::vector<std::shared_ptr<ServerRequest>> all(queue_.begin(), queue_.end());
  for (const std::shared_ptr<ServerRequest>& request : taken_) {
    if (!request->ended()) all.push_back(request);
  }
  return all;
}

void Server::AddTakersFor(const Thread* waiting, EnderSet* enders) const {
  if (options_.remote || handler_ == nullptr) {
    enders->outside = true;
    enders->NeedsAnyOf();
    return;
  }
  AddTakers(enders);
  AddDying(waiting, &enders->all_of.back());
}

// A thread in its exit work closes the connection when it gets there, unless it is the
// one that waits.
void Server::AddDying(const Thread* waiting, EnderSet::Clause* clause) const {
  if (!connected_ || !options_.on_death.has_value()) return;
  for (const Thread* thread : threads()) {
    if (thread->exiting() && !thread->ended() && thread != waiting) clause->any_of.push_back(thread);
  }
}

void Server::Room::Enders(const Waiter& waiter, EnderSet* enders) const {
  server_->AddTakersFor(waiter.thread, enders);
}

}  // namespace model
