// SPDX-License-Identifier: Apache-2.0
//
// What a scenario file declares, resolved for one arm: plain data, never changed again.
//
// The file is a Lua program that runs once for each arm; Resolve() (resolve.h) runs it
// and leaves this. Every vector is in order of declaration, and `order` numbers all
// declarations of the file together, since what starts at equal times starts in that
// order. Names are checked (they exist, they are unique), quantities parsed, defaults
// filled in. Bodies stay in the Lua state that resolved them, as a BodyRef.
//
// A ThingRef is how one declaration points to another and what a Lua value of the
// declared thing carries: a kind and an index into the vector of that kind.
//
// Units: _ns nanoseconds, _bytes bytes; kForeverNs (quantity.h) is "never"/"forever".
// Option defaults stand once, in the table of words (words.h), not here.
#ifndef TXGSIM_MODEL_SCRIPT_LANGUAGE_SCENARIO_H_
#define TXGSIM_MODEL_SCRIPT_LANGUAGE_SCENARIO_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "model/script/language/quantity.h"

namespace model {

// A function of the scenario, kept by the Lua state that resolved it (script_host.h).
using BodyRef = int32_t;
inline constexpr BodyRef kNoBody = -1;

// What a Lua value of the scenario can be. The first block is declared by files, the
// second exists only while a run is on; its indices are given out by the runtime.
enum class ThingKind : uint8_t {
  kNone,
  // Scenario::threads
  kProcess,
  kThread,
  kOperator,
  kKthread,
  // A vector each.
  kSyscall,
  kKfunc,
  kCallback,
  kDispatcher,
  // Scenario::sync_objects
  kMutex,
  kSpinlock,
  kRwsem,
  kRrwlock,
  kStriped,
  kSemaphore,
  kCompletion,
  kCondvar,
  kWaitqueue,
  kGate,
  kQueue,
  kShared,
  // A vector each.
  kServer,
  kWorkers,
  kDevice,
  kFile,
  kRing,
  kPool,
  kPoolLock,
  // Scenario::pool_items
  kDataset,  // Filesystem, volume or clone.
  kSnapshot,
  kBookmark,
  // A vector each.
  kLoad,  // Writers and readers.
  kJob,
  kRng,
  // Only while a run is on.
  kStripe,   // striped[i]
  kHold,     // What lock(), read() and write() return.
  kWork,     // workers:queue
  kTx,       // pool:assign
  kIo,       // device:submit
  kRequest,  // server:submit, and what a handler gets.
  kSpawned,  // spawn, and current().
  kCount,
};

struct ThingRef {
  ThingKind kind = ThingKind::kNone;
  int32_t index = -1;
  friend auto operator<=>(const ThingRef&, const ThingRef&) = default;
};

struct SourcePos {
  int line = 0;    // 1-based; 0: nowhere in the file.
  int column = 0;  // 1-based, in bytes.
  friend bool operator==(const SourcePos&, const SourcePos&) = default;
};

// How a thread sleeps, as the scenario says it (scenario-language.md section 6).
enum class WaitMode : uint8_t { kD, kKillable, kS, kIdle, kFuse, kSeccomp, kSpin };

// What a waiter gets when the one that should answer has died.
struct OnDeath {
  bool nothing = false;  // It waits on: the naive kernel.
  int error = 0;         // Else this errno.
};

// Who can end a wait on an object, where the scenario says so.
struct EndersDecl {
  bool given = false;
  bool outside = false;
  std::vector<std::string> threads;  // Names of threads or pools of threads.
};

// --- Machine, parameters, arms ---------------------------------------------------

struct MachineDecl {
  std::string name;  // "ideal", or empty.
  int64_t cores = 0;
  std::string profile;
  int64_t memory_bytes = 0;
  bool blocking_spin = false;
  bool spin_everything = false;  // spin_scope = "all"
  bool poll_fatal = false;
  std::string scheduler;  // fifo, rr, eevdf
  std::string preempt;    // none, voluntary, full
  int64_t hung_task_timeout_ns = 0;
  int64_t stop_at_ns = 0;
  int64_t slow_after_ns = 0;
  int64_t laps = 0;
  SourcePos pos;
};

using ParamValue = std::variant<bool, int64_t, double, std::string>;
// As Lua would print it; texts without quotes.
std::string ParamText(const ParamValue& value);

struct ParamDecl {
  std::string name;
  ParamValue default_value;
  ParamValue value;                 // In this arm, with --set.
  std::vector<ParamValue> choices;  // Empty: anything of the type.
  std::vector<ParamValue> sweep;    // Empty: not swept.
  std::string help;
  bool implicit = false;  // `design`, declared for a job that names none.
  SourcePos pos;
};

enum class ArmKind : uint8_t { kBase, kVariant, kControl, kFix };

struct ArmDecl {
  std::string name;  // "base" for the file as it stands.
  ArmKind kind = ArmKind::kBase;
  std::vector<std::pair<std::string, ParamValue>> params;
  SourcePos pos;
};

// --- Threads and crossings -------------------------------------------------------

struct ThreadDecl {
  ThingKind kind = ThingKind::kProcess;  // kProcess, kThread, kOperator or kKthread.
  std::string name;
  DistributionDecl at;
  int64_t nice = 0;
  bool io_flusher = false;
  std::string cgroup;
  bool idle = false;     // kthread: waits outside locks are S, signals blocked.
  int32_t process = -1;  // kThread: index of its process; else its own.
  BodyRef body = kNoBody;
  int32_t order = 0;
  SourcePos pos;
};

struct SyscallDecl {
  std::string name;
  bool restart = false;
  BodyRef body = kNoBody;
  SourcePos pos;
};

struct KfuncDecl {
  std::string name;
  BodyRef body = kNoBody;
  SourcePos pos;
};

enum class CallbackPlace : uint8_t { kInline, kHelper, kDispatcher, kProcess };

struct CallbackDecl {
  std::string name;
  CallbackPlace place = CallbackPlace::kInline;
  WaitMode wait = WaitMode::kD;
  OnDeath on_death;
  bool atomic = false;
  int32_t dispatcher = -1;  // Index, where place = "dispatcher".
  BodyRef body = kNoBody;
  SourcePos pos;
};

struct DispatcherDecl {
  std::string name;
  int64_t width = 0;  // 0: as many as cores.
  int64_t limit = 0;
  int32_t order = 0;
  SourcePos pos;
};

// --- Locks and waits -------------------------------------------------------------

// What a `shared` holds and a message carries: a plain value.
using PlainValue = std::variant<std::monostate, bool, int64_t, double, std::string>;

struct SyncDecl {
  ThingKind kind = ThingKind::kMutex;  // kMutex .. kShared.
  std::string name;
  bool irq = false;        // spinlock
  bool fair = true;        // rwsem
  bool track_all = false;  // rrwlock
  bool open = true;        // gate
  int64_t count = 0;       // semaphore: initial; striped: locks.
  int64_t capacity = -1;   // queue; -1: no limit.
  PlainValue value;        // shared
  EndersDecl by;           // completion, condvar, waitqueue, gate
  int32_t order = 0;
  SourcePos pos;
};

// --- Servers, workers, devices, files --------------------------------------------

struct ServerDecl {
  std::string name;
  int64_t threads = 1;
  WaitMode wait = WaitMode::kKillable;
  OnDeath on_death;
  int64_t capacity = -1;  // -1: no limit.
  bool remote = false;
  bool start = true;
  BodyRef handler = kNoBody;
  int32_t order = 0;
  SourcePos pos;
};

struct WorkersDecl {
  std::string name;
  int64_t count = 0;
  int64_t max = 0;
  bool rescuer = false;
  int32_t order = 0;
  SourcePos pos;
};

struct DeviceDecl {
  std::string name;
  DistributionDecl service;
  std::optional<int64_t> bandwidth_bytes_per_s;
  int64_t depth = 0;
  DistributionDecl flush;
  EndersDecl by;
  int32_t order = 0;
  SourcePos pos;
};

struct FileDecl {
  std::string name;
  BodyRef release = kNoBody;
  SourcePos pos;
};

struct RingDecl {
  std::string name;
  int64_t entries = 0;
  int64_t cq_entries = 0;  // 0: twice as many.
  int64_t workers = 0;
  bool sqpoll = false;
  SourcePos pos;
};

// --- Pools -----------------------------------------------------------------------

// A module parameter of OpenZFS, in its own unit (tunables.h says which).
struct TunableValue {
  std::string name;  // "zfs_txg_timeout"
  std::string text;  // As written: "5s", "4294967296".
  int64_t value = 0;
};

struct DiskDecl {
  std::string profile;       // nvme, ssd, hdd, cloud, none, or "custom".
  DistributionDecl service;  // The next three for "custom".
  std::optional<int64_t> bandwidth_bytes_per_s;
  int64_t depth = 0;
};

struct PoolDecl {
  std::string name;
  int64_t disks = 1;
  std::string layout;  // stripe, mirror, raidz1, raidz2, raidz3
  int64_t width = 0;   // Disks of one mirror or raidz; 0: all.
  DiskDecl disk;
  DiskDecl log;          // For the intent log; "none".
  std::string failmode;  // wait, continue, panic
  bool multihost = false;
  bool batched_destroys = false;  // Of snapshots, by one ioctl: one txg for all.
  bool gate_first = true;
  bool cold_metadata = false;
  bool log_history = false;
  std::string import_file;             // As written; empty: none.
  std::string import_text;             // Its text, already read.
  std::vector<TunableValue> tunables;  // Those that the file sets.
  int32_t order = 0;
  SourcePos pos;
};

enum class PoolItemKind : uint8_t { kFilesystem, kVolume, kClone, kSnapshot, kBookmark, kHold };

// One step in making a pool's state before time 0, in order. Parents that a name implies
// are not listed: whoever builds the pool makes them.
struct PoolItemDecl {
  PoolItemKind kind = PoolItemKind::kFilesystem;
  int32_t pool = -1;
  std::string name;  // "tank/vm", "tank/vm@auto1", "tank/vm#mark"; kHold: the tag.
  std::string of;    // Snapshot: its dataset. Clone, bookmark, hold: the snapshot.
  int64_t used_bytes = 0;
  int64_t shared_with_next_bytes = 0;  // Snapshot: of `used`'s neighbours, space only these two hold.
  int64_t size_bytes = 0;              // Volume.
  bool mounted = true;
  std::vector<std::pair<std::string, std::string>> properties;
  SourcePos pos;
};

struct PoolLockDecl {
  int32_t pool = -1;
  std::string lock;  // dp_config, spa_namespace, SCL_CONFIG, SCL_STATE, SCL_ZIO, SCL_ALL
  SourcePos pos;
};

// --- Loads, jobs -----------------------------------------------------------------

enum class Arrivals : uint8_t { kPaced, kPoisson, kClosed };

struct LoadDecl {
  bool reads = false;
  std::string name;
  int64_t count = 1;
  std::optional<Rate> rate;  // Of all together; absent only where closed.
  int64_t size_bytes = 0;
  std::string dataset;  // "tank/vm"; a pool's name is its root dataset.
  int32_t pool = -1;
  bool append = false;
  int64_t fsync_every = 0;
  std::string sync;  // standard, always, disabled
  Arrivals arrivals = Arrivals::kPaced;
  DistributionDecl at;
  int64_t stop_at_ns = kForeverNs;
  int32_t order = 0;
  SourcePos pos;
};

enum class DesignDecl : uint8_t { kIoctl, kPipeline, kCallback, kChannelTx, kOptimisticTx, kRing, kProgram };
inline constexpr std::array<std::string_view, 7> kDesignDeclNames = {
    "ioctl", "pipeline", "callback", "channel_tx", "optimistic_tx", "ring", "program"};
constexpr std::string_view DesignDeclName(DesignDecl design) {
  return kDesignDeclNames[static_cast<size_t>(design)];
}

struct DesignOptionsDecl {
  struct {
    int64_t read_batch = 1;
    bool prefetch = true;
  } ioctl;  // Of every design: how lists and properties are read.
  struct {
    int64_t batch = 0;  // 0: all at once.
  } pipeline;
  struct {
    bool syncing = false;      // mode = "syncing"
    bool config_lock = false;  // lock = "config"
    bool overlay = false;      // own = "overlay"
    WaitMode wait = WaitMode::kD;
    CallbackPlace place = CallbackPlace::kInline;
  } callback;
  struct {
    int64_t lease_ns = kForeverNs;
    bool overlay = false;  // own = "overlay"
    bool commit_throttled = false;
    bool spa_each_call = false;  // spa_hold = "call"
    bool each_pool = false;      // pools = "each"
  } channel_tx;
  struct {
    int64_t retries = 0;
    DistributionDecl backoff;
    bool overlay = false;
  } optimistic_tx;
  struct {
    int64_t entries = 0;
    int64_t workers = 0;
    bool read_after_wait = false;
  } ring;
  struct {
    int64_t instructions = 0;
    int64_t memory_bytes = 0;
    bool sync = true;
  } program;
};

struct JobDecl {
  std::string name;
  DistributionDecl at;
  DistributionDecl think;
  int64_t repeats = 1;
  std::optional<DistributionDecl> every;  // From start to start; absent: back to back.
  DesignDecl design = DesignDecl::kChannelTx;
  std::string user;
  DesignOptionsDecl options;
  BodyRef body = kNoBody;
  int32_t order = 0;
  SourcePos pos;
};

// --- Faults ----------------------------------------------------------------------

enum class FaultAction : uint8_t {
  kKill,
  kStop,
  kCont,
  kSignal,
  kAbort,
  kExhaust,
  kStall,
  kOffline,
  kError,
  kSlow,
  kLose,
  kPowerCut,
  kCall,
  kLowMemory,
  kOtherHost,
};

struct FaultDecl {
  std::optional<DistributionDecl> at;  // Or:
  std::string choice;                  // the label under which the explorer decides.
  FaultAction action = FaultAction::kKill;
  ThingRef target;          // Null for kPowerCut, kCall and names that only a run knows.
  std::string target_name;  // "prune"
  std::string signal;       // kSignal: "USR1"
  int error = 0;            // kError
  int64_t factor = 0;       // kSlow
  int64_t lasting_ns = kForeverNs;
  BodyRef call = kNoBody;
  int32_t order = 0;
  SourcePos pos;
};

// --- Expectations ----------------------------------------------------------------

struct ExpectDecl {
  std::string sentence;
  // Where it is judged: arms, or one of the words.
  std::vector<std::string> arms;  // {"base"} unless said; empty if one of these:
  bool on_all = false;
  bool on_compare = false;
  bool on_sweep = false;
  bool on_explore = false;
  std::optional<int64_t> at_ns;  // Absent: at the end.
  // Keys; absent ones do not judge.
  std::optional<std::string> verdict;
  std::optional<std::vector<std::string>> frozen;
  std::optional<std::vector<std::string>> cycle;
  std::optional<std::string> root;
  std::optional<std::vector<std::string>> hung;
  // By letter: D, DK, S, R, T, Z.
  std::vector<std::pair<std::string, std::vector<std::string>>> states;
  std::optional<std::vector<std::string>> detector;
  std::optional<std::vector<std::string>> freed_by;
  std::optional<std::vector<std::string>> not_freed_by;
  std::optional<std::vector<std::string>> completes;
  std::optional<int64_t> within_ns;
  std::optional<int64_t> deviations;
  BodyRef body = kNoBody;
  SourcePos pos;

  // True if it is judged on a plain run of `arm`.
  bool JudgesArm(std::string_view arm) const;
};

// Its stream has the path "rng/NAME".
struct RngDecl {
  std::string name;
  int64_t draws = 0;  // Taken by the file itself; the run goes on from there.
  SourcePos pos;
};

// --- All of it -------------------------------------------------------------------

struct Scenario {
  std::string file;  // As given to Resolve.
  std::string arm;   // "base", or the name of the one resolved.
  ArmKind arm_kind = ArmKind::kBase;
  bool params_overridden = false;  // By --set: only on = "all" is checked.

  MachineDecl machine;
  std::vector<ParamDecl> params;
  std::vector<ArmDecl> arms;  // "base" first.

  std::vector<ThreadDecl> threads;
  std::vector<SyscallDecl> syscalls;
  std::vector<KfuncDecl> kfuncs;
  std::vector<CallbackDecl> callbacks;
  std::vector<DispatcherDecl> dispatchers;
  std::vector<SyncDecl> sync_objects;
  std::vector<ServerDecl> servers;
  std::vector<WorkersDecl> workers;
  std::vector<DeviceDecl> devices;
  std::vector<FileDecl> files;
  std::vector<RingDecl> rings;
  std::vector<PoolDecl> pools;
  std::vector<PoolItemDecl> pool_items;
  std::vector<PoolLockDecl> pool_locks;
  std::vector<LoadDecl> loads;
  std::vector<JobDecl> jobs;
  std::vector<FaultDecl> faults;
  std::vector<ExpectDecl> expects;
  std::vector<RngDecl> rngs;

  // The latest `at` of this arm's expectations, or 0: a run is never shorter.
  int64_t LatestExpectNs() const;
  // The thing's name, as reports print it ("SCL_STATE" for a lock of a pool); empty for what
  // a run has made.
  const std::string& NameOf(ThingRef thing) const;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_LANGUAGE_SCENARIO_H_
