// SPDX-License-Identifier: Apache-2.0
//
// The first oracle: the job on the dataset model alone, with no time and no locks.
//
// RunDirect runs the body once, serving reads on the tree and applying mutations as
// they come: of a job that is repeated, the first time. A job is deferrable if recording its mutations cannot
// change what it is told: every answer would be the same on the tree at its start, also in open context, and
// every mutation returns 0, also if all are in one txg (so that no filesystem is snapshotted twice and no
// rollback follows a snapshot of it). A deferrable job, alone, must get direct's answers and leave direct's
// tree under every design.
//
// For another job, or with others at work, an answer may differ rightly. Explain
// names the first that does and why; every cause but `interference` and `outside_call` is
// verified, most by computing the answer again under that explanation:
//
//   own_mutation    on the tree before the job's own changes (at its start, or when a
//                   list brought it along), or once all that they freed is given back
//   deferred_errno  recorded, where direct was told the errno at once
//   same_txg        with all of the job's changes in one txg
//   open_check      checked in open context, which leaves out what only a txg can tell, or by the look
//                   at names that an ioctl begins with and a channel program does not have
//   atomic_error    one refused change, or an error of the body, undid the others
//   outside_call    after the job did something beside its calls, which is left out here: a command, a file
//   uncaught        an errno that the body raised is told as another one
//   limit           the design ended the job: JobFigures::stopped_by; or a program caught a limit; or the
//                   lease of its transaction ended
//
// A difference without a cause is a defect of a design.
#ifndef TXGSIM_MODEL_DESIGN_ORACLE_H_
#define TXGSIM_MODEL_DESIGN_ORACLE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/design/job.h"

namespace model {

inline constexpr std::string_view kDifferenceCauses[] = {"own_mutation", "deferred_errno", "same_txg",
                                                         "open_check",   "atomic_error",   "outside_call",
                                                         "uncaught",     "limit",          "interference"};

struct DirectRun {
  int result = 0;
  std::string broken;
  std::vector<JobFigures::Exchange> exchanges;
  bool deferrable = false;
  std::string not_deferrable_because;  // The first reason.
  std::optional<size_t> acted_before;  // The first exchange after something beside its calls.
  DatasetTree tree;                    // As the job left it.
  explicit DirectRun(DatasetTree start) : tree(std::move(start)) {}
};

// At most this many calls; a body that makes more is broken.
inline constexpr size_t kDirectCallLimit = 10'000'000;

// `first` is the step that `run` has come to.
DirectRun RunDirect(JobRun* run, JobStep first, const DatasetTree& start);
DirectRun RunDirect(JobBody* body, const DatasetTree& start);

struct SemanticDifference {
  std::string call;    // "zfs.get_prop(tank@a, used)", "commit", or "the job".
  int64_t index = -1;  // Of the call, from 0; -1 for what is no call.
  std::string direct;  // Answers.
  std::string got;
  std::string cause;  // As above, `interference`, or empty.
};

struct DesignOutcome {
  DesignKind design = DesignKind::kIoctl;
  bool completed = false;
  bool killed = false;   // By a signal: its result is not its own.
  bool stopped = false;  // By a limit of the design.
  int uncaught = 0;      // JobFigures::uncaught.
  int result = 0;
  const std::vector<JobFigures::Exchange>* exchanges = nullptr;
  const std::vector<JobFigures::Applied>* applied = nullptr;  // Null: none.
  // Others changed, or may have changed, the pool meanwhile: loads, commands, other jobs.
  bool others = false;
};

// The first difference from `direct` in answers or result, if any.
std::optional<SemanticDifference> Explain(const DirectRun& direct, const DatasetTree& start,
                                          const DesignOutcome& outcome);
// Where those agree: the difference between the trees, if any. `left` is what the design left.
std::optional<SemanticDifference> ExplainTree(const DirectRun& direct, const DatasetTree& start,
                                              const DesignOutcome& outcome, const DatasetTree& left);

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_ORACLE_H_
