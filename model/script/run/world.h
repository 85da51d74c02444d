// SPDX-License-Identifier: Apache-2.0
//
// One run of a scenario: the simulation, the machine and everything the file declared.
//
//   World world(loaded, options);       // builds all of it; nothing has happened yet
//   world.simulation().Run(until);
//
// A World is an instance of an immutable Scenario. It reads the Lua state of its
// LoadedScenario and leaves nothing there, so runs may follow each other on one state, or
// take turns. Nothing is global.
//
// Things (ThingRef) of the declared kinds are indices into the tables here; what a body
// declares or makes while the run is on goes behind them, and indices are never reused.
//
// An error of the scenario, or a limit, ends the run: Fail() stops the simulation, and the
// body at fault never continues.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_WORLD_H_
#define TXGSIM_MODEL_SCRIPT_RUN_WORLD_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "model/design/client_fault.h"
#include "model/machine/event_names.h"
#include "model/machine/machine.h"
#include "model/script/declare/resolve.h"
#include "model/script/lua/script_host.h"
#include "model/script/run/thread.h"
#include "model/sync/event.h"
#include "model/watch/lap_book.h"
#include "sim/choice.h"
#include "sim/recorder.h"

namespace model {

class CrossingTable;
class DeviceTable;
class FaultTable;
class FileTable;
class HungSet;
class PoolTable;
class RingTable;
class RngTable;
class SyncTable;
class WorkTable;

struct WorldOptions {
  uint64_t seed = 1;
  bool nominal = false;                   // Every draw at p50.
  sim::Strategy* strategy = nullptr;      // Not owned; null: the default schedule.
  std::optional<sim::SimDuration> slack;  // See RunOptions.
  bool keep_site_names = true;
  bool record = true;
  bool keep_records = false;
  sim::RecordSink* sink = nullptr;
  std::optional<DesignDecl> design;  // Of every job, in place of its own.
  size_t design_jobs = SIZE_MAX;     // See RunOptions.
  JobDisturbance disturbance;
  int64_t phase_ns = 0;  // See RunOptions.
  // Steps of bodies at one instant, after which the run is ended as an endless loop.
  int64_t steps_per_instant = 1'000'000;
  const std::atomic<bool>* interrupted = nullptr;  // Set from outside (Ctrl-C): ends the run early.
  // Faults and operators after this stay away.
  sim::SimTime outside_until = sim::SimTime::Max();
};

// A note of mark(): when, and what.
struct MarkEntry {
  sim::SimTime at;
  PlainValue value;
};

class World {
 public:
  World(LoadedScenario* loaded, const WorldOptions& options);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  const Scenario& scenario() const { return loaded_->scenario; }
  ScriptHost& host() const { return *loaded_->host; }
  const WorldOptions& options() const { return options_; }
  sim::Simulation& simulation() { return simulation_; }
  sim::Recorder& recorder() { return *recorder_; }
  sim::Chooser& chooser() { return chooser_; }
  Machine& machine() { return *machine_; }
  const Machine& machine() const { return *machine_; }
  sim::SimTime now() const { return simulation_.now(); }

  SyncTable& sync() { return *sync_; }
  CrossingTable& crossings() { return *crossings_; }
  WorkTable& work() { return *work_; }
  DeviceTable& devices() { return *devices_; }
  FileTable& files() { return *files_; }
  RingTable& rings() { return *rings_; }
  PoolTable& pools() { return *pools_; }
  FaultTable& faults() { return *faults_; }
  RngTable& rngs() { return *rngs_; }

  // The text, as one that lives as long as the run: for frames of stacks.
  const char* Intern(std::string_view text) { return names_.emplace(text).first->c_str(); }

  // ---- Threads (thread.h) ----
  RunThread& ThreadOf(Thread* thread);
  // Null if no body ever ran on it.
  RunThread* FindThreadOf(const Thread* thread);
  RunProcess& ProcessOf(Process* process);
  // The thread that a declared process (its main thread), thread, operator or kthread is.
  Thread* DeclaredThread(int32_t index) const { return declared_threads_[static_cast<size_t>(index)]; }
  // A thread that runs a body, which `make` makes when the thread starts.
  Thread* SpawnThread(Process* process, std::string name, Machine::SpawnOptions options,
                      std::function<std::unique_ptr<BodyRun>(RunThread*)> make);
  // Such a thread that holds the run open: a body made it, or a fault.
  void HoldOpenFor(Thread* thread);
  // Bodies may have so many of these alive at once.
  static constexpr size_t kMaxSpawned = 10'000;
  bool RoomForThread();
  // The processes or threads that a name of the scenario stands for: itself, or NAME/1 ….
  std::vector<Thread*> ThreadsNamed(std::string_view name) const;

  // ---- What code can reach ----
  // The things, and what the bodies of syscalls, callbacks and the like among them reach; sorted.
  // Not through servers: what their threads do is theirs.
  std::vector<ThingRef> ReachOf(const std::vector<ThingRef>& things) const;
  void AddThreadsThatReach(ThingRef thing, Producers* producers) const;
  void AddScriptThreads(Producers* producers) const;
  static void AddTaskWork(const RunThread& here, ThingRef thing, Producers* producers);

  // ---- Draws and choices ----
  int64_t Draw(sim::Site& site, const DistributionDecl& distribution);
  // True if an explored schedule wants another thread to go first here.
  bool WantsToGiveWay(RunThread* here, std::string_view label);
  // Whether steps of bodies are events, or offered to a strategy.
  bool has_scheduling_points() const { return chooser_.has_strategy() || machine_->profile().ideal; }

  // ---- The end ----
  void Fail(ScenarioError error);
  bool failed() const { return error_.has_value(); }
  const std::optional<ScenarioError>& error() const { return error_; }
  const std::vector<std::string>& traceback() const { return traceback_; }
  void set_traceback(std::vector<std::string> lines) { traceback_ = std::move(lines); }
  // check(false, text): the run goes on, and has failed.
  void CheckFailed(std::string text);
  const std::vector<std::string>& failed_checks() const { return failed_checks_; }
  void Warn(std::string text);
  const std::vector<std::string>& warnings() const { return warnings_; }

  // The machine stops here, for good: a kernel panic, a power cut.
  struct Halted {
    sim::SimTime at;
    std::string_view kind;  // "panic", "power_cut"
    std::string text;
  };
  void Halt(std::string_view kind, std::string text);
  const std::optional<Halted>& halted() const { return halted_; }

  // Called once for each step of a body, which goes on behind `word` (null: at its beginning) on `L`:
  // limits, and the flag from outside. False: the run is over.
  bool CountStep(lua_State* L, const Word* word);
  // Notes memory that a body has made the run take outside of Lua, for as long as it lasts. The next step
  // ends the run if that is too much; words that do not wait ask themselves.
  void Take(int64_t bytes) { taken_bytes_ += bytes; }
  bool TookTooMuch() const { return taken_bytes_ > kMemoryBytes; }
  static std::string MemoryLimitText();
  bool was_interrupted() const { return was_interrupted_; }
  LapBook& laps() { return *laps_; }
  // Somebody may have been the last that the run waited for.
  void SomethingEnded();
  bool AllEnded();
  // Each that the run waits for has ended, or hangs: nobody of them will do anything more.
  bool AllEndedOrHung(const HungSet& hung) const;
  // The file has something whose end ends the run.
  bool AnythingToEnd() const;
  // A thread that only repeats itself was found, or the like: look at the hung set now.
  void LookNow() { simulation_.Stop(); }

  // ---- What bodies leave behind ----
  std::map<std::string, std::vector<MarkEntry>> marks;
  struct CommandOutput {
    sim::SimTime at;
    std::string by;    // The thread.
    std::string line;  // "zfs list tank"; empty for zfs.debug.
    int exit_code = 0;
    std::string output;
  };
  void NoteOutput(CommandOutput output);
  std::vector<CommandOutput> command_output;  // What `sh` and zfs.debug printed, in order.

 private:
  static constexpr int64_t kMemoryBytes = int64_t{512} << 20;

  void BuildDeclared();
  void BuildThread(int32_t index);
  void NoteAwaited();
  bool HasEnded(const Thread* awaited) const;

  LoadedScenario* loaded_;
  WorldOptions options_;
  // First to be built, last to go: what others hold pointers into.
  std::set<std::string, std::less<>> names_;
  sim::Simulation simulation_;
  sim::Chooser chooser_;
  std::unique_ptr<sim::Recorder> recorder_;
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<MachineEventNames> event_names_;  // Of a run that permutes events.
  std::unique_ptr<LapBook> laps_;
  std::unique_ptr<RngTable> rngs_;
  std::unique_ptr<SyncTable> sync_;
  std::unique_ptr<CrossingTable> crossings_;
  std::unique_ptr<WorkTable> work_;
  std::unique_ptr<DeviceTable> devices_;
  std::unique_ptr<FileTable> files_;
  std::unique_ptr<RingTable> rings_;
  std::unique_ptr<PoolTable> pools_;
  std::unique_ptr<FaultTable> faults_;

  absl::btree_map<int, std::unique_ptr<RunThread>> threads_;     // By tid.
  absl::btree_map<int, std::unique_ptr<RunProcess>> processes_;  // By pid.
  std::vector<Thread*> declared_threads_;                        // By index of Scenario::threads.
  // The run waits for these, and for those that bodies and faults made. What has ended at the back is
  // dropped.
  std::vector<const Thread*> awaited_;
  std::vector<const Thread*> spawned_;

  std::optional<Halted> halted_;
  std::optional<ScenarioError> error_;
  std::vector<std::string> traceback_;
  std::vector<std::string> failed_checks_;
  std::vector<std::string> warnings_;
  sim::SimTime step_instant_;
  int64_t steps_at_instant_ = 0;
  int64_t steps_ = 0;
  int64_t taken_bytes_ = 0;
  bool was_interrupted_ = false;
};

SleepKind SleepKindOf(WaitMode mode);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_WORLD_H_
