// SPDX-License-Identifier: Apache-2.0
#include "model/design/oracle.h"

#include <algorithm>

#include "absl/container/btree_set.h"
#include "model/dataset/errno.h"
#include "model/dataset/space_policy.h"

namespace model {
namespace {

// A txg for each mutation, as `ioctl` has it: no EAGAIN for a second snapshot.
constexpr uint64_t kFirstTxg = 1'000'000'000;

CheckContext Deciding(uint64_t txg) {
  return {.syncing = true, .txg = txg, .caller = Caller::kChannelProgram};
}

JobAnswer Mutate(DatasetTree* tree, const Mutation& mutation, uint64_t txg) {
  JobAnswer answer;
  answer.error = CheckSyntax(mutation);
  if (answer.error == 0) answer.error = CheckTask(*tree, mutation, Deciding(txg), &answer.details);
  if (answer.error == 0) Apply(*tree, mutation, {.txg = txg, .time_s = 0});
  return answer;
}

std::string FilesystemOf(const std::string& snapshot) { return snapshot.substr(0, snapshot.find('@')); }

// Follows the conditions under which a job is deferrable.
class Deferral {
 public:
  explicit Deferral(const DatasetTree& start) : start_(start) {}

  void OnAnswer(const JobCall& call, const JobAnswer& answer, uint64_t txg) {
    if (!reason_.empty()) return;
    if (call.kind != CallKind::kSync) {
      if (AnswerText(call, ServeRead(start_, call, Deciding(txg))) != AnswerText(call, answer)) {
        reason_ = CallText(call) + " depends on what the job changed";
      }
      return;
    }
    if (answer.error != 0) {
      reason_ = CallText(call) + " fails";
      return;
    }
    const Mutation& mutation = call.mutation;
    if (mutation.kind == MutationKind::kSnapshot) {
      NoteSnapshot(mutation.name);
      for (const std::string& name : mutation.more) NoteSnapshot(name);
    } else if (mutation.kind == MutationKind::kRollback && snapshotted_.contains(mutation.name)) {
      reason_ = "a rollback of " + mutation.name + " follows a snapshot of it";
    }
  }
  const std::string& reason() const { return reason_; }

 private:
  void NoteSnapshot(const std::string& snapshot) {
    if (!snapshotted_.insert(FilesystemOf(snapshot)).second && reason_.empty()) {
      reason_ = FilesystemOf(snapshot) + " is snapshotted twice";
    }
  }
  const DatasetTree& start_;
  absl::btree_set<std::string> snapshotted_;
  std::string reason_;
};

// The tree before exchange `index` of a direct run, and whether an earlier exchange
// snapshotted the filesystem that `call` snapshots.
DatasetTree TreeBefore(const DirectRun& direct, const DatasetTree& start, size_t index) {
  DatasetTree tree = start;
  uint64_t txg = kFirstTxg;
  for (size_t i = 0; i < index; ++i, ++txg) {
    if (direct.exchanges[i].call.kind == CallKind::kSync)
      Mutate(&tree, direct.exchanges[i].call.mutation, txg);
  }
  return tree;
}

bool SnapshotsInOneTxg(const std::vector<JobFigures::Exchange>& exchanges, size_t index) {
  absl::btree_set<std::string> seen;
  for (size_t i = 0; i <= index && i < exchanges.size(); ++i) {
    const Mutation& mutation = exchanges[i].call.mutation;
    if (exchanges[i].call.kind != CallKind::kSync) continue;
    if (mutation.kind == MutationKind::kRollback && seen.contains(mutation.name)) return true;
    if (mutation.kind != MutationKind::kSnapshot) continue;
    if (!seen.insert(FilesystemOf(mutation.name)).second) return true;
  }
  return false;
}

// Why `got` is another answer than direct's; empty if nothing explains it.
std::string CauseOf(const DirectRun& direct, const DatasetTree& start, const DesignOutcome& outcome,
                    size_t index) {
  const JobFigures::Exchange& mine = (*outcome.exchanges)[index];
  const JobFigures::Exchange& theirs = direct.exchanges[index];
  const JobCall& call = mine.call;
  if (call.kind == CallKind::kSync) {
    if (mine.recorded && mine.error == 0 && theirs.error != 0) return "deferred_errno";
    if (mine.error == kEAGAIN && SnapshotsInOneTxg(*outcome.exchanges, index)) return "same_txg";
    if (mine.error == 0 && theirs.error == kENOSPC) {
      // What a destroy frees comes back with the txgs, by nobody's doing that the job knows of.
      DatasetTree drained = TreeBefore(direct, start, index);
      drained.DrainFreeing(drained.freeing_bytes(), kFirstTxg + index);
      if (Mutate(&drained, call.mutation, kFirstTxg + index).error == 0) return "interference";
    }
  } else {
    const uint64_t txg = kFirstTxg + index;
    if (AnswerText(call, ServeRead(start, call, Deciding(txg))) == mine.answer) return "own_mutation";
    if (call.kind == CallKind::kCheck) {
      CheckContext open = Deciding(txg);
      open.syncing = false;
      if (AnswerText(call, ServeRead(TreeBefore(direct, start, index), call, open)) == mine.answer ||
          AnswerText(call, ServeRead(start, call, open)) == mine.answer) {
        return "open_check";
      }
    }
  }
  return outcome.others ? "interference" : "";
}

std::string ResultText(int result) { return result == 0 ? "0" : std::string(ErrnoName(result)); }

// The answers agree but the result does not: only what the commit said can differ.
std::string CauseOfResult(const DirectRun& direct, const DesignOutcome& outcome) {
  if (outcome.result == kEAGAIN && SnapshotsInOneTxg(*outcome.exchanges, outcome.exchanges->size()))
    return "same_txg";
  const bool direct_failed_a_mutation =
      std::any_of(direct.exchanges.begin(), direct.exchanges.end(),
                  [](const auto& e) { return e.call.kind == CallKind::kSync && e.error != 0; });
  if (direct_failed_a_mutation && outcome.result != 0) return "atomic_error";
  if (outcome.result == kETIMEDOUT) return "atomic_error";  // The lease ended.
  return outcome.others ? "interference" : "";
}

}  // namespace

DirectRun RunDirect(JobBody* body, const DatasetTree& start) {
  DirectRun direct{DatasetTree(start)};
  Deferral deferral(start);
  std::unique_ptr<JobRun> run = body->NewRun();
  JobStep step = run->Start();
  uint64_t txg = kFirstTxg;
  while (step.goes_on()) {
    if (direct.exchanges.size() >= kDirectCallLimit) {
      direct.broken = "the job makes more than 10,000,000 calls";
      break;
    }
    JobAnswer answer;
    if (step.kind == JobStep::Kind::kCall) {
      if (step.call.kind == CallKind::kSync) {
        answer = Mutate(&direct.tree, step.call.mutation, txg);
      } else {
        answer = ServeRead(direct.tree, step.call, Deciding(txg));
      }
      deferral.OnAnswer(step.call, answer, txg);
      direct.exchanges.push_back({step.call, AnswerText(step.call, answer), answer.error, false});
      ++txg;
    }
    step = run->Resume(answer);
  }
  direct.result = step.kind == JobStep::Kind::kBroken ? kECHRNG : step.error;
  if (!step.text.empty()) direct.broken = step.text;
  direct.tree.DrainFreeing(direct.tree.freeing_bytes(), txg);
  direct.not_deferrable_because = deferral.reason();
  direct.deferrable = deferral.reason().empty() && direct.result == 0 && direct.broken.empty();
  return direct;
}

std::optional<SemanticDifference> Explain(const DirectRun& direct, const DatasetTree& start,
                                          const DesignOutcome& outcome) {
  const std::vector<JobFigures::Exchange>& mine = *outcome.exchanges;
  for (size_t i = 0; i < mine.size() && i < direct.exchanges.size(); ++i) {
    const std::string call = CallText(mine[i].call);
    const std::string direct_call = CallText(direct.exchanges[i].call);
    if (call != direct_call) {
      // Equal answers so far and another question: the body itself is not a function of its answers.
      return SemanticDifference{call, static_cast<int64_t>(i), direct_call, call,
                                outcome.others ? "interference" : ""};
    }
    if (mine[i].answer != direct.exchanges[i].answer) {
      return SemanticDifference{call, static_cast<int64_t>(i), direct.exchanges[i].answer, mine[i].answer,
                                CauseOf(direct, start, outcome, i)};
    }
  }
  if (outcome.killed)
    return SemanticDifference{"the job", -1, ResultText(direct.result), "killed", "interference"};
  if (outcome.completed && outcome.result != direct.result) {
    const char* what = outcome.design == DesignKind::kIoctl ? "the job" : "commit";
    return SemanticDifference{what, -1, ResultText(direct.result), ResultText(outcome.result),
                              CauseOfResult(direct, outcome)};
  }
  return std::nullopt;
}

}  // namespace model
