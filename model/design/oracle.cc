// SPDX-License-Identifier: Apache-2.0
#include "model/design/oracle.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "model/dataset/space_policy.h"
#include "model/dataset/tree_digest.h"

namespace model {
namespace {

// A txg for each mutation, as `ioctl` has it: no EAGAIN for a second snapshot.
constexpr uint64_t kFirstTxg = 1'000'000'000;

CheckContext Deciding(uint64_t txg) {
  return {.syncing = true, .txg = txg, .caller = Caller::kChannelProgram};
}

JobAnswer Mutate(DatasetTree* tree, const Mutation& mutation, uint64_t txg) {
  JobAnswer answer;
  answer.error = CheckTask(*tree, mutation, Deciding(txg), &answer.details);
  if (answer.error == 0) Apply(*tree, mutation, {.txg = txg, .time_s = 0});
  return answer;
}

// What was destroyed is freed in the background.
void Drain(DatasetTree* tree) { tree->DrainFreeing(tree->freeing_bytes(), kFirstTxg); }

CheckContext InOpenContext(uint64_t txg) {
  CheckContext context = Deciding(txg);
  context.syncing = false;
  return context;
}

// What a mutation would return, or a read be told.
std::string AnswerOn(const DatasetTree& tree, const JobCall& call, const CheckContext& context) {
  if (call.kind != CallKind::kSync) return AnswerText(call, ServeRead(tree, call, context));
  JobAnswer answer;
  answer.error = CheckTask(tree, call.mutation, context, &answer.details);
  return AnswerText(call, answer);
}

// Follows the conditions under which a job is deferrable.
class Deferral {
 public:
  explicit Deferral(const DatasetTree& start) : start_(start), together_(start) {}

  // `tree` is that before the call.
  void OnAnswer(const JobCall& call, const JobAnswer& answer, const DatasetTree& tree, uint64_t txg) {
    if (!reason_.empty()) return;
    if (call.kind == CallKind::kSync) {
      OnMutation(call, answer);
      return;
    }
    const std::string text = AnswerText(call, answer);
    // An ioctl asks by the name, which the job may have changed.
    JobCall named = call;
    named.by_object = false;
    if (AnswerOn(start_, call, Deciding(txg)) != text ||
        AnswerOn(together_, call, Deciding(kFirstTxg)) != text ||
        AnswerOn(tree, named, Deciding(txg)) != text) {
      reason_ = CallText(call) + " depends on what the job changed";
    } else if (call.kind == CallKind::kCheck && (AnswerOn(start_, call, InOpenContext(txg)) != text ||
                                                 AnswerOn(tree, call, InOpenContext(txg)) != text)) {
      reason_ = CallText(call) + " is told otherwise in open context";
    }
  }
  void OnAct(const std::string& what) {
    if (reason_.empty()) reason_ = what + " is no call of the job";
  }
  const std::string& reason() const { return reason_; }

 private:
  void OnMutation(const JobCall& call, const JobAnswer& answer) {
    const Mutation& mutation = call.mutation;
    const bool snapshot = mutation.kind == MutationKind::kSnapshot;
    const int together = answer.error != 0 ? answer.error : Mutate(&together_, mutation, kFirstTxg).error;
    if (answer.error != 0) {
      reason_ = CallText(call) + " fails";
    } else if (CheckSyntax(mutation) != 0) {
      reason_ = CallText(call) + " has a name that only a channel program may use";
    } else if (together == kEAGAIN && snapshot) {
      reason_ = mutation.name.substr(0, mutation.name.find('@')) + " is snapshotted twice";
    } else if (together == kEAGAIN) {
      reason_ = "a rollback of " + mutation.name + " follows a snapshot of it";
    } else if (together != 0) {
      reason_ = CallText(call) + " fails in the txg of the others";
    }
    Drain(&together_);
  }

  const DatasetTree& start_;
  DatasetTree together_;  // With all mutations in one txg, and what they freed given back.
  std::string reason_;
};

using Exchanges = std::vector<JobFigures::Exchange>;

// Applies the mutation of an exchange, if it passed, in its own txg or in the first.
void Repeat(const JobFigures::Exchange& exchange, uint64_t txg, DatasetTree* tree) {
  if (exchange.call.kind == CallKind::kSync && exchange.error == 0) Mutate(tree, exchange.call.mutation, txg);
}

// The tree after the first `count` exchanges.
DatasetTree TreeAfter(const DatasetTree& start, const Exchanges& exchanges, size_t count, bool one_txg) {
  DatasetTree tree = start;
  for (size_t i = 0; i < count; ++i) Repeat(exchanges[i], one_txg ? kFirstTxg : kFirstTxg + i, &tree);
  return tree;
}

// The number, the txg and the time of what the job itself has made are never those of direct.
bool IsIdentityOfOwn(const JobCall& call, const DatasetTree& start) {
  if (call.kind != CallKind::kGetProperty) return false;
  ObjectId id = 0;
  if (FindObject(start, call.dataset, &id) == 0) return false;
  for (const char* property : {"guid", "createtxg", "creation", "objsetid"}) {
    if (call.property == property) return true;
  }
  return false;
}

// The answer is as old as the job, or as a list that brought it along, or waits for what is being freed.
bool IsOfAnotherMoment(const DatasetTree& start, const Exchanges& exchanges, size_t index) {
  const JobFigures::Exchange& mine = exchanges[index];
  const CheckContext context = Deciding(kFirstTxg + index);
  const auto fits = [&](const DatasetTree& tree) {
    return AnswerOn(tree, mine.call, context) == mine.answer;
  };
  if (fits(start)) return true;
  DatasetTree tree = start;
  for (size_t i = 0; i < index; ++i) {
    if (exchanges[i].call.kind == CallKind::kList && fits(tree)) return true;
    Repeat(exchanges[i], kFirstTxg + i, &tree);
  }
  Drain(&tree);
  return fits(tree);
}

// Whether the live pool, with those of the job's own mutations that had taken effect by then or at an
// earlier call that brought more than was asked for, gives the answer of exchange `index`.
std::string CauseByWhatWasApplied(const DatasetTree& start, const DesignOutcome& outcome, size_t index) {
  if (outcome.applied == nullptr) return {};
  const JobFigures::Exchange& mine = (*outcome.exchanges)[index];
  DatasetTree tree = start;
  uint64_t txg = kFirstTxg;
  for (auto next = outcome.applied->begin();; ++next, ++txg) {
    if (AnswerOn(tree, mine.call, Deciding(txg)) == mine.answer) return "own_mutation";
    const bool check = mine.call.kind == CallKind::kCheck;
    if (check && AnswerOn(tree, mine.call, InOpenContext(txg)) == mine.answer) return "open_check";
    if (next == outcome.applied->end() || next->seen_from > index) return {};
    Mutate(&tree, (*outcome.exchanges)[next->exchange].call.mutation, txg);
  }
}

// The room was another: what a destroy frees comes back with the txgs, by nobody's doing that the job knows
// of, and a channel program counts what its calls have stated so far.
bool IsOfOtherRoom(const DatasetTree& start, const Exchanges& exchanges, size_t index) {
  const JobFigures::Exchange& mine = exchanges[index];
  DatasetTree tree = TreeAfter(start, exchanges, index, false);
  if (mine.error == kENOSPC) {
    uint64_t stated = 0;
    for (size_t i = 0; i < index; ++i) {
      const JobCall& call = exchanges[i].call;
      const bool takes_room = call.kind == CallKind::kSync || call.kind == CallKind::kCheck;
      if (takes_room && exchanges[i].error == 0) stated += NeededBytes(ProgramSpaceCost(call.mutation));
    }
    return CheckSpace(tree, ProgramSpaceCost(mine.call.mutation), stated) == kENOSPC;
  }
  Drain(&tree);
  return AnswerOn(tree, mine.call, Deciding(kFirstTxg + index)) == mine.answer;
}

// What differs from exchange `index` on, or from the end of the job, may come from elsewhere.
std::string CauseFromOutside(const DirectRun& direct, const DesignOutcome& outcome, size_t index) {
  // Of an attempt that was given up, what it did besides stays.
  const bool attempts = outcome.design == DesignKind::kOptimisticTx;
  if (direct.acted_before && (attempts || *direct.acted_before <= index)) return "outside_call";
  return outcome.others ? "interference" : "";
}

// Nothing else answers with this errno.
bool LeaseEnded(const DesignOutcome& outcome, int error) {
  return outcome.design == DesignKind::kChannelTx && error == kETIMEDOUT;
}

// Why `got` is another answer than direct's; empty if nothing explains it.
std::string CauseOf(const DirectRun& direct, const DatasetTree& start, const DesignOutcome& outcome,
                    size_t index) {
  const Exchanges& exchanges = *outcome.exchanges;
  const JobFigures::Exchange& mine = exchanges[index];
  const JobCall& call = mine.call;
  const bool read = call.kind != CallKind::kSync;
  if (LeaseEnded(outcome, mine.error)) return "limit";
  // An ioctl looks at the names first, a channel program at the pool alone.
  if (call.kind == CallKind::kSync && mine.error != 0 && mine.error == CheckSyntax(call.mutation))
    return "open_check";
  if (mine.recorded && mine.error == 0 && direct.exchanges[index].error != 0) return "deferred_errno";
  const uint64_t txg = kFirstTxg + index;
  // Of what is left out in open context the job's own changes need not be missing.
  if (call.kind == CallKind::kCheck &&
      AnswerOn(TreeAfter(start, exchanges, index, false), call, InOpenContext(txg)) == mine.answer) {
    return "open_check";
  }
  if (read && (IsOfAnotherMoment(start, exchanges, index) || IsIdentityOfOwn(call, start))) {
    return "own_mutation";
  }
  if (AnswerOn(TreeAfter(start, exchanges, index, true), call, Deciding(kFirstTxg)) == mine.answer) {
    return "same_txg";
  }
  if (AnswerOn(TreeAfter(start, exchanges, index, false), call, InOpenContext(txg)) == mine.answer ||
      AnswerOn(start, call, InOpenContext(txg)) == mine.answer) {
    return "open_check";
  }
  if (read) {
    if (std::string cause = CauseByWhatWasApplied(start, outcome, index); !cause.empty()) return cause;
  }
  const bool about_room = mine.error == kENOSPC || direct.exchanges[index].error == kENOSPC;
  if (about_room && IsOfOtherRoom(start, exchanges, index)) return "interference";
  return CauseFromOutside(direct, outcome, index);
}

std::string ResultText(int result) { return result == 0 ? "0" : std::string(ErrnoName(result)); }

// What the commit of the recorded mutations says on the tree at the start.
struct CommitResult {
  int error = 0;       // The first.
  bool again = false;  // One of them was EAGAIN, and repeated later if the design does that.
  DatasetTree tree;
};

CommitResult CommitOf(const DatasetTree& start, const DesignOutcome& outcome, bool syncing) {
  CommitResult result{.tree = start};
  DatasetTree& tree = result.tree;
  std::vector<const Mutation*> left;
  for (const JobFigures::Exchange& exchange : *outcome.exchanges) {
    if (exchange.recorded) left.push_back(&exchange.call.mutation);
  }
  const bool repeats = outcome.design == DesignKind::kPipeline;
  for (uint64_t txg = kFirstTxg; !left.empty(); ++txg) {
    std::vector<const Mutation*> later;
    for (const Mutation* mutation : left) {
      int error = syncing ? 0 : CheckTask(tree, *mutation, InOpenContext(txg));
      if (error == 0) error = Mutate(&tree, *mutation, txg).error;
      if (error == kEAGAIN) result.again = true;
      if (error == kEAGAIN && repeats) {
        later.push_back(mutation);
      } else if (result.error == 0) {
        result.error = error;
      }
    }
    left = std::move(later);
  }
  return result;
}

// The answers agree but the result does not: only what the commit said can differ.
std::string CauseOfResult(const DirectRun& direct, const DatasetTree& start, const DesignOutcome& outcome) {
  if (outcome.uncaught != 0 && outcome.uncaught == direct.result) return "uncaught";
  if (outcome.stopped) return "limit";
  if (LeaseEnded(outcome, outcome.result)) return "limit";
  const CommitResult syncing = CommitOf(start, outcome, true);
  if (syncing.error == outcome.result) return syncing.again ? "same_txg" : "atomic_error";
  if (CommitOf(start, outcome, false).error == outcome.result) return "open_check";
  return CauseFromOutside(direct, outcome, direct.exchanges.size());
}

}  // namespace

DirectRun RunDirect(JobBody* body, const DatasetTree& start) {
  const std::unique_ptr<JobRun> run = body->NewRun();
  return RunDirect(run.get(), run->Start(), start);
}

DirectRun RunDirect(JobRun* run, JobStep step, const DatasetTree& start) {
  DirectRun direct{DatasetTree(start)};
  Deferral deferral(start);
  uint64_t txg = kFirstTxg;
  while (step.goes_on()) {
    if (direct.exchanges.size() >= kDirectCallLimit) {
      direct.broken = "the job makes more than 10,000,000 calls";
      break;
    }
    JobAnswer answer;
    if (step.kind == JobStep::Kind::kCall) {
      step.call.by_object = true;
      if (step.call.kind == CallKind::kSync) {
        answer = Mutate(&direct.tree, step.call.mutation, txg);
      } else {
        answer = ServeRead(direct.tree, step.call, Deciding(txg));
      }
      deferral.OnAnswer(step.call, answer, direct.tree, txg);
      direct.exchanges.push_back({step.call, AnswerText(step.call, answer), answer.error, false});
      ++txg;
    } else if (step.kind == JobStep::Kind::kAct) {
      deferral.OnAct(step.text);
      if (!direct.acted_before) direct.acted_before = direct.exchanges.size();
    }
    step = run->Resume(answer);
  }
  direct.result = step.kind == JobStep::Kind::kBroken ? kECHRNG : step.error;
  if (!step.text.empty()) direct.broken = step.text;
  direct.tree.DrainFreeing(direct.tree.freeing_bytes(), txg);
  direct.not_deferrable_because = deferral.reason();
  if (deferral.reason().empty() && direct.result != 0)
    direct.not_deferrable_because = "it ends with " + ResultText(direct.result);
  direct.deferrable = direct.not_deferrable_because.empty() && direct.broken.empty();
  return direct;
}

std::optional<SemanticDifference> Explain(const DirectRun& direct, const DatasetTree& start,
                                          const DesignOutcome& outcome) {
  const std::vector<JobFigures::Exchange>& mine = *outcome.exchanges;
  for (size_t i = 0; i < mine.size() && i < direct.exchanges.size(); ++i) {
    const std::string call = CallText(mine[i].call);
    const std::string direct_call = CallText(direct.exchanges[i].call);
    if (call != direct_call) {
      // Equal answers so far and another question: the body itself is not a function of its answers. A
      // program that catches a limit in a coroutine is none.
      return SemanticDifference{call, static_cast<int64_t>(i), direct_call, call,
                                outcome.stopped ? "limit" : CauseFromOutside(direct, outcome, i)};
    }
    if (mine[i].answer != direct.exchanges[i].answer) {
      return SemanticDifference{call, static_cast<int64_t>(i), direct.exchanges[i].answer, mine[i].answer,
                                CauseOf(direct, start, outcome, i)};
    }
  }
  if (outcome.killed)
    return SemanticDifference{"the job", -1, ResultText(direct.result), "killed", "interference"};
  if (outcome.completed && outcome.result != direct.result) {
    const bool commits = outcome.design != DesignKind::kIoctl && outcome.design != DesignKind::kProgram;
    const char* what = commits ? "commit" : "the job";
    return SemanticDifference{what, -1, ResultText(direct.result), ResultText(outcome.result),
                              CauseOfResult(direct, start, outcome)};
  }
  return std::nullopt;
}

std::optional<SemanticDifference> ExplainTree(const DirectRun& direct, const DatasetTree& start,
                                              const DesignOutcome& outcome, const DatasetTree& left) {
  // What others write is in the figures of space.
  const auto digest = [&](DatasetTree tree) {
    Drain(&tree);
    return NormalisedTreeDigest(tree, !outcome.others);
  };
  const uint64_t mine = digest(left);
  const uint64_t theirs = digest(direct.tree);
  if (mine == theirs) return std::nullopt;
  std::string cause = CauseFromOutside(direct, outcome, direct.exchanges.size());
  const bool recorded = std::any_of(outcome.exchanges->begin(), outcome.exchanges->end(),
                                    [](const JobFigures::Exchange& exchange) { return exchange.recorded; });
  if (recorded && outcome.result != 0 && mine == digest(start)) cause = "atomic_error";
  // What was repeated later came behind what stood behind it.
  const CommitResult commit = CommitOf(start, outcome, true);
  if (recorded && commit.again && mine == digest(commit.tree)) cause = "same_txg";
  return SemanticDifference{"the tree it leaves", -1, fmt::format("{:016x}", theirs),
                            fmt::format("{:016x}", mine), std::move(cause)};
}

}  // namespace model
