// SPDX-License-Identifier: Apache-2.0
//
// The words of rings: submit, wait, peek.
#include "model/script/run/ring.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fmt/format.h"
#include "model/ring/sendfile.h"
#include "model/script/run/device.h"
#include "model/script/run/pool.h"
#include "model/script/run/sync.h"
#include "model/script/run/words.h"

namespace model {
namespace {

// What stands with an operation beside the keys of all; those in front of the bar are required.
struct OpRow {
  std::string_view op;
  std::string_view required;
  std::string_view optional;
};
constexpr std::string_view kKeysOfAll = "op user_data link hardlink drain timeout";
constexpr auto kOps = std::to_array<OpRow>({
    {"nop", "", ""},
    {"timeout", "timeout", ""},
    {"poll", "", "from multishot"},
    {"fsync", "from", ""},
    {"sendfile", "from to size", "chunk"},
    {"cancel", "target", "graceful all"},
    {"message", "target text", ""},
    {"zfs", "command", ""},
    {"call", "syscall", "args unbounded"},
});

bool Contains(std::string_view keys, std::string_view key) {
  const std::vector<std::string_view> list = SplitChoices(keys);
  return std::find(list.begin(), list.end(), key) != list.end();
}

// Empty, or what is wrong.
std::string CheckKeys(const Options& options) {
  const std::string& op = options["op"].text;
  const auto row = std::find_if(kOps.begin(), kOps.end(), [&](const OpRow& one) { return one.op == op; });
  if (row == kOps.end()) return "op is missing";
  for (const OptionValue& value : options.values()) {
    const std::string_view key = value.spec->name;
    const bool fits =
        Contains(kKeysOfAll, key) || Contains(row->required, key) || Contains(row->optional, key);
    if (value.given && !fits) return fmt::format("{} does not stand with op = \"{}\"", key, op);
    if (!value.given && Contains(row->required, key)) return fmt::format("op = \"{}\" needs {}", op, key);
  }
  return {};
}

ThingRef ThingOf(const Options& options, std::string_view key) {
  const OptionValue& value = options[key];
  return value.names.empty() ? ThingRef{} : value.names[0].thing;
}

sim::Task<RingResult> ReturnAtOnce(int64_t res) { co_return RingResult{.res = res}; }

// What cannot be opened fails on the worker.
RingWork Fails(std::string_view name, int error) {
  return {.name = std::string(name), .body = [error](Thread*, RingRequest*) { return ReturnAtOnce(-error); }};
}

// A pool or dataset of the file system, opened.
struct OpenedDataset {
  int error = 0;
  Pool* pool = nullptr;
  ObjectId id = 0;
};
OpenedDataset OpenDataset(World& world, ThingRef thing) {
  OpenedDataset opened;
  const std::string& name = world.scenario().NameOf(thing);
  opened.pool = world.pools().module().FindPool(name);
  opened.error = opened.pool == nullptr ? kENOENT : opened.pool->tree().Lookup(name, &opened.id);
  return opened;
}

bool IsDataset(ThingRef thing) { return thing.kind == ThingKind::kDataset || thing.kind == ThingKind::kPool; }

sim::Task<RingResult> FsyncOn(Pool* pool, ObjectId dataset, Thread* worker) {
  co_await sim::FrameName{"io_fsync"};
  const int error = co_await pool->Fsync(worker, dataset);
  co_return RingResult{.res = -error};
}

// The worker plays the tool: its ioctls are system calls from user mode.
sim::Task<RingResult> RunCommand(World* world, std::string line, Thread* worker) {
  worker->SetMode(CpuMode::kUser);
  AdminResult result = co_await RunShellLine(world, worker, std::move(line));
  co_await worker->Settle();
  worker->SetMode(CpuMode::kKernel);
  co_return RingResult{
      .res = result.exit_code, .text = std::move(result.output), .failed = result.exit_code != 0};
}

sim::Task<RingResult> RunSyscall(World* world, int32_t index, std::vector<PlainValue> arguments,
                                 Thread* worker) {
  const SyscallDecl& decl = world->scenario().syscalls[static_cast<size_t>(index)];
  RunThread& here = world->ThreadOf(worker);
  here.AddReach(world->ReachOf({{ThingKind::kSyscall, index}}));
  auto body =
      BodyRun::OfBody(&here, {.context = kContextKernel, .frame = world->Intern(decl.name)}, decl.body);
  if (world->failed()) co_await Halt{};
  world->host().sandbox().Protect([&](lua_State*) {
    for (const PlainValue& argument : arguments) PushPlain(body->lua(), argument);
  });
  const BodyEnd end = co_await RunBody(body.get(), static_cast<int>(arguments.size()));
  co_await RunTaskWork(&here);
  if (!here.held.empty()) NoteHoldsAtReturn(&here);
  if (end.kind == BodyEnd::Kind::kErrno) co_return RingResult{.res = -end.error};
  RingResult result;
  if (end.results == 0) co_return result;
  lua_State* L = body->lua();
  const int first = lua_gettop(L) - end.results + 1;
  if (lua_isinteger(L, first) != 0) result.res = lua_tointeger(L, first);
  if (lua_type(L, first) == LUA_TSTRING) result.text = lua_tostring(L, first);
  co_return result;
}

std::optional<RingWork> SendfileOf(OpCall* call, const Options& options) {
  World& world = call->world();
  const ThingRef from = ThingOf(options, "from");
  const ThingRef to = ThingOf(options, "to");
  if (to.kind != ThingKind::kDevice || (from.kind != ThingKind::kDevice && !IsDataset(from))) {
    call->Fail("ring entry: sendfile goes from a dataset or device to a device");
    return std::nullopt;
  }
  SendfileOptions send = {.to = &world.devices().Of(to),
                          .bytes = options["size"].integer,
                          .chunk_bytes = options["chunk"].integer};
  if (from.kind == ThingKind::kDevice) {
    send.from_device = &world.devices().Of(from);
  } else {
    const OpenedDataset opened = OpenDataset(world, from);
    if (opened.error != 0) return Fails("sendfile", opened.error);
    send.from_pool = opened.pool;
  }
  return Sendfile(send);
}

// Nothing, and the call has failed, if something does not fit.
std::optional<RingWork> WorkOf(OpCall* call, const Options& options) {
  World* world = &call->world();
  const std::string& op = options["op"].text;
  if (op == "sendfile") return SendfileOf(call, options);
  RingWork work;
  work.name = op;
  if (op == "fsync") {
    const ThingRef from = ThingOf(options, "from");
    if (!IsDataset(from)) {
      call->Fail("ring entry: fsync is of a dataset");
      return std::nullopt;
    }
    const OpenedDataset opened = OpenDataset(*world, from);
    if (opened.error != 0) return Fails(op, opened.error);
    work.body = [opened](Thread* worker, RingRequest*) { return FsyncOn(opened.pool, opened.id, worker); };
  } else if (op == "zfs") {
    work.body = [world, line = options["command"].text](Thread* worker, RingRequest*) {
      return RunCommand(world, line, worker);
    };
  } else {
    const ThingRef syscall = ThingOf(options, "syscall");
    if (syscall.kind != ThingKind::kSyscall) {
      call->Fail("ring entry: call is of a declared syscall");
      return std::nullopt;
    }
    work.unbounded = options["unbounded"].flag;
    work.body = [world, index = syscall.index, arguments = options["args"].plains](
                    Thread* worker, RingRequest*) { return RunSyscall(world, index, arguments, worker); };
  }
  return work;
}

std::optional<Sqe> ReadSqe(OpCall* call, const Options& options) {
  if (const std::string wrong = CheckKeys(options); !wrong.empty()) {
    call->Fail(fmt::format("ring entry: {}", wrong));
    return std::nullopt;
  }
  const std::string& op = options["op"].text;
  Sqe sqe;
  sqe.user_data = options["user_data"].integer;
  sqe.link = options["link"].flag;
  sqe.hardlink = options["hardlink"].flag;
  sqe.drain = options["drain"].flag;
  if (options.given("timeout")) sqe.timeout = sim::SimDuration::Nanos(options["timeout"].integer);
  sqe.target = options["target"].integer;
  sqe.graceful = options["graceful"].flag;
  sqe.all = options["all"].flag;
  sqe.text = options["text"].text;
  sqe.multishot = options["multishot"].flag;
  if (op == "nop") {
    sqe.op = RingOp::kNop;
  } else if (op == "timeout") {
    sqe.op = RingOp::kTimeout;
  } else if (op == "cancel") {
    sqe.op = RingOp::kCancel;
  } else if (op == "message") {
    sqe.op = RingOp::kMessage;
  } else if (op == "poll") {
    sqe.op = RingOp::kPoll;
    const ThingRef from = ThingOf(options, "from");
    if (options.given("from") && from.kind != ThingKind::kQueue) {
      call->Fail("ring entry: poll is of a queue");
      return std::nullopt;
    }
    if (from.kind == ThingKind::kQueue) sqe.poll = call->world().sync().Of(from).queue.get();
  } else {
    sqe.op = RingOp::kWork;
    std::optional<RingWork> work = WorkOf(call, options);
    if (!work) return std::nullopt;
    sqe.work = *std::move(work);
  }
  return sqe;
}

sim::Task<> Submit(OpCall* call) {
  const std::optional<Options> options = call->Table(2);
  if (!options) co_return;
  std::optional<Sqe> sqe = ReadSqe(call, *options);
  if (!sqe) co_return;
  TXGSIM_SCHEDULING_POINT(call, "submit");
  call->world().Take(sizeof(RingRequest));
  const int error = co_await call->world().rings().Of(call->Thing(1)).Submit(call->thread(), *std::move(sqe));
  error == 0 ? call->ReturnBool(true) : call->ReturnErrno(error);
}

// uring:prepare { op = ... }: memory that is shared with the kernel is written, and nothing else happens.
sim::Task<> Prepare(OpCall* call) {
  const std::optional<Options> options = call->Table(2);
  if (!options) co_return;
  std::optional<Sqe> sqe = ReadSqe(call, *options);
  if (!sqe) co_return;
  call->world().Take(sizeof(RingRequest));
  Ring& ring = call->world().rings().Of(call->Thing(1));
  int error = co_await ring.Setup(call->thread());
  if (error == 0) error = ring.Prepare(*std::move(sqe));
  error == 0 ? call->ReturnBool(true) : call->ReturnErrno(error);
}

void GiveCompletion(OpCall* call, const std::optional<Cqe>& cqe) {
  if (!cqe) {
    call->ReturnNil();
    return;
  }
  call->ReturnWith([&](lua_State* L) {
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, cqe->user_data);
    lua_setfield(L, -2, "user_data");
    lua_pushinteger(L, cqe->res);
    lua_setfield(L, -2, "res");
    lua_pushboolean(L, cqe->more ? 1 : 0);
    lua_setfield(L, -2, "more");
    if (!cqe->text.empty()) {
      lua_pushlstring(L, cqe->text.data(), cqe->text.size());
      lua_setfield(L, -2, "text");
    }
    return 1;
  });
}

// uring:wait([n] [, { timeout = }])
sim::Task<> Wait(OpCall* call) {
  int64_t count = 1;
  int options = 2;
  if (lua_type(call->lua(), 2) == LUA_TNUMBER) {
    const std::optional<int64_t> given = call->Integer(2);
    if (!given) co_return;
    if (*given < 1) {
      call->Fail(fmt::format("ring:wait: {}: at least one completion is waited for", *given));
      co_return;
    }
    count = *given;
    options = 3;
  }
  const std::optional<WaitOptions> wait = call->Wait(options, WaitMode::kS);
  if (!wait) co_return;
  Ring& ring = call->world().rings().Of(call->Thing(1));
  const int error = co_await ring.WaitFor(call->thread(), count, wait->spec().timeout);
  if (error != 0) {
    call->ReturnErrno(error);
    co_return;
  }
  GiveCompletion(call, ring.Reap());
}

sim::Task<> Peek(OpCall* call) {
  Ring& ring = call->world().rings().Of(call->Thing(1));
  const std::optional<Cqe> cqe = co_await ring.Peek(call->thread());
  GiveCompletion(call, cqe);
}

constexpr BlockingOp kPrepare = {&Prepare};
constexpr BlockingOp kSubmit = {&Submit};
constexpr BlockingOp kWait = {&Wait};
constexpr BlockingOp kPeek = {&Peek};

}  // namespace

RingTable::RingTable(World* world) {
  for (const RingDecl& decl : world->scenario().rings) {
    rings_.push_back(
        std::make_unique<Ring>(&world->machine(), decl.name,
                               Ring::Options{.sizes = SizesOfRing(decl.entries, decl.cq_entries, false),
                                             .workers = static_cast<int>(decl.workers),
                                             .sqpoll = decl.sqpoll}));
  }
}

bool RingTable::Owns(const Thread* thread) const {
  return std::any_of(rings_.begin(), rings_.end(), [&](const std::unique_ptr<Ring>& ring) {
    const std::vector<Thread*> threads = ring->threads();
    return std::find(threads.begin(), threads.end(), thread) != threads.end();
  });
}

void BindRingWords(RuntimeTable* table) {
  table->BindBlocking("ring:prepare", &kPrepare);
  table->BindBlocking("ring:submit", &kSubmit);
  table->BindBlocking("ring:wait", &kWait);
  table->BindBlocking("ring:peek", &kPeek);
}

}  // namespace model
