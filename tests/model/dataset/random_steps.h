// SPDX-License-Identifier: Apache-2.0
//
// Random steps on a pool "tank": every operation, writes, mounts, and what `zfs
// destroy -r` makes of them.
//
// Names come from a small set, so that operations meet; a step is made on sight of
// the tree that it is for, so that three names in four are of what there is. Once
// made it stands for itself: a step can be left out and the others still be run.
#ifndef TXGSIM_TESTS_MODEL_DATASET_RANDOM_STEPS_H_
#define TXGSIM_TESTS_MODEL_DATASET_RANDOM_STEPS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "model/dataset/dataset_tree.h"
#include "model/dataset/mutation.h"
#include "sim/random.h"

namespace model {

struct Step {
  enum class Kind {
    kMutation,
    kDestroyAll,  // `zfs destroy -r` or `-R` of mutation.name.
    kWrite,
    kDrain,
    kMount,
    kLongHold,
  } kind = Kind::kMutation;
  Mutation mutation;      // Of the other kinds the name alone.
  bool same_txg = false;  // As the step before.
  bool open = false;      // kMutation: checked in open context only.
  bool program = false;   // kMutation: called by a channel program.
  bool on = false;        // kMount, kLongHold; kDestroyAll: with clones.
  int written = 0;
  int freed = 0;

  std::string Text() const;
};

Step RandomStep(sim::Stream* random, const DatasetTree& tree);
// Simpler forms of a step, the simplest first.
std::vector<Step> SimplerForms(const Step& step);

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_DATASET_RANDOM_STEPS_H_
