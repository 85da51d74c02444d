// SPDX-License-Identifier: Apache-2.0
//
// One pool: its datasets, its pipeline, its dirty data, its locks and its disks.
//
//   file          what                                    follows (OpenZFS module/zfs)
//   txg.cc        pipeline, threads, waits, sync gate     txg.c
//   dirty.cc      accounting, throttle, hard limit        dsl_pool.c, dmu_tx.c
//   tx.cc         dmu_tx_assign, dmu_tx_wait, commit      dmu_tx.c
//   sync_task.cc  dsl_sync_task_common                    dsl_synctask.c
//   spa_sync.cc   writing a txg out                       spa.c, dsl_pool.c
//   file_calls.cc write, read, fsync, recovery            zfs_vnops.c, zfs_log.c
//   zil.cc        the intent log of a dataset             zil.c
//   scan.cc       scrub, resilver, async destroy          dsl_scan.c
//   suspend.cc    I/O errors, suspension, resume          zio.c
//   mmp.cc        heartbeats of multihost                 mmp.c
//   vdev_state.cc offline, online, clear; SCL_ZIO         vdev.c, spa_misc.c
//   history.cc    what `zpool history` shows              spa_history.c
//   deadman.cc    watchdog over syncs and I/O             spa_misc.c, zio.c
//   load.cc       foreground writers and readers          -
//
// Locks and their order: spa_namespace_lock (one for all pools) before the admin
// gate's txg, dp_config_rwlock last; nobody waits for a txg while holding the
// config lock. The admin gate is new here: mutating administration holds it
// shared from before spa_namespace_lock (Options::gate_first) until its txg has
// synced; a channel transaction holds it exclusively.
//
// Differs from the real system: reads of user data always go to the disks (no
// ARC); metadata is cached, or read once an object (Options::cold_metadata);
// async destroy frees by bytes, not by blocks.
#ifndef TXGSIM_MODEL_TXG_POOL_H_
#define TXGSIM_MODEL_TXG_POOL_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "model/dataset/dataset_tree.h"
#include "model/dataset/write_limits.h"
#include "model/storage/device_group.h"
#include "model/sync/lock.h"
#include "model/txg/deadman.h"
#include "model/txg/dirty.h"
#include "model/txg/pool_event.h"
#include "model/txg/tunables.h"
#include "model/txg/txg.h"
#include "model/txg/zil.h"

namespace model {

// Processor time of pool work that no source states; estimates, in ns. They are
// small beside a sync's disk rounds and are the same for every design.
struct PoolCosts {
  int64_t tx_ns = 3'000;         // dmu_tx_create to commit of a small write, copy excluded.
  int64_t list_item_ns = 8'000;  // One cached item with its stats: 5 to 20 us.
  int64_t get_prop_ns = 6'000;   // One cached property.
  int64_t sync_task_check_ns = 15'000;
  int64_t sync_task_apply_ns = 60'000;
  // An instruction of a channel program, its calls left aside. Lua 5.4 with a hook each 100 instructions
  // was measured at 12 (arithmetic) to 90 (building texts) on a server of 2020 or later.
  int64_t lua_instruction_ns = 20;
  int64_t sync_base_ns = 150'000;     // spa_sync's own work in a txg.
  int64_t mos_bytes_base = 64 << 10;  // Metadata written by a txg that is not empty.
  int64_t mos_bytes_per_change = 48 << 10;
  int64_t scan_chunk_bytes = 16 << 20;          // Read at a time by a scrub.
  int64_t free_bytes_per_s = int64_t{8} << 30;  // Freeing destroyed blocks.
};

class Pool;

// What all pools of the machine share (the module).
class ZfsModule {
 public:
  explicit ZfsModule(Machine* machine) : namespace_lock_(machine, "spa_namespace_lock"), machine_(machine) {}
  Mutex& namespace_lock() { return namespace_lock_; }
  Machine& machine() const { return *machine_; }
  // spa_lookup by the pool part of a dataset name; null if there is none.
  Pool* FindPool(std::string_view name) const;
  // The same under spa_namespace_lock: what is not there may be on its way in.
  sim::Task<Pool*> LookUpPool(Thread* thread, std::string name);
  // One that could be imported; null if there is none of that name.
  Pool* FindExported(std::string_view name) const;
  const std::vector<Pool*>& pools() const { return pools_; }
  // The machine stops here: called once at the most.
  void OnPanic(std::function<void(std::string)> hook) { panic_ = std::move(hook); }
  void Panic(const std::string& text) {
    if (panic_) panic_(text);
  }

 private:
  friend class Pool;
  std::function<void(std::string)> panic_;
  Mutex namespace_lock_;
  Machine* machine_;
  std::vector<Pool*> pools_;
};

// A transaction of the DMU: one thread's writes that go into one txg together.
struct Tx {
  TxgHold hold;
  sim::SimTime start;
  bool delayed = false;
  bool waited_for_memory = false;
  // What it writes to, and how much; 0 for one that changes the MOS alone.
  ObjectId dataset = 0;
  uint64_t write_bytes = 0;
  SpaceInFlight::Reservation space;
  uint64_t txg() const { return hold.txg; }
};

struct TxAssignFlags {
  bool no_throttle = false;  // DMU_TX_NOTHROTTLE
  bool suspend = false;      // DMU_TX_SUSPEND: blocks on a suspended pool whatever failmode is.
};

// Told when a task begins and ceases to keep txg_sync from advancing.
class SyncLockObserver {
 public:
  virtual ~SyncLockObserver() = default;
  virtual void Hold(sim::SimTime now) = 0;
  virtual void Release(sim::SimTime now) = 0;
};

// recordsize, by default: a write is a transaction a record, and a record that cannot be read is an error.
inline constexpr int64_t kRecordBytes = 128 << 10;
inline int64_t RecordsOf(int64_t bytes) { return std::max<int64_t>(bytes / kRecordBytes, 1); }

// A change made in syncing context (dsl_sync_task_t).
struct SyncTask {
  const char* name = "dsl_sync_task";
  const char* ioctl =
      nullptr;  // The handler of the ioctl that asks for it, for call traces; null: none to name.
  // The check, in open context (syncing = false) and again in syncing context. Empty: none.
  std::function<int(bool syncing, uint64_t txg)> check;
  // The change; cannot fail.
  std::function<void(uint64_t txg)> sync;
  // In place of check and sync in syncing context: for work that takes its time there,
  // on txg_sync with the config lock held as writer. Returns the task's errno.
  std::function<sim::Task<int>(Thread* sync_thread, uint64_t txg)> run;
  bool open_check = true;
  bool no_throttle = false;
  // Repeat on EAGAIN after txg + TXG_DEFER_SIZE, as dsl_sync_task_common does.
  bool retry_eagain = true;
  bool spa_held = false;  // The caller has the pool open: spa_namespace_lock is not needed.
  bool logged = true;     // In the pool's history, if it succeeds; else the caller sees to that.
  // Of how many changes it consists: each costs a check, an application, and what the MOS takes.
  int64_t changes = 1;
  // Called after the task was queued and its transaction committed, before the wait.
  std::function<void(Thread*)> queued;
  // The caller waits for the txg in S; at the first signal this is called, and it waits on in D
  // (dsl_sync_task_sig). Empty: in D all along.
  std::function<void()> signalled;
  SyncLockObserver* observer = nullptr;  // Told while txg_sync runs this task.
  int error = 0;
  uint64_t txg = 0;
};

// What an import finds after a power cut.
struct RecoveredPool {
  uint64_t txg = 0;                 // The last on disk.
  std::optional<DatasetTree> tree;  // Its datasets, with the log replayed; if it was kept.
  struct Writes {
    uint64_t synced_seq = 0;  // The last write in that txg or before.
    uint64_t seq = 0;         // The last that is there.
    uint64_t last_seq = 0;    // The last that was made.
    int64_t replayed = 0;
    int64_t replayed_bytes = 0;
  };
  absl::btree_map<ObjectId, Writes> writes;
};

class Pool final : public TxgSyncer, public DeadmanOwner, public DeviceObserver {
 public:
  struct Options {
    std::string name = "tank";
    FailMode failmode = FailMode::kWait;
    bool multihost = false;
    PoolTunables tunables;  // Resolved.
    PoolCosts costs;
    bool only_pool = true;  // Its threads have no prefix.
    // Administration waits at the admin gate before it takes spa_namespace_lock, not with it.
    bool gate_first = true;
    // The metadata of an object is on the disks alone until a job first asks for it.
    bool cold_metadata = false;
    // Keeps the tree of the last txg on disk, for Recover(): a copy a txg.
    bool keep_tree_on_disk = false;
    // Each change is logged on disk as well, which takes a transaction after it and a task of the txg
    // after that; else `zpool history` alone knows of it, at no cost.
    bool log_history = false;
    // ZFS_IOC_DESTROY_SNAPS is one channel program, all or nothing, as it was up to 2.4; else a
    // sync task, and so a txg, for each snapshot.
    bool batched_destroys = false;
  };
  // `disks`, and `log` unless null, must outlive the pool.
  Pool(ZfsModule* module, const Options& options, DeviceGroup* disks, DatasetTree tree,
       DeviceGroup* log = nullptr);
  ~Pool() override;
  // Starts its kernel threads: txg_sync, txg_quiesce, and mmp with multihost.
  void Start();

  const std::string& name() const { return options_.name; }
  Machine& machine() const { return *machine_; }
  ZfsModule& module() const { return *module_; }
  TxgPipeline& pipeline() { return pipeline_; }
  const TxgPipeline& pipeline() const { return pipeline_; }
  DirtyData& dirty() { return dirty_; }
  const DirtyData& dirty() const { return dirty_; }
  DatasetTree& tree() { return tree_; }
  const DatasetTree& tree() const { return tree_; }
  Rrwlock& config_lock() { return config_lock_; }
  Rrwlock& admin_gate() { return admin_gate_; }
  Rwsem& scl_config() { return scl_config_; }
  Rwsem& scl_state() { return scl_state_; }
  Rwsem& scl_zio() { return scl_zio_; }
  DeviceGroup& disks() const { return *disks_; }
  const PoolTunables& tunables() const { return options_.tunables; }
  const PoolCosts& costs() const { return options_.costs; }
  bool batched_destroys() const { return options_.batched_destroys; }
  bool cold_metadata() const { return options_.cold_metadata; }

  // ---- Transactions (tx.cc) ----
  // Assigns to the open txg; may be delayed or wait. Returns 0 or an errno.
  sim::Task<int> Assign(Thread* thread, Tx* tx, TxAssignFlags flags);
  void Commit(Tx* tx, Thread* thread);
  // Whether a txg that is not on disk yet has changes of the dataset's files (dmu_objset_is_dirty).
  bool IsDirty(ObjectId dataset) const;
  // What awaits a txg, as quotas count it.
  const SpaceInFlight& in_flight() const { return in_flight_; }
  // Memory runs short elsewhere: a transaction that writes waits for a txg first.
  void set_memory_low(bool low) { memory_low_ = low; }

  // ---- Failures (suspend.cc) ----
  // Suspended by an error that a sync or, with failmode=wait, a read could not survive, or
  // by multihost: nothing moves until Resume().
  bool suspended() const override { return suspend_reason_ != SuspendReason::kNone; }
  SuspendReason suspend_reason() const { return suspend_reason_; }
  FailMode failmode() const { return options_.failmode; }
  void set_failmode(FailMode failmode) { options_.failmode = failmode; }
  bool multihost() const { return options_.multihost; }
  void Suspend(SuspendReason reason);
  // zio_resume: what was parked is issued anew, and waited for. Returns 0; EIO if it fails
  // again; EREMOTEIO if multihost sees another host.
  sim::Task<int> Resume(Thread* thread);
  // Who types `zpool clear` can end a suspension; until somebody does, it takes an outsider.
  void ClearBegins(const Thread* thread) { clearers_.push_back(thread); }
  void ClearEnds(const Thread* thread) { std::erase(clearers_, thread); }
  const std::vector<const Thread*>& clearers() const { return clearers_; }

  // ---- Vdevs (vdev_state.cc) ----
  // spa_vdev_state_enter: SCL_STATE and SCL_ZIO as writer, so no I/O is under way and none begins.
  sim::Task<> EnterVdevState(Thread* thread);
  // SCL_ZIO as writer: I/O that comes waits, and what is under way is waited for.
  sim::Task<> LockOutIo(Thread* thread);
  void ExitVdevState(Thread* thread);
  // By the last part of its name, or all of it; null if it is none of the pool's.
  Device* FindDevice(std::string_view name) const;
  // The labels are to be written with the next txg.
  void DirtyConfig() { config_dirty_ = true; }
  // `zpool offline` and `zpool online`: by the last part of its name. Returns 0; ENODEV; EBUSY if the rest
  // of its vdev would not do.
  sim::Task<int> SetDeviceOnline(Thread* thread, std::string name, bool online);
  // `zpool clear`: of one device, or of all if `name` is empty. Returns 0, ENODEV, or what Resume does.
  sim::Task<int> ClearErrors(Thread* thread, std::string name);

  // ---- History (history.cc) ----
  struct HistoryLine {
    sim::SimTime at;
    std::string text;
  };
  // A command line that has changed the pool, once it has succeeded (ZFS_IOC_LOG_HISTORY).
  sim::Task<> LogCommand(Thread* thread, std::string line);
  const std::vector<HistoryLine>& history() const { return history_; }
  // The transaction that logs a change (spa_history_log_nvl), with Options::log_history.
  sim::Task<> LogChange(Thread* thread);

  // Another host has the pool, and multihost sees it: `zpool clear` refuses to resume.
  void set_other_host_active(bool active) { other_host_active_ = active; }
  // `zpool export`: there is no pool of that name any more.
  void set_exported(bool exported) { exported_ = exported; }
  bool exported() const { return exported_; }
  const std::vector<PoolEvent>& events() const { return events_; }
  int64_t slow_ios() const { return slow_ios_; }
  // Blocks that no copy was left of, when they were read.
  int64_t data_errors() const { return data_errors_; }
  void OnDeadman(std::string text) override;
  void OnDeadmanPanic(std::string text) override;
  void OnIoDone(const DeviceIo& io) override;
  void OnStateChanged(const Device& device) override;
  Waitable* SuspendedOn() override { return suspended() ? suspend_cv_.get() : nullptr; }

  // ---- Administration (sync_task.cc) ----
  // A mutating administrative operation: RunSyncTask with the admin gate held shared
  // from before the first lock until the txg has synced.
  sim::Task<int> Administer(Thread* thread, SyncTask* task);
  // An operation that keeps spa_namespace_lock until its txg has synced (spa_vdev_enter to
  // spa_vdev_exit, spa_export_common): takes the lock and the admin gate, shared.
  sim::Task<> EnterNamespace(Thread* thread);
  void ExitNamespace(Thread* thread);
  // dsl_sync_task_common: checks, queues, waits for the txg. Returns the task's errno.
  sim::Task<int> RunSyncTask(Thread* thread, SyncTask* task);
  // The same for tasks that go into one txg together, by one transaction: none is checked in open context,
  // an error of one does not stop the others, and those with EAGAIN are repeated together.
  sim::Task<> AdministerTogether(Thread* thread, std::vector<SyncTask*> tasks);
  sim::Task<> RunSyncTasksTogether(Thread* thread, std::vector<SyncTask*> tasks);
  // Queues a task in `txg`, which must be held open by the caller.
  void QueueSyncTask(SyncTask* task, uint64_t txg);
  // spa_open: takes and drops spa_namespace_lock. Returns 0; ENOENT if the pool has been exported by then.
  sim::Task<int> SpaOpen(Thread* thread);
  // Waits for a txg for a process' figures too: counts distinct txgs.
  sim::Task<int> WaitSynced(Thread* thread, uint64_t txg, TxgPipeline::WaitFlags flags = {});

  // ---- Data (file_calls.cc, load.cc) ----
  // A write of `bytes` by a file system call; returns 0 or an errno. What is written before an error stays.
  // It falls on the extent of the dataset and adds what is more; with `append` all of it adds.
  sim::Task<int> Write(Thread* thread, ObjectId dataset, int64_t bytes, bool append = false);
  sim::Task<int> Read(Thread* thread, int64_t bytes);
  // dmu_free_long_range: removes `bytes` of a file. What it dirties counts for
  // zfs_per_txg_dirty_frees_percent.
  sim::Task<int> Free(Thread* thread, ObjectId dataset, int64_t bytes);
  // A block of the pool's own metadata, which an import has nowhere else.
  sim::Task<int> ReadMos(Thread* thread, int64_t bytes);
  // Reads the metadata of an object, unless it is cached. Returns 0 or an errno.
  sim::Task<int> ReadMetadata(Thread* thread, ObjectId object);
  // zil_commit: makes what was written to `dataset` durable.
  sim::Task<int> Fsync(Thread* thread, ObjectId dataset);
  Zil& ZilOf(ObjectId dataset);
  // An I/O of the log: to the log device if there is one.
  sim::Task<int> LogIo(Thread* thread, IoKind kind, int64_t bytes);
  DeviceGroup* log_device() const { return log_; }
  // Whether there is room for a log block beside those that await the sync of their txg.
  bool LogBlockFits(int64_t bytes) const;
  // What an import would find if the power went now: the last txg on disk and the log replayed.
  RecoveredPool Recover() const;

  // ---- Scans (scan.cc) ----
  enum class ScanKind : uint8_t { kNone, kScrub, kResilver };
  // What `zpool status` tells of the last scan, or of the one at hand.
  struct Scan {
    ScanKind kind = ScanKind::kNone;  // None: there was none.
    int64_t bytes = 0;
    int64_t left_bytes = 0;
    sim::SimTime start;
    sim::SimTime end;  // Once nothing is left, or it was cancelled.
    bool cancelled = false;
    bool paused = false;     // `zpool scrub -p`.
    int64_t errors = 0;      // Blocks that it could not read, or not write.
    Device* onto = nullptr;  // Of a resilver: the member that gets what it missed; null: a new one.
    int64_t resilvered_bytes = 0;
    bool running() const { return left_bytes > 0 && !cancelled; }
  };
  // A member that was away may be back: what it missed is resilvered then, if anything.
  void MemberIsBack(Device* device);
  // A member that has nothing yet: all is resilvered.
  void MemberIsNew();
  // Starts reading that many bytes again; a scan at hand is replaced.
  void StartScan(ScanKind kind, int64_t bytes, Thread* waker);
  void CancelScan();
  void PauseScan(bool paused, Thread* waker);
  const Scan& scan() const { return scan_; }

  // What `zpool wait` waits for, as bits.
  static constexpr unsigned kActivityFree = 1;
  static constexpr unsigned kActivityResilver = 2;
  static constexpr unsigned kActivityScrub = 4;
  unsigned Activities() const;
  // Waits in S until none of these goes on (spa_wait). Returns 0 or EINTR.
  sim::Task<int> WaitActivities(Thread* thread, unsigned wanted);

  // ---- Syncing (spa_sync.cc) ----
  sim::Task<> SyncTxg(Thread* thread, uint64_t txg) override;
  bool ScanActive() const override { return tree_.freeing_bytes() > 0 || (scan_.running() && !scan_.paused); }

  void set_last_exclusive(Process* process) { last_exclusive_ = process; }
  // How long administration has been waiting at the admin gate, in waits that have not ended, for `process`.
  int64_t AdminWaitAtHand(const Process* process) const;

  // zil_commit has written the data of a large write to its place: the sync of `txg` need not.
  void WrittenInPlace(int64_t bytes, uint64_t txg);

  // Violations of what must stand still while the sync gate is closed; empty if none.
  const std::vector<std::string>& violations() const { return violations_; }
  int64_t uberblocks_written() const { return uberblocks_written_; }

 private:
  // One record, of which `added` lie beyond the extent.
  sim::Task<int> WriteRecord(Thread* thread, ObjectId dataset, int64_t bytes, int64_t added);
  // What the last uberblock on disk leads to.
  struct OnDisk {
    uint64_t txg = 0;
    std::optional<DatasetTree> tree;
    absl::btree_map<ObjectId, uint64_t> last_seq;  // Of writes.
  };

  // The admin gate, shared; whom that keeps waiting is noted.
  sim::Task<> EnterAdminGate(Thread* thread);
  int ReserveSpace(Tx* tx);
  bool CacheIsFull(const Tx& tx) const;
  bool MustWaitForMemory(Tx* tx) const;
  // Returns how many changes they made.
  sim::Task<int64_t> RunSyncTasks(Thread* thread, uint64_t txg);
  sim::Task<> WriteDirty(Thread* thread, uint64_t txg);
  // Returns whether nothing is left to free.
  sim::Task<bool> FreeDestroyed(Thread* thread, uint64_t txg);
  sim::Task<> ScanSlice(Thread* thread);
  void ScanHasEnded();
  // Now, or after the resilver of another that is at hand.
  void Resilver(Device* onto, int64_t bytes);
  // Writes what a resilver has read to the member that missed it.
  std::shared_ptr<DeviceIo> WriteResilvered(Thread* thread, int64_t bytes);
  sim::Task<> EndResilverWrite(Thread* thread, std::shared_ptr<DeviceIo> io);
  // What must balance when a txg has synced.
  void CheckSynced(uint64_t txg) const;
  sim::Task<> SyncMos(Thread* thread, uint64_t txg, int64_t dirty_bytes);
  // Whether a slice that began then is over (dsl_scan_async_block_should_pause).
  bool SliceIsOver(sim::SimTime start, int64_t min_time_ms, uint64_t txg) const;
  sim::Task<> WriteUberblock(Thread* thread, uint64_t txg);
  // zio_wait. An I/O of a sync (txg != 0) cannot fail: it is issued until it succeeds.
  sim::Task<int> DiskIo(Thread* thread, IoKind kind, int64_t bytes, uint64_t txg, IoRole role);
  IoRole AsyncWrite() const;
  sim::Task<int> LogDeviceIo(Thread* thread, IoKind kind, int64_t bytes);
  sim::Task<> MmpThread(Thread* thread);
  // An I/O begins (SCL_ZIO as reader, zio.c:zio_vdev_io_start), and has ended.
  sim::Task<> BeginIo(Thread* thread);
  void EndIo(Thread* thread);
  bool IoLockedOut(const Thread* thread) const;
  // The records of changes that came in before the tasks of the txg.
  sim::Task<> WriteHistory(Thread* thread, uint64_t txg);
  void AddEvent(std::string_view kind, std::string text);

  ZfsModule* module_;
  Machine* machine_;
  Options options_;
  DeviceGroup* disks_;
  DatasetTree tree_;
  TxgPipeline pipeline_;
  DirtyData dirty_;
  SpaceInFlight in_flight_;
  Rrwlock config_lock_;
  Rrwlock admin_gate_;
  Rwsem scl_config_;
  Rwsem scl_state_;
  Rwsem scl_zio_;
  std::vector<SyncTask*> sync_tasks_[kTxgSize];
  // By file system calls, per txg.
  absl::btree_map<ObjectId, FileChanges> changed_[kTxgSize];
  int64_t long_free_dirty_[kTxgSize] = {};  // Dirtied by frees (dp_long_free_dirty_pertxg).
  int64_t in_place_[kTxgSize] = {};         // On disk by way of the intent log.
  Deadman deadman_;
  SuspendReason suspend_reason_ = SuspendReason::kNone;
  std::unique_ptr<Waitable> suspend_cv_;
  std::unique_ptr<Waitable> resume_cv_;
  std::unique_ptr<Waitable> activities_cv_;
  std::vector<Thread*> parked_;  // Their I/O failed and is to be issued anew.
  std::vector<Thread*> in_io_;   // They have an I/O under way: SCL_ZIO as reader.
  std::unique_ptr<Waitable> io_drained_;
  std::vector<const Thread*> clearers_;
  bool other_host_active_ = false;
  bool memory_low_ = false;
  bool exported_ = false;
  std::vector<PoolEvent> events_;
  int64_t slow_ios_ = 0;
  int64_t slow_second_ = -1;  // Whose events are counted in slow_in_second_.
  int64_t slow_in_second_ = 0;
  Process* last_exclusive_ = nullptr;  // Who held the admin gate exclusively last.
  DeviceGroup* log_;
  absl::btree_map<ObjectId, std::unique_ptr<Zil>> zils_;
  absl::btree_set<ObjectId> warm_;  // Whose metadata has been read, if it was cold.
  OnDisk on_disk_;
  Scan scan_;
  std::vector<Device*> deferred_;  // To be resilvered next; null: new ones.
  sim::SimTime sync_start_;
  bool config_dirty_ = false;
  std::vector<HistoryLine> history_;
  int64_t history_tasks_[kTxgSize] = {};
  int64_t data_errors_ = 0;
  int64_t uberblocks_written_ = 0;
  std::vector<std::string> violations_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_TXG_POOL_H_
