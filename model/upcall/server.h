// SPDX-License-Identifier: Apache-2.0
//
// A server in user space: a daemon whose threads answer requests from the kernel.
//
//   Server sshfs(&machine, "sshfs", {.threads = 1});
//   sshfs.Serve(handler);
//   Answer answer = co_await sshfs.Request(thread, "GETATTR", {}, {.kind = CallWait::kFuse});
//
// Requests wait in one queue, unread until a thread takes them. The server holds a
// connection, which is a file of its process: when the process has exited so far that
// the file closes, all requests fail with `on_death` and new ones with ENOTCONN. A file
// that the process opened before is closed first, and its close may still send a
// request to the server that nobody will read.
//
// A request can own holds of locks (Lock::GiveTo); they are released when it ends.
//
// A remote server is outside the machine: it has no threads, and only a fault or an
// operator answers (ReplyAll, Abort).
//
// Source: linux fs/fuse/dev.c (queue, abort), Documentation/filesystems/fuse.rst.
// Differs from the real system: a capacity bounds the requests that wait to be read,
// where FUSE bounds background requests only.
#ifndef TXGSIM_MODEL_UPCALL_SERVER_H_
#define TXGSIM_MODEL_UPCALL_SERVER_H_

#include <any>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/sync/crew.h"
#include "model/upcall/call.h"

namespace model {

class Server;

class ServerRequest final : public Call {
 public:
  ServerRequest(Server* server, std::string op, const Thread* caller, std::any argument);

  const std::string& op() const { return op_; }
  Server& server() const { return *server_; }
  const std::string& reported_name() const override;
  const std::string& root_name() const override { return reported_name(); }

 private:
  friend class Server;
  void Withdraw() override;
  void AddAnswerers(const Thread* waiting, EnderSet* enders) const override;
  RecordKind record_kind() const override { return RecordKind::kRequest; }
  const std::string& record_name() const override { return reported_name(); }

  Server* server_;
  std::string op_;
};

class Server final : public Crew {
 public:
  using Handler = std::function<sim::Task<Answer>(Thread* thread, std::shared_ptr<ServerRequest> request)>;
  struct Options {
    int threads = 1;
    std::optional<int> on_death = kENOTCONN;  // Nothing: its waiters are forgotten.
    size_t capacity = 0;                      // Of the queue; 0: no limit.
    bool remote = false;
  };
  Server(Machine* machine, const std::string& name, Options options);

  const Options& options() const { return options_; }
  // Starts the threads. Files that the process has by then are closed before the connection.
  void Serve(Handler handler);
  bool connected() const { return connected_; }

  // Sends a request and waits, in kernel mode. Waits for room in the queue first.
  // error: the handler's, EINTR, ETIMEDOUT, on_death or ENOTCONN.
  sim::Task<Answer> Request(Thread* thread, std::string op, std::any argument, CallWaitSpec wait);
  // Sends a request without waiting; it has ended at once with EAGAIN if there is no room.
  std::shared_ptr<ServerRequest> Submit(Thread* thread, std::string op, std::any argument);

  // Fails every request, taken or not, and breaks the connection (umount -f, fusectl).
  void Abort(Thread* waker);
  // Answers every request, as someone outside would who makes the server work again.
  void ReplyAll(const Answer& answer, Thread* waker);

  // Not ended: queued first, in order of arrival, then taken.
  std::vector<std::shared_ptr<ServerRequest>> pending() const;

 private:
  friend class ServerRequest;
  class Connection;
  // Waited on for room in the queue.
  class Room final : public Waitable {
   public:
    explicit Room(Server* server) : Waitable(WaitableKind::kQueue, server->name()), server_(server) {}
    void Enders(const Waiter& waiter, EnderSet* enders) const override;

   private:
    Server* server_;
  };

  size_t QueuedItems() const override { return queue_.size(); }
  sim::Task<> ServeOne(Thread* thread) override;
  bool Full() const { return options_.capacity != 0 && queue_.size() >= options_.capacity; }
  std::shared_ptr<ServerRequest> Enqueue(Thread* thread, std::string op, std::any argument);
  void LetOneIn(Thread* waker);
  void Disconnect(std::optional<int> error, Thread* waker);
  void Withdraw(ServerRequest* request);
  // Who can take what is queued, or break the connection by dying.
  void AddTakersFor(const Thread* waiting, EnderSet* enders) const;
  void AddDying(const Thread* waiting, EnderSet::Clause* clause) const;

  Options options_;
  Handler handler_;
  bool connected_ = true;
  std::deque<std::shared_ptr<ServerRequest>> queue_;
  std::vector<std::shared_ptr<ServerRequest>> taken_;
  Room room_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_UPCALL_SERVER_H_
