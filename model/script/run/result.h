// SPDX-License-Identifier: Apache-2.0
//
// The result of a run at an instant, as `txgsim run --json` prints it and expectations read it.
//
// Paths are part of the stable surface; result_fields.cc has them all, docs/result-fields.md lists them.
// Processes of one name that followed each other (a helper started for each call) share an entry: figures add
// up, `latency` has one value for each.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_RESULT_H_
#define TXGSIM_MODEL_SCRIPT_RUN_RESULT_H_

#include <optional>
#include <vector>

#include "model/script/result/value.h"
#include "model/script/run/isolation.h"
#include "model/script/run/world.h"
#include "model/watch/detector.h"
#include "model/watch/freed_by.h"
#include "model/watch/verdict.h"
#include "sim/histogram.h"

namespace model {

// What was tried on a hang, and what of it helped whom.
struct Diagnosis {
  std::vector<Action> tried;
  std::vector<FreedBy> freed_by;
};

// All but `held`, `digest` and `expectations`. `diagnosis`: null if nothing was tried.
ResultValue BuildResult(World& world, const Detector& detector, const Judgement& judgement,
                        const Diagnosis* diagnosis);

// What is wrong at an instant that an expectation asks about: the fields on the hang, and on
// its threads only. Nothing if nobody is hung or blocked for long.
std::optional<ResultValue> BuildJudged(World& world, const Judgement& judgement, const Diagnosis* diagnosis);

// Parts of it, in figures.cc.
ResultValue ProcessesResult(World& world);
ResultValue JobsResult(World& world, const RunIsolation& isolation);
ResultValue LoadsResult(World& world);
ResultValue LocksResult(World& world);
ResultValue MarksResult(const World& world);
ResultValue PoolsResult(World& world, const Judgement& judgement);
ResultValue LatencyResult(const sim::Histogram& latency);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_RESULT_H_
