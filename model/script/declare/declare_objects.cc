// SPDX-License-Identifier: Apache-2.0
//
// Declarations of the machine, threads, crossings, locks, servers, workers, devices, files, rings.
#include "fmt/format.h"
#include "model/ring/entry.h"
#include "model/script/declare/declare.h"
#include "model/script/lua/script_host.h"
#include "sim/check.h"

namespace model {
namespace {

WaitMode WaitOf(const OptionValue& value) { return WaitModeByName(value.text).value(); }

CallbackPlace PlaceOf(const std::string& name) {
  if (name == "helper") return CallbackPlace::kHelper;
  if (name == "dispatcher") return CallbackPlace::kDispatcher;
  if (name == "process") return CallbackPlace::kProcess;
  return CallbackPlace::kInline;
}

// Appends an element with its name and place; returns its index.
template <typename Decl>
int32_t Append(std::vector<Decl>& to, const std::string& name, SourcePos pos) {
  Decl& decl = to.emplace_back();
  decl.name = name;
  decl.pos = pos;
  return static_cast<int32_t>(to.size() - 1);
}

}  // namespace

void Declarations::MakeThing(Entry& entry) {
  const SourcePos pos = PosOf(entry);
  const ThingKind kind = entry.word->kind;
  const int32_t order = order_++;
  switch (kind) {
    case ThingKind::kProcess:
    case ThingKind::kThread:
    case ThingKind::kOperator:
    case ThingKind::kKthread: {
      entry.index = Append(scenario_.threads, entry.name, pos);
      ThreadDecl& thread = scenario_.threads.back();
      thread.kind = kind;
      thread.order = order;
      thread.process = kind == ThingKind::kThread ? entry.receiver.index : entry.index;
      break;
    }
    case ThingKind::kSyscall:
      entry.index = Append(scenario_.syscalls, entry.name, pos);
      break;
    case ThingKind::kKfunc:
      entry.index = Append(scenario_.kfuncs, entry.name, pos);
      break;
    case ThingKind::kCallback:
      entry.index = Append(scenario_.callbacks, entry.name, pos);
      break;
    case ThingKind::kDispatcher:
      entry.index = Append(scenario_.dispatchers, entry.name, pos);
      scenario_.dispatchers.back().order = order;
      break;
    case ThingKind::kServer:
      entry.index = Append(scenario_.servers, entry.name, pos);
      scenario_.servers.back().order = order;
      break;
    case ThingKind::kWorkers:
      entry.index = Append(scenario_.workers, entry.name, pos);
      scenario_.workers.back().order = order;
      break;
    case ThingKind::kDevice:
      entry.index = Append(scenario_.devices, entry.name, pos);
      scenario_.devices.back().order = order;
      break;
    case ThingKind::kFile:
      entry.index = Append(scenario_.files, entry.name, pos);
      break;
    case ThingKind::kRing:
      entry.index = Append(scenario_.rings, entry.name, pos);
      break;
    case ThingKind::kPool:
      entry.index = Append(scenario_.pools, entry.name, pos);
      scenario_.pools.back().order = order;
      break;
    case ThingKind::kPoolLock:
      entry.index = static_cast<int32_t>(scenario_.pool_locks.size());
      scenario_.pool_locks.push_back({.pool = entry.receiver.index, .lock = entry.name, .pos = pos});
      CheckPoolLock(entry);
      break;
    case ThingKind::kLoad:
      entry.index = Append(scenario_.loads, entry.name, pos);
      scenario_.loads.back().order = order;
      scenario_.loads.back().reads = entry.word->name == "readers";
      break;
    case ThingKind::kJob:
      entry.index = Append(scenario_.jobs, entry.name, pos);
      scenario_.jobs.back().order = order;
      break;
    case ThingKind::kRng:
      entry.index = Append(scenario_.rngs, entry.name, pos);
      break;
    case ThingKind::kDataset:
    case ThingKind::kSnapshot:
    case ThingKind::kBookmark:
      MakePoolItem(entry);
      break;
    case ThingKind::kNone:
      MakeNameless(entry, pos, order);
      break;
    default:
      SIM_CHECK(kind >= ThingKind::kMutex && kind <= ThingKind::kShared);
      entry.index = Append(scenario_.sync_objects, entry.name, pos);
      scenario_.sync_objects.back().kind = kind;
      scenario_.sync_objects.back().order = order;
      break;
  }
  if (kind != ThingKind::kNone) entry.thing = {kind, entry.index};
}

// Words that declare no thing: holds, faults, expectations, arms, the machine.
void Declarations::MakeNameless(Entry& entry, SourcePos pos, int32_t order) {
  const std::string_view word = entry.word->name;
  if (word == "fault") {
    entry.index = static_cast<int32_t>(scenario_.faults.size());
    scenario_.faults.emplace_back().pos = pos;
    scenario_.faults.back().order = order;
  } else if (word == "expect") {
    entry.index = static_cast<int32_t>(scenario_.expects.size());
    scenario_.expects.emplace_back().pos = pos;
    scenario_.expects.back().sentence = entry.name;
    scenario_.expects.back().arms = {"base"};
  } else if (word == "machine") {
    scenario_.machine.name = entry.name;
    scenario_.machine.pos = pos;
  } else if (ShortName(word) == "hold") {
    MakePoolItem(entry);
  } else {
    entry.index = Append(scenario_.arms, entry.name, pos);
    scenario_.arms.back().kind = word == "variant"   ? ArmKind::kVariant
                                 : word == "control" ? ArmKind::kControl
                                                     : ArmKind::kFix;
  }
}

void Declarations::Fill(Entry& entry, const Options& options) {
  switch (entry.word->kind) {
    case ThingKind::kProcess:
    case ThingKind::kThread:
    case ThingKind::kOperator:
    case ThingKind::kKthread:
      return FillThread(entry, options);
    case ThingKind::kSyscall:
      scenario_.syscalls[static_cast<size_t>(entry.index)].restart = options["restart"].flag;
      return;
    case ThingKind::kCallback:
      return FillCallback(entry, options);
    case ThingKind::kServer:
      return FillServer(entry, options);
    case ThingKind::kDispatcher:
    case ThingKind::kWorkers:
    case ThingKind::kDevice:
    case ThingKind::kFile:
    case ThingKind::kRing:
      return FillObject(entry, options);
    case ThingKind::kPool:
      return FillPool(entry, options);
    case ThingKind::kDataset:
    case ThingKind::kSnapshot:
    case ThingKind::kBookmark:
      return FillPoolItem(entry, options);
    case ThingKind::kLoad:
      return FillLoad(entry, options);
    case ThingKind::kJob:
      return FillJob(entry, options);
    case ThingKind::kKfunc:
    case ThingKind::kPoolLock:
    case ThingKind::kRng:
      return;
    case ThingKind::kNone:
      if (entry.word->name == "machine") return FillMachine(entry, options);
      if (entry.word->name == "fault") return FillFault(entry, options);
      if (entry.word->name == "expect") return FillExpect(entry, options);
      if (ShortName(entry.word->name) == "hold") return FillPoolItem(entry, options);
      return;
    default:
      return FillSync(entry, options);
  }
}

void Declarations::FillMachine(const Entry& /*entry*/, const Options& options) {
  MachineDecl& machine = scenario_.machine;
  machine.cores = options["cores"].integer;
  machine.profile = machine.name == "ideal" && !options.given("profile") ? "ideal" : options["profile"].text;
  machine.memory_bytes = options["memory"].integer;
  machine.blocking_spin = options["blocking"].text == "spin";
  machine.spin_everything = options["spin_scope"].text == "all";
  machine.poll_fatal = options["poll_fatal"].flag;
  machine.scheduler = options["scheduler"].text;
  machine.preempt = options["preempt"].text;
  machine.hung_task_timeout_ns = options["hung_task_timeout"].integer;
  machine.stop_at_ns = options["stop_at"].integer;
  machine.slow_after_ns = options["slow_after"].integer;
  machine.laps = options["laps"].integer;
}

void Declarations::FillThread(const Entry& entry, const Options& options) {
  ThreadDecl& thread = scenario_.threads[static_cast<size_t>(entry.index)];
  thread.at = options["at"].delay;
  if (thread.kind == ThingKind::kKthread) thread.idle = options["idle"].flag;
  if (thread.kind == ThingKind::kProcess) {
    thread.nice = options["nice"].integer;
    thread.io_flusher = !options["flags"].texts.empty();
  }
}

void Declarations::FillCallback(const Entry& entry, const Options& options) {
  CallbackDecl& callback = scenario_.callbacks[static_cast<size_t>(entry.index)];
  callback.place = PlaceOf(options["place"].text);
  callback.wait = WaitOf(options["wait"]);
  callback.on_death = options["on_death"].on_death;
  callback.atomic = options["atomic"].flag;
  const bool on_dispatcher = callback.place == CallbackPlace::kDispatcher;
  if (!options.given("dispatcher")) {
    if (on_dispatcher) {
      ErrorAtKey(entry, "place", {}, true, "place = \"dispatcher\" needs dispatcher = the dispatcher");
    }
    return;
  }
  if (!on_dispatcher) {
    ErrorAtKey(entry, "dispatcher", {}, false, "dispatcher stands with place = \"dispatcher\" only");
    return;
  }
  if (options["dispatcher"].names.empty()) return;
  // The dispatcher may be declared further down.
  const Named named = options["dispatcher"].names[0];
  later_.push_back([this, entry, named] {
    std::vector<std::string> known;
    for (size_t i = 0; i < scenario_.dispatchers.size(); ++i) {
      known.push_back(scenario_.dispatchers[i].name);
      const bool same = named.thing.kind == ThingKind::kNone || named.thing.kind == ThingKind::kDispatcher;
      if (same && known.back() == named.text) {
        scenario_.callbacks[static_cast<size_t>(entry.index)].dispatcher = static_cast<int32_t>(i);
        return;
      }
    }
    ErrorAtKey(entry, "dispatcher", {}, true,
               fmt::format("dispatcher = \"{}\": no such dispatcher", named.text),
               Suggest(named.text, known));
  });
}

EndersDecl Declarations::Enders(const Entry& entry, const OptionValue& value) {
  EndersDecl enders;
  enders.given = value.given && !value.names.empty();
  std::vector<std::string> names;
  for (const Named& named : value.names) {
    if (named.thing.kind == ThingKind::kNone && named.text == "outside") {
      enders.outside = true;
    } else {
      names.push_back(named.text);
    }
  }
  enders.threads = names;
  if (!names.empty()) later_.push_back([this, entry, names] { CheckThreadNames(entry, "by", names); });
  return enders;
}

void Declarations::FillSync(const Entry& entry, const Options& options) {
  SyncDecl sync = scenario_.sync_objects[static_cast<size_t>(entry.index)];
  switch (sync.kind) {
    case ThingKind::kSpinlock:
      sync.irq = options["irq"].flag;
      break;
    case ThingKind::kRwsem:
      sync.fair = options["fair"].flag;
      break;
    case ThingKind::kRrwlock:
      sync.track_all = options["track_all"].flag;
      break;
    case ThingKind::kStriped:
    case ThingKind::kSemaphore:
      sync.count = options["count"].integer;
      break;
    case ThingKind::kCompletion:
    case ThingKind::kCondvar:
    case ThingKind::kWaitqueue:
      sync.by = Enders(entry, options["by"]);
      break;
    case ThingKind::kGate:
      sync.open = options["open"].flag;
      sync.by = Enders(entry, options["by"]);
      break;
    case ThingKind::kQueue:
      if (options["capacity"].integer > 0) sync.capacity = options["capacity"].integer;
      break;
    case ThingKind::kShared:
      sync.value = options["value"].plain;
      break;
    default:
      break;
  }
  scenario_.sync_objects[static_cast<size_t>(entry.index)] = sync;
}

void Declarations::FillServer(const Entry& entry, const Options& options) {
  ServerDecl& server = scenario_.servers[static_cast<size_t>(entry.index)];
  server.threads = options["threads"].integer;
  server.wait = WaitOf(options["wait"]);
  server.on_death = options["on_death"].on_death;
  if (options["capacity"].integer > 0) server.capacity = options["capacity"].integer;
  server.remote = options["remote"].flag;
  server.start = options["start"].flag;
}

void Declarations::FillObject(const Entry& entry, const Options& options) {
  const auto i = static_cast<size_t>(entry.index);
  if (entry.word->kind == ThingKind::kDispatcher) {
    DispatcherDecl& dispatcher = scenario_.dispatchers[i];
    dispatcher.width = options["width"].integer;
    dispatcher.limit = options["limit"].integer;
  } else if (entry.word->kind == ThingKind::kWorkers) {
    WorkersDecl& workers = scenario_.workers[i];
    workers.count = options["count"].integer;
    workers.max = options["max"].integer > 0 ? options["max"].integer : workers.count;
    workers.rescuer = options["rescuer"].flag;
    if (workers.max < workers.count) {
      ErrorAtKey(entry, "max", {}, true,
                 fmt::format("max = {}: at least count, which is {}", workers.max, workers.count));
    }
  } else if (entry.word->kind == ThingKind::kDevice) {
    DeviceDecl device = scenario_.devices[i];
    device.service = options["service"].delay;
    if (options["bandwidth"].integer > 0) device.bandwidth_bytes_per_s = options["bandwidth"].integer;
    device.depth = options["depth"].integer;
    device.flush = options["flush"].delay;
    device.by = Enders(entry, options["by"]);
    scenario_.devices[i] = device;
  } else if (entry.word->kind == ThingKind::kRing) {
    RingDecl& ring = scenario_.rings[i];
    ring.entries = options["entries"].integer;
    ring.cq_entries = options["cq_entries"].integer;
    ring.workers = options["workers"].integer;
    ring.sqpoll = options["sqpoll"].flag;
    if (SizesOfRing(ring.entries, ring.cq_entries, false).error != 0) {
      ErrorAtKey(
          entry, "cq_entries", {}, true,
          fmt::format("cq_entries = {}: at least entries, which is {}", ring.cq_entries, ring.entries));
    }
  } else {
    scenario_.files[i].release = options["release"].function;
  }
}

}  // namespace model
