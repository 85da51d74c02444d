// SPDX-License-Identifier: Apache-2.0
//
// Makes a failing sequence smaller: a sequence from which no step can be left out,
// and no step be made simpler, without the failure going away.
//
// First runs of steps are left out, halves before quarters and so on down to single
// ones (delta debugging); then each step is tried in each simpler form that it has;
// both are repeated until nothing helps. Every trial runs the whole sequence.
#ifndef TXGSIM_TESTS_MODEL_DATASET_SHRINK_H_
#define TXGSIM_TESTS_MODEL_DATASET_SHRINK_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace model {

template <typename Step>
class Shrinker {
 public:
  using Steps = std::vector<Step>;

  // `fails` says whether a sequence shows the failure; `simpler` gives forms of a step that are
  // simpler than it is, so that this ends.
  Shrinker(std::function<bool(const Steps&)> fails, std::function<Steps(const Step&)> simpler)
      : fails_(std::move(fails)), simpler_(std::move(simpler)) {}

  // REQUIRES: `steps` fails.
  Steps Shrink(Steps steps) const {
    while (LeaveOut(&steps) || Simplify(&steps)) {
    }
    return steps;
  }

 private:
  bool LeaveOut(Steps* steps) const {
    bool helped = false;
    for (size_t run = std::max<size_t>(steps->size() / 2, 1); run > 0; run /= 2) {
      for (size_t at = 0; at + run <= steps->size();) {
        Steps without(steps->begin(), steps->begin() + static_cast<std::ptrdiff_t>(at));
        without.insert(without.end(), steps->begin() + static_cast<std::ptrdiff_t>(at + run), steps->end());
        if (fails_(without)) {
          *steps = std::move(without);
          helped = true;
        } else {
          at += run;
        }
      }
    }
    return helped;
  }

  bool Simplify(Steps* steps) const {
    bool helped = false;
    for (size_t i = 0; i < steps->size(); ++i) {
      for (Step& form : simpler_((*steps)[i])) {
        Steps trial = *steps;
        trial[i] = std::move(form);
        if (!fails_(trial)) continue;
        *steps = std::move(trial);
        helped = true;
        break;
      }
    }
    return helped;
  }

  std::function<bool(const Steps&)> fails_;
  std::function<Steps(const Step&)> simpler_;
};

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_DATASET_SHRINK_H_
