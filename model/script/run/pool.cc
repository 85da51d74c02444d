// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/pool.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "model/dataset/import.h"
#include "model/dataset/pool_builder.h"
#include "model/script/language/source_map.h"
#include "model/script/run/crossing.h"
#include "model/script/run/device.h"
#include "model/script/run/file.h"
#include "model/script/run/job.h"
#include "model/script/zcp/dialect.h"
#include "model/storage/disk_profile.h"

namespace model {
namespace {

// Members and parity of one top-level vdev.
struct Layout {
  VdevKind kind = VdevKind::kDisk;
  int64_t width = 1;
  int64_t parity = 0;
};

Layout LayoutOf(const PoolDecl& decl) {
  if (decl.layout == "stripe") return {};
  const int64_t width = decl.width > 0 ? decl.width : decl.disks;
  if (decl.layout == "mirror") return {VdevKind::kMirror, width, width - 1};
  return {VdevKind::kRaidz, width, decl.layout.back() - '0'};
}

// How many disks' worth of data there is room for.
int64_t DataDisks(const PoolDecl& decl) {
  const Layout layout = LayoutOf(decl);
  return decl.disks / layout.width * (layout.width - layout.parity);
}

Device::Options DeviceOptionsOf(const DiskDecl& disk) {
  if (const DiskProfile* profile = FindDiskProfile(disk.profile)) return profile->device;
  Device::Options options;
  options.read = options.write = options.flush = MakeDistribution(disk.service);
  options.bandwidth = disk.bandwidth_bytes_per_s.value_or(0);
  options.depth = static_cast<int>(disk.depth);
  return options;
}

VdevQueueLimits LimitsOf(const PoolTunables& t) {
  VdevQueueLimits limits;
  limits.max_active = t.zfs_vdev_max_active;
  const auto set = [&limits](IoClass io_class, int64_t min, int64_t max) {
    limits.of_class[static_cast<size_t>(io_class)] = {min, max};
  };
  set(IoClass::kSyncRead, t.zfs_vdev_sync_read_min_active, t.zfs_vdev_sync_read_max_active);
  set(IoClass::kSyncWrite, t.zfs_vdev_sync_write_min_active, t.zfs_vdev_sync_write_max_active);
  set(IoClass::kAsyncRead, t.zfs_vdev_async_read_min_active, t.zfs_vdev_async_read_max_active);
  set(IoClass::kAsyncWrite, t.zfs_vdev_async_write_min_active, t.zfs_vdev_async_write_max_active);
  set(IoClass::kScrub, t.zfs_vdev_scrub_min_active, t.zfs_vdev_scrub_max_active);
  return limits;
}

PoolTunables TunablesOf(const PoolDecl& decl, int64_t memory_bytes) {
  PoolTunables tunables;
  for (const TunableValue& value : decl.tunables) {
    const TunableInfo* info = FindTunable(value.name);
    if (info != nullptr) tunables.*(info->field) = TunableFieldValue(*info, value.value);
  }
  tunables.Resolve(memory_bytes);
  return tunables;
}

// Whether two or more may look at the pools or change them: jobs, and whatever can type commands.
bool HasSeveralClients(const Scenario& file) {
  const auto users = std::count_if(file.threads.begin(), file.threads.end(),
                                   [](const ThreadDecl& decl) { return decl.kind != ThingKind::kKthread; });
  const auto calls = std::count_if(file.faults.begin(), file.faults.end(),
                                   [](const FaultDecl& fault) { return fault.action == FaultAction::kCall; });
  return !file.pools.empty() && static_cast<int64_t>(file.jobs.size()) + users + calls >= 2;
}

// The volume that a client's fault swaps to, where the file has none of that name. It reserves nothing, and
// is there whatever room the pool has.
void AddSwapFor(const JobDisturbance& change, const std::string& pool, DatasetTree* tree) {
  const bool swaps = change.client_fault && change.client_fault->kind == ClientFault::Kind::kSwappedOut;
  if (!swaps || change.client_fault->pool != pool) return;
  ObjectId declared = 0;
  if (tree->Lookup(SwapVolumeOf(pool), &declared) == 0) return;
  Apply(*tree, CreateVolume(SwapVolumeOf(pool), "1T", {{"refreservation", "none"}}), {});
}

sim::Task<> DoNothing(Thread* thread) {
  while (!thread->killed()) co_await thread->Hang();
}

CallWait JobWaitOf(WaitMode mode) { return CallWaitOf(mode); }

}  // namespace

PoolTable::PoolTable(World* world) : world_(world), module_(&world->machine()) {
  module_.OnPanic([world](std::string text) { world->Halt("panic", std::move(text)); });
  const Scenario& file = world->scenario();
  if (world->options().record) {
    recorder_ = std::make_unique<HistoryRecorder>(&world->machine(), HasSeveralClients(file));
  }
  pools_.resize(file.pools.size());
  loads_.resize(file.loads.size());
  jobs_.resize(file.jobs.size());
  job_bodies_.resize(file.jobs.size());
}

PoolTable::~PoolTable() = default;

void PoolTable::MakeDisks(const PoolDecl& decl, const PoolTunables& tunables, Entry* entry) {
  entry->limits = std::make_unique<VdevQueueLimits>(LimitsOf(tunables));
  Machine* machine = &world_->machine();
  const auto make = [&](const DiskDecl& disk, std::string name) {
    Device::Options options = DeviceOptionsOf(disk);
    options.shown_as = decl.name;
    options.limits = entry->limits.get();
    entry->disks.push_back(std::make_unique<Device>(machine, std::move(name), options));
    return entry->disks.back().get();
  };
  const Layout layout = LayoutOf(decl);
  std::vector<Vdev> vdevs;
  for (int64_t i = 0; i < decl.disks; ++i) {
    if (i % layout.width == 0) {
      const bool alone = layout.width == 1;
      vdevs.push_back({.kind = alone ? VdevKind::kDisk : layout.kind, .members = {}, .parity = 0});
      if (layout.kind == VdevKind::kRaidz) vdevs.back().parity = static_cast<int>(layout.parity);
    }
    vdevs.back().members.push_back(make(decl.disk, fmt::format("{}/disk{}", decl.name, i)));
  }
  entry->group = std::make_unique<DeviceGroup>(machine, decl.name, std::move(vdevs));
  if (decl.log.profile == "none") return;
  Device* log = make(decl.log, decl.name + "/log");
  entry->log = std::make_unique<DeviceGroup>(machine, decl.name, std::vector<Device*>{log});
}

std::optional<DatasetTree> PoolTable::BuildTree(int32_t index) {
  const PoolDecl& decl = world_->scenario().pools[static_cast<size_t>(index)];
  const DiskProfile* profile = FindDiskProfile(decl.disk.profile);
  const int64_t disk_bytes = profile != nullptr ? profile->bytes : int64_t{1} << 40;
  const auto pool_bytes = static_cast<uint64_t>(disk_bytes * DataDisks(decl));
  const auto fail = [&](SourcePos pos, const absl::Status& status) {
    ScenarioError error;
    error.file = world_->scenario().file;
    error.pos = pos;
    error.text = std::string(status.message());
    error.source_line = std::string(world_->host().source().line(pos.line));
    world_->Fail(std::move(error));
  };
  std::optional<PoolBuilder> builder;
  if (!decl.import_file.empty()) {
    absl::StatusOr<ImportedPool> imported =
        ImportPool(decl.import_file, decl.import_text, {.pool = decl.name, .pool_bytes = 0});
    if (!imported.ok()) {
      fail(decl.pos, imported.status());
      return std::nullopt;
    }
    builder.emplace(std::move(imported->tree));
  } else {
    builder.emplace(decl.name, pool_bytes);
  }
  for (const PoolItemDecl& item : world_->scenario().pool_items) {
    if (item.pool != index) continue;
    // What the import has is only named here, to hang more on it.
    ObjectId imported = 0;
    const bool names_imported =
        !decl.import_file.empty() &&
        (item.kind == PoolItemKind::kFilesystem || item.kind == PoolItemKind::kVolume) &&
        builder->tree().Lookup(item.name, &imported) == 0;
    if (names_imported) continue;
    if (item.name.starts_with(fmt::format("{0}/{0}/", decl.name))) {
      world_->Warn(fmt::format("{}:{}: this is {}: names are given without that of the pool",
                               world_->scenario().file, item.pos.line, item.name));
    }
    absl::Status status;
    DeclaredDataset dataset;
    dataset.used_bytes = static_cast<uint64_t>(item.used_bytes);
    dataset.mounted = item.mounted;
    dataset.properties = PropertyList(item.properties.begin(), item.properties.end());
    switch (item.kind) {
      case PoolItemKind::kFilesystem:
        status = item.name == decl.name ? builder->Root(dataset) : builder->Filesystem(item.name, dataset);
        break;
      case PoolItemKind::kVolume:
        status = item.size_bytes > 0
                     ? builder->Volume(item.name, std::to_string(item.size_bytes), dataset)
                     : absl::InvalidArgumentError(fmt::format("volume \"{}\" has no size", item.name));
        break;
      case PoolItemKind::kClone:
        status = builder->Clone(item.of, item.name);
        break;
      case PoolItemKind::kSnapshot: {
        DeclaredSnapshot snapshot;
        snapshot.used_bytes = static_cast<uint64_t>(item.used_bytes);
        snapshot.shared_with_next_bytes = static_cast<uint64_t>(item.shared_with_next_bytes);
        status = builder->Snapshot(item.name, snapshot);
        break;
      }
      case PoolItemKind::kBookmark:
        status = builder->Bookmark(item.of, item.name);
        break;
      case PoolItemKind::kHold:
        status = builder->Hold(item.of, item.name);
        break;
    }
    const DatasetTree& tree = builder->tree();
    if (status.ok() && tree.UsedBytes(tree.root()) > tree.pool_bytes()) {
      status = absl::ResourceExhaustedError(
          fmt::format("{}: pool \"{}\" has {} for all that is in it, and needs {} up to here", item.name,
                      decl.name, FormatBytes(static_cast<int64_t>(tree.pool_bytes())),
                      FormatBytes(static_cast<int64_t>(tree.UsedBytes(tree.root())))));
    }
    if (status.ok()) continue;
    fail(item.pos, status);
    return std::nullopt;
  }
  return builder->tree();
}

void PoolTable::StartPool(int32_t index) {
  const PoolDecl& decl = world_->scenario().pools[static_cast<size_t>(index)];
  Entry& entry = pools_[static_cast<size_t>(index)];
  std::optional<DatasetTree> tree = BuildTree(index);
  if (!tree) return;
  AddSwapFor(world_->options().disturbance, decl.name, &*tree);
  Pool::Options options;
  options.name = decl.name;
  options.failmode = decl.failmode == "continue" ? FailMode::kContinue
                     : decl.failmode == "panic"  ? FailMode::kPanic
                                                 : FailMode::kWait;
  options.multihost = decl.multihost;
  options.batched_destroys = decl.batched_destroys;
  options.gate_first = decl.gate_first;
  options.cold_metadata = decl.cold_metadata;
  options.log_history = decl.log_history;
  options.tunables = TunablesOf(decl, world_->scenario().machine.memory_bytes);
  options.only_pool = world_->scenario().pools.size() == 1;
  const std::vector<FaultDecl>& faults = world_->scenario().faults;
  options.keep_tree_on_disk = std::any_of(faults.begin(), faults.end(), [](const FaultDecl& fault) {
    return fault.action == FaultAction::kPowerCut;
  });
  MakeDisks(decl, options.tunables, &entry);
  entry.pool =
      std::make_unique<Pool>(&module_, options, entry.group.get(), *std::move(tree), entry.log.get());
  entry.pool->Start();
}

void PoolTable::StartLoad(int32_t index) {
  const LoadDecl& decl = world_->scenario().loads[static_cast<size_t>(index)];
  LoadOptions options;
  options.name = decl.name;
  options.reads = decl.reads;
  options.count = static_cast<int>(decl.count);
  if (decl.arrivals != Arrivals::kClosed && decl.rate) {
    (decl.rate->in_bytes ? options.bytes_per_s : options.ops_per_s) = decl.rate->per_second;
  }
  options.size_bytes = decl.size_bytes;
  options.dataset = decl.dataset;
  options.append = decl.append;
  options.fsync_every = decl.fsync_every;
  options.sync = decl.sync == "always"     ? LoadOptions::Sync::kAlways
                 : decl.sync == "disabled" ? LoadOptions::Sync::kDisabled
                                           : LoadOptions::Sync::kStandard;
  options.poisson = decl.arrivals == Arrivals::kPoisson;
  sim::Site at_site = world_->chooser().MakeSite("draw", decl.name, "at");
  options.at = sim::SimTime::FromNanos(world_->Draw(at_site, decl.at));
  if (decl.stop_at_ns != kForeverNs) options.stop_at = sim::SimTime::FromNanos(decl.stop_at_ns);
  loads_[static_cast<size_t>(index)] =
      std::make_unique<Load>(pools_[static_cast<size_t>(decl.pool)].pool.get(), options);
  loads_[static_cast<size_t>(index)]->Start();
}

void PoolTable::StartJob(int32_t index) {
  const auto i = static_cast<size_t>(index);
  const JobDecl& decl = world_->scenario().jobs[i];
  JobOptions options;
  options.name = decl.name;
  sim::Site at_site = world_->chooser().MakeSite("draw", decl.name, "at");
  options.at = sim::SimTime::FromNanos(world_->Draw(at_site, decl.at) + world_->options().phase_ns);
  options.think = MakeDistribution(decl.think);
  options.repeats = decl.repeats;
  if (decl.every) options.every = MakeDistribution(*decl.every);
  options.design = static_cast<DesignKind>(decl.design);
  if (world_->options().design && i < world_->options().design_jobs)
    options.design = static_cast<DesignKind>(*world_->options().design);
  options.options.read_batch = decl.options.ioctl.read_batch;
  options.options.prefetch = decl.options.ioctl.prefetch;
  options.options.pipeline.batch = decl.options.pipeline.batch;
  options.options.program.limits = {decl.options.program.instructions, decl.options.program.memory_bytes};
  options.options.program.sync = decl.options.program.sync;
  options.options.callback.syncing = decl.options.callback.syncing;
  options.options.callback.config_lock = decl.options.callback.config_lock;
  options.options.callback.wait = JobWaitOf(decl.options.callback.wait);
  options.options.callback.overlay = decl.options.callback.overlay;
  options.options.callback.place = static_cast<UpcallPlace>(decl.options.callback.place);
  if (decl.options.channel_tx.lease_ns != kForeverNs) {
    options.options.channel_tx.lease = sim::SimDuration::Nanos(decl.options.channel_tx.lease_ns);
  }
  options.options.channel_tx.overlay = decl.options.channel_tx.overlay;
  options.options.channel_tx.commit_throttled = decl.options.channel_tx.commit_throttled;
  options.options.channel_tx.spa_each_call = decl.options.channel_tx.spa_each_call;
  options.options.channel_tx.each_pool = decl.options.channel_tx.each_pool;
  options.options.optimistic_tx.retries = decl.options.optimistic_tx.retries;
  options.options.optimistic_tx.backoff = MakeDistribution(decl.options.optimistic_tx.backoff);
  options.options.optimistic_tx.overlay = decl.options.optimistic_tx.overlay;
  if (options.design == DesignKind::kProgram) WarnOfDialect(decl);
  options.options.ring.entries = decl.options.ring.entries;
  options.options.ring.workers = decl.options.ring.workers;
  options.options.ring.read_after_wait = decl.options.ring.read_after_wait;
  job_bodies_[i] = std::make_unique<LuaJobBody>(world_, index);
  JobBody* body = job_bodies_[i].get();
  if (index == 0) body = DisturbFirstJob(&options, body);
  Dispatcher* dispatcher = nullptr;
  if (options.options.callback.place == UpcallPlace::kDispatcher) {
    if (!world_->scenario().dispatchers.empty()) {
      dispatcher = &world_->crossings().DispatcherOf({ThingKind::kDispatcher, 0});
    } else {
      job_dispatchers_.push_back(
          std::make_unique<Dispatcher>(&world_->machine(), "dispatcher", Dispatcher::Options{}));
      dispatcher = job_dispatchers_.back().get();
    }
  }
  jobs_[i] = std::make_unique<Job>(&module_, module_.pools().front(), dispatcher, options, body);
  jobs_[i]->RecordInto(recorder_.get());
  jobs_[i]->Start();
}

JobBody* PoolTable::DisturbFirstJob(JobOptions* options, JobBody* body) {
  const JobDisturbance& change = world_->options().disturbance;
  if (change.think_ns) options->think = sim::Distribution::Constant(*change.think_ns);
  if (change.callback_place) options->options.callback.place = *change.callback_place;
  if (change.program_instructions)
    options->options.program.limits.instructions = *change.program_instructions;
  if (change.ring_workers) options->options.ring.workers = *change.ring_workers;
  if (!change.client_fault) return body;
  const auto fork = [this](Thread* parent) {
    Machine& machine = world_->machine();
    Process* child = machine.CreateProcess(FreeProcessName(machine, "child"));
    world_->files().Share(parent->process(), child);
    machine.Spawn(child, child->name(), DoNothing, {.at = world_->now()});
  };
  faulty_body_ = std::make_unique<FaultyBody>(body, *change.client_fault, &module_, fork);
  return faulty_body_.get();
}

void PoolTable::WarnOfDialect(const JobDecl& decl) {
  ScriptHost& host = world_->host();
  lua_State* scratch = host.NewCoroutine(nullptr);
  if (scratch == nullptr) return;  // No memory: the body will say so.
  if (host.InstantiateBody(decl.body, scratch)) {
    const FunctionCode code = CodeOf(scratch, -1);
    lua_Debug record;
    lua_getinfo(scratch, ">S", &record);
    const int function = host.source().FindFunction(record.linedefined, record.lastlinedefined);
    for (const DialectNote& note : DialectNotes(code, host.source(), function)) {
      world_->Warn(
          fmt::format("{}:{}: in a channel program: {}", world_->scenario().file, note.line, note.text));
    }
  }
  host.FreeCoroutine(scratch);
}

Lock* PoolTable::LockOf(ThingRef thing) const {
  const std::vector<Lock*> locks = LocksOf(thing, nullptr);
  return locks.empty() ? nullptr : locks.back();
}

std::vector<Lock*> PoolTable::LocksOf(ThingRef thing, SyncTable* sync) const {
  if (thing.kind != ThingKind::kPoolLock) {
    Lock* lock = sync->LockOf(thing);
    return lock != nullptr ? std::vector<Lock*>{lock} : std::vector<Lock*>{};
  }
  const PoolLockDecl& decl = world_->scenario().pool_locks[static_cast<size_t>(thing.index)];
  Pool& pool = *pools_[static_cast<size_t>(decl.pool)].pool;
  if (decl.lock == "dp_config") return {&pool.config_lock()};
  if (decl.lock == "spa_namespace") return {&pool.module().namespace_lock()};
  if (decl.lock == "SCL_CONFIG") return {&pool.scl_config()};
  if (decl.lock == "SCL_STATE") return {&pool.scl_state()};
  if (decl.lock == "SCL_ZIO") return {&pool.scl_zio()};
  // spa_config_enter takes them in this order (module/zfs/spa_misc.c).
  return {&pool.scl_config(), &pool.scl_state(), &pool.scl_zio()};
}

std::vector<Device*> PoolTable::DevicesOf(ThingRef thing, std::string_view name) const {
  std::vector<Device*> result;
  if (thing.kind == ThingKind::kDevice) return {&world_->devices().Of(thing)};
  if (thing.kind == ThingKind::kPool) name = world_->scenario().NameOf(thing);
  for (const Entry& entry : pools_) {
    if (entry.pool == nullptr) continue;
    for (const std::unique_ptr<Device>& disk : entry.disks) {
      if (entry.pool->name() == name || disk->name() == name) result.push_back(disk.get());
    }
  }
  if (Device* device = world_->devices().Find(name)) result.push_back(device);
  return result;
}

ThingRef PoolTable::AddTx(int32_t pool, std::unique_ptr<Tx> tx) {
  world_->Take(sizeof(Tx));
  txs_.push_back({pool, std::move(tx)});
  return {ThingKind::kTx, static_cast<int32_t>(txs_.size() - 1)};
}

std::vector<PoolTxgs> PoolTable::Txgs() const {
  std::vector<PoolTxgs> pools;
  for (const Pool* pool : module_.pools()) {
    const TxgPipeline& pipeline = pool->pipeline();
    PoolTxgs& txgs = pools.emplace_back();
    txgs.pool = pool->name();
    txgs.threads = {pipeline.sync_thread(), pipeline.quiesce_thread()};
    if (const Actor* owner = pipeline.sync_gate_owner())
      txgs.gate_closed_by = world_->machine().FindProcess(owner->reported_name());
  }
  return pools;
}

}  // namespace model
