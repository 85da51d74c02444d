// SPDX-License-Identifier: Apache-2.0
//
// Random jobs on random pools, as values: they can be drawn, shrunk and printed.
//
// A pool is tank/a, tank/b, a volume and what `pool` makes of them. A job is a list
// of steps, each a call or a loop over a list, on names that it knows or has been
// told; `when` makes a step depend on the last answer. A careful job first looks and
// checks, and then makes the changes that were allowed and do not concern each other:
// most such jobs are deferrable. Any other job mixes all as it comes.
#ifndef TXGSIM_TESTS_MODEL_DESIGN_RANDOM_JOB_H_
#define TXGSIM_TESTS_MODEL_DESIGN_RANDOM_JOB_H_

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <vector>

#include "model/design/job.h"

namespace model {

// Numbers that are taken modulo what there is to choose from; 0 is the simplest everywhere.
struct RandomStep {
  uint8_t kind = 0;
  uint8_t name = 0;
  uint8_t other = 0;
  uint8_t detail = 0;
  uint8_t when = 0;
};

struct RandomJob {
  std::vector<RandomStep> pool;
  bool careful = false;
  std::vector<RandomStep> steps;
};

std::ostream& operator<<(std::ostream& out, const RandomStep& step);
std::ostream& operator<<(std::ostream& out, const RandomJob& job);

DatasetTree MakePool(const RandomJob& job);
std::unique_ptr<JobBody> MakeBody(const RandomJob& job);

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_DESIGN_RANDOM_JOB_H_
