// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/loop.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "fmt/format.h"
#include "model/script/language/quantity.h"
#include "model/script/result/expect.h"
#include "model/script/run/fault.h"
#include "model/script/run/freed.h"
#include "model/script/run/pool.h"
#include "model/script/run/result.h"
#include "model/script/run/watch.h"
#include "sim/digest.h"
#include "sim/hash.h"

namespace model {
namespace {

constexpr sim::SimDuration kStretch = sim::SimDuration::Seconds(1);

WorldOptions WorldOptionsOf(const RunOptions& options) {
  WorldOptions world;
  world.seed = options.seed;
  world.nominal = options.nominal;
  world.strategy = options.strategy;
  world.slack = options.slack;
  world.record = options.record;
  world.keep_records = options.keep_records;
  world.sink = options.sink;
  world.interrupted = options.interrupted;
  world.steps_per_instant = options.steps_per_instant;
  world.design = options.design;
  world.design_jobs = options.design_jobs;
  world.disturbance = options.disturbance;
  world.phase_ns = options.phase_ns;
  return world;
}

DetectorOptions DetectorOptionsOf(const MachineDecl& machine) {
  DetectorOptions options;
  options.hung_task_timeout =
      sim::SimDuration::Nanos(machine.hung_task_timeout_ns == kForeverNs ? 0 : machine.hung_task_timeout_ns);
  return options;
}

bool IsHang(Verdict verdict) { return verdict <= Verdict::kLivelock; }

// True if the expectation says that there is a hang, or who is blocked.
bool SpeaksOfHang(const ExpectDecl& expect) {
  if (expect.verdict) {
    constexpr Verdict kNoHang[] = {Verdict::kSlow, Verdict::kUnknown, Verdict::kCompleted};
    return std::none_of(std::begin(kNoHang), std::end(kNoHang),
                        [&](Verdict verdict) { return *expect.verdict == VerdictName(verdict); });
  }
  return expect.cycle || expect.root || expect.hung || expect.freed_by || expect.not_freed_by ||
         expect.frozen || expect.detector || !expect.states.empty();
}

// Figures of such a load are those of another length than the file says. Beside a job a load is only there
// for as long as the job runs.
void WarnOfShortLoads(World* world) {
  if (!world->AllEnded() || !world->scenario().jobs.empty()) return;
  for (const std::unique_ptr<Load>& load : world->pools().loads()) {
    const LoadOptions& options = load->options();
    if (options.stop_at == sim::SimTime::Max() || world->now() >= options.stop_at) continue;
    constexpr int64_t kMilli = 1'000'000;
    const int64_t ran = std::max<int64_t>((world->now() - options.at).ns(), 0) / kMilli * kMilli;
    world->Warn(fmt::format("load {} ran for {} of its {}: a load keeps no run going, and all else had ended",
                            options.name, FormatDuration(ran),
                            FormatDuration((options.stop_at - options.at).ns())));
  }
}

class Run {
 public:
  Run(LoadedScenario* loaded, const RunOptions& options)
      : loaded_(loaded),
        options_(options),
        world_options_(WorldOptionsOf(options)),
        world_(loaded, world_options_),
        watch_(&world_),
        detector_(&world_.machine(), DetectorOptionsOf(loaded->scenario.machine)) {
    const int64_t stop = options.until_ns.value_or(loaded->scenario.machine.stop_at_ns);
    if (options.judge) {
      for (const ExpectDecl& expect : loaded->scenario.expects) {
        if (expect.at_ns && Judged(expect)) instants_.push_back(sim::SimTime::FromNanos(*expect.at_ns));
      }
      std::sort(instants_.begin(), instants_.end(), std::greater<>());
      instants_.erase(std::unique(instants_.begin(), instants_.end()), instants_.end());
    }
    limit_ = sim::SimTime::FromNanos(std::max(stop, instants_.empty() ? 0 : instants_.front().ns()));
    judgements_.resize(loaded->scenario.expects.size());
  }

  RunOutcome Go() {
    const sim::Simulation::Scope scope(&world_.simulation());
    detector_.Start();
    while (!world_.failed() && !world_.was_interrupted() && !interrupted_ && !AtEnd()) Advance();
    return Finish();
  }

 private:
  // Whether this run judges the expectation.
  bool Judged(const ExpectDecl& expect) const {
    const Scenario& scenario = loaded_->scenario;
    if (options_.design) return expect.on_all;
    return expect.JudgesArm(scenario.arm) && (!scenario.params_overridden || expect.on_all);
  }

  // To stop early, from outside.
  bool Asked() const {
    return options_.interrupted != nullptr && options_.interrupted->load(std::memory_order_relaxed);
  }

  // Nothing will happen any more, but for the detectors.
  bool Idle() { return world_.simulation().pending() <= detector_.armed(); }

  bool AtEnd() {
    if (!instants_.empty()) return false;
    if (world_.AllEnded() || world_.halted()) return true;
    if (world_.now() >= limit_) {
      cut_short_ = true;
      return true;
    }
    const bool idle = Idle();
    if (!idle && !watch_.AnySuspect()) return false;
    const HungSet hung = watch_.HungNow();
    waits_for_detector_ = !hung.empty() && !detector_.Done(hung.threads());
    if (hung.empty()) return idle;
    return !watch_.OutsideToCome() && !waits_for_detector_ && world_.AllEndedOrHung(hung);
  }

  // To the next time at which something is looked at.
  void Advance() {
    if (world_.halted()) {  // All stays as it is.
      JudgeInstant(instants_.back());
      instants_.pop_back();
      return;
    }
    sim::SimTime next = limit_;
    if (!instants_.empty()) next = std::min(next, instants_.back());
    if (!Idle()) {
      const int64_t second = kStretch.ns();
      next = std::min(next, sim::SimTime::FromNanos((world_.now().ns() / second + 1) * second));
    } else if (waits_for_detector_) {
      next = std::min(next, detector_.NextPass());
    }
    sim::Simulation& simulation = world_.simulation();
    // Somebody ended, or there is something to look at: before that time.
    if (simulation.Run(next) == sim::Simulation::End::kStopped) return;
    simulation.AdvanceTo(next);
    interrupted_ = interrupted_ || Asked();
    if (!instants_.empty() && instants_.back() <= world_.now()) {
      JudgeInstant(instants_.back());
      instants_.pop_back();
    }
  }

  void JudgeInstant(sim::SimTime at) {
    std::vector<std::string> asked;
    bool about_freedom = false;  // Trying is dear: only where somebody asks.
    for (const ExpectDecl& expect : loaded_->scenario.expects) {
      if (!Judged(expect) || expect.at_ns != at.ns()) continue;
      const std::vector<std::string> actions = ActionsAskedFor(expect);
      asked.insert(asked.end(), actions.begin(), actions.end());
      about_freedom = about_freedom || expect.freed_by || expect.not_freed_by;
    }
    const Judgement judgement = watch_.JudgeNow(false);
    std::optional<Diagnosis> diagnosis;
    if (about_freedom) diagnosis = Diagnose(judgement, at, asked);
    const ResultValue result = BuildResult(world_, detector_, judgement, diagnosis ? &*diagnosis : nullptr);
    JudgeAll(result, at.ns());
    std::optional<ResultValue> judged = BuildJudged(world_, judgement, diagnosis ? &*diagnosis : nullptr);
    if (judged) judged_.Append(*std::move(judged));
  }

  // What was proposed from the chain and what the file asks about.
  Diagnosis Diagnose(const Judgement& judgement, sim::SimTime at, const std::vector<std::string>& asked) {
    if (judgement.hung.empty()) return {};
    std::vector<Action> actions = ProposeActions(judgement, watch_.Targets());
    for (const std::string& text : asked) {
      const std::optional<Action> action = ParseAction(text);
      if (action && std::find(actions.begin(), actions.end(), *action) == actions.end())
        actions.push_back(*action);
    }
    TryOptions options{.loaded = loaded_, .world = world_options_, .at = at, .hung = {}};
    for (const Thread* thread : judgement.hung.threads()) options.hung.push_back(thread->name());
    // The same decisions again, whoever took them.
    std::optional<sim::ReplayStrategy> replay;
    if (options_.strategy != nullptr) replay.emplace(world_.chooser().schedule().deviations);
    options.world.strategy = replay ? &*replay : nullptr;
    std::vector<FreedBy> freed_by = TryActions(actions, [&](const Action& action) {
      interrupted_ = interrupted_ || Asked();
      return interrupted_ ? Outcome() : TryAction(options, action);
    });
    return {std::move(actions), std::move(freed_by)};
  }

  // The expectations of one instant; none: those of the end.
  void JudgeAll(const ResultValue& result, std::optional<int64_t> at_ns) {
    const std::vector<ExpectDecl>& expects = loaded_->scenario.expects;
    for (size_t i = 0; i < expects.size(); ++i) {
      if (!Judged(expects[i]) || expects[i].at_ns != at_ns) continue;
      judgements_[i] = JudgeExpectation(*loaded_, expects[i], result);
      if (judgements_[i]->error) world_.Fail(*judgements_[i]->error);
    }
  }

  // Also what was expected without saying so.
  ResultValue ExpectationsResult(Verdict verdict) const {
    ResultValue list = ResultValue::Array();
    const Scenario& scenario = loaded_->scenario;
    for (size_t i = 0; i < scenario.expects.size(); ++i) {
      if (!scenario.expects[i].JudgesArm(scenario.arm)) continue;
      ResultValue& entry = list.Append(ResultValue::Object());
      entry.Set("text", scenario.expects[i].sentence);
      // Null: not checked, and why.
      entry.Set("held", judgements_[i] ? ResultValue(judgements_[i]->held) : ResultValue());
      const ExpectJudgement none;
      const ExpectJudgement& judgement = judgements_[i] ? *judgements_[i] : none;
      if (!judgement.failing_key.empty()) entry.Set("key", judgement.failing_key);
      if (!judgement.expected.empty()) entry.Set("expected", judgement.expected);
      const std::string actual = judgements_[i] ? judgement.actual : NotChecked();
      entry.Set("actual", actual.empty() ? ResultValue() : ResultValue(actual));
      SetDurations(judgement, &entry);
    }
    if (!options_.judge || interrupted_) return list;
    if (MustComplete()) {
      AddVerdict("a control completes without a hang", verdict, ControlHolds(verdict), &list);
    } else if (HangNobodyExpects(verdict)) {
      const bool panic = world_.halted().has_value();
      AddVerdict(panic ? "no panic that nothing expects" : "no hang that nothing expects", verdict, false,
                 &list);
    }
    return list;
  }

  // Why an expectation of the arm was not judged.
  std::string NotChecked() const {
    if (interrupted_) return "not checked (interrupted)";
    if (loaded_->scenario.params_overridden) return "not checked (parameters changed)";
    return "";
  }

  static void AddVerdict(std::string_view text, Verdict verdict, bool held, ResultValue* list) {
    ResultValue& entry = list->Append(ResultValue::Object());
    entry.Set("text", text);
    entry.Set("held", held);
    if (!held) {
      entry.Set("key", "verdict");
      entry.Set("expected", VerdictName(Verdict::kCompleted));
    }
    entry.Set("actual", held ? ResultValue() : ResultValue(VerdictName(verdict)));
  }

  bool IsControl() const {
    const ArmKind kind = loaded_->scenario.arm_kind;
    return kind == ArmKind::kControl || kind == ArmKind::kFix;
  }
  bool MustComplete() const { return IsControl() && options_.judge && !loaded_->scenario.params_overridden; }

  // The power goes because the file says so: nothing hangs for that.
  bool PowerCut() const { return world_.halted() && world_.halted()->kind == "power_cut"; }
  bool ControlHolds(Verdict verdict) const { return verdict == Verdict::kCompleted || PowerCut(); }

  // A hang, or a panic, that nothing in the file speaks of.
  bool HangNobodyExpects(Verdict verdict) const {
    if (!IsHang(verdict) || PowerCut()) return false;
    const std::vector<ExpectDecl>& expects = loaded_->scenario.expects;
    // With other parameters the run is no arm of the file, and who would judge it is not asked: a hang is
    // no news in a file that is about one.
    const bool any_arm = loaded_->scenario.params_overridden && !IsControl();
    for (size_t i = 0; i < expects.size(); ++i) {
      if ((any_arm || judgements_[i]) && SpeaksOfHang(expects[i])) return false;
    }
    return true;
  }

  bool Held(Verdict verdict) const {
    if (std::any_of(judgements_.begin(), judgements_.end(),
                    [](const auto& judgement) { return judgement && !judgement->held; })) {
      return false;
    }
    if (!world_.failed_checks().empty()) return false;
    return MustComplete() ? ControlHolds(verdict) : !HangNobodyExpects(verdict);
  }

  RunOutcome Finish() {
    RunOutcome outcome;
    interrupted_ = interrupted_ || world_.was_interrupted();
    const Judgement judgement = watch_.JudgeNow((cut_short_ || interrupted_) && world_.AnythingToEnd());
    for (Pool* pool : world_.pools().pools()) {
      for (const std::string& violation : pool->violations()) world_.Warn(violation);
    }
    WarnOfShortLoads(&world_);
    std::optional<Diagnosis> diagnosis;
    if (!world_.failed() && !interrupted_) {
      diagnosis.emplace();
      if (options_.diagnose) {
        std::vector<std::string> asked;
        for (const ExpectDecl& expect : loaded_->scenario.expects) {
          if (expect.at_ns || !Judged(expect)) continue;
          const std::vector<std::string> actions = ActionsAskedFor(expect);
          asked.insert(asked.end(), actions.begin(), actions.end());
        }
        *diagnosis = Diagnose(judgement, std::max(ClosedAt(judgement), world_.faults().last_change()), asked);
      }
      // Not all were tried.
      if ((!options_.diagnose && !judgement.hung.empty()) || interrupted_) diagnosis.reset();
    }
    outcome.result = BuildResult(world_, detector_, judgement, diagnosis ? &*diagnosis : nullptr);
    outcome.result.Set("judged", std::move(judged_));
    if (interrupted_) {
      outcome.result.Set("complete", false);
      if (judgement.subkind == "unfinished") outcome.result.Set("subkind", "interrupted");
    } else {
      world_.machine().Record(RecordKind::kEnd, nullptr, sim::HashName(VerdictName(judgement.verdict)),
                              sim::HashName(judgement.subkind));
      outcome.result.Set("digest", sim::DigestText(world_.recorder().digest()));
    }
    if (options_.judge && !world_.failed() && !interrupted_) JudgeAll(outcome.result, std::nullopt);
    outcome.held = !world_.failed() && Held(judgement.verdict);
    outcome.result.Set("held", interrupted_ ? ResultValue() : ResultValue(outcome.held));
    outcome.result.Set("expectations", ExpectationsResult(judgement.verdict));
    outcome.error = world_.error();
    outcome.traceback = world_.traceback();
    outcome.interrupted = interrupted_;
    outcome.schedule = world_.chooser().schedule();
    if (options_.keep_records) outcome.records = world_.recorder().records();
    if (options_.at_end && !world_.failed()) options_.at_end(world_);
    return outcome;
  }

  LoadedScenario* loaded_;
  const RunOptions& options_;
  WorldOptions world_options_;
  World world_;
  RunWatch watch_;
  Detector detector_;
  std::vector<sim::SimTime> instants_;  // Still to be judged, the next one last.
  sim::SimTime limit_;
  bool waits_for_detector_ = false;
  bool cut_short_ = false;
  bool interrupted_ = false;
  ResultValue judged_ = ResultValue::Array();               // At earlier instants.
  std::vector<std::optional<ExpectJudgement>> judgements_;  // By index of the expectation.
};

}  // namespace

RunOutcome RunScenario(LoadedScenario* loaded, const RunOptions& options) {
  return Run(loaded, options).Go();
}

}  // namespace model
