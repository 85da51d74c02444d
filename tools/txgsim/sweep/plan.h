// SPDX-License-Identifier: Apache-2.0
//
// What a sweep consists of: parameters and their values, points, seeds; and which run is which.
//
// An axis is a parameter with several values: those that --set gives, else those of the file's `sweep =`.
// Axes stand in the order in which the file declares the parameters; the last one varies fastest, and at each
// point the seed varies faster still. With --zip the first point has the first value of every axis, and so
// on.
//
// Runs are numbered from 0. A run's key is a hash of all that its result depends on: the file and what it
// imports, the version of the program, every parameter, the seed, --until. Neither the other values of an
// axis nor the order of the axes count, so a sweep that has grown knows the runs of the smaller one again.
#ifndef TXGSIM_TOOLS_TXGSIM_SWEEP_PLAN_H_
#define TXGSIM_TOOLS_TXGSIM_SWEEP_PLAN_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "model/script/declare/resolve.h"
#include "tools/txgsim/options.h"
#include "tools/txgsim/report/json.h"

namespace tools {

class SweepPlan {
 public:
  struct Axis {
    std::string name;
    std::vector<Json> values;  // Plain ones, at least one.
  };

  // `base` is the file resolved without parameters; `text` is the file.
  static absl::StatusOr<SweepPlan> Make(const Options& options, const std::string& text,
                                        const model::LoadedScenario& base);
  // The same with other points: each has these values of the axes. REQUIRES: at least one; all have the axes.
  SweepPlan At(const std::vector<Json>& params) const;
  // What Description() has written. Keys are not known then.
  static absl::StatusOr<SweepPlan> Read(const Json& description);

  const std::vector<Axis>& axes() const { return axes_; }
  const std::vector<Axis>& fixed() const { return fixed_; }  // Set, and the same everywhere.
  size_t points() const { return points_; }
  size_t seeds() const { return seeds_; }
  size_t runs() const { return points_ * seeds_; }

  size_t PointOf(size_t run) const { return run / seeds_; }
  int64_t SeedOf(size_t run) const { return seed_ + static_cast<int64_t>(run % seeds_); }
  const Json& ValueOf(size_t point, size_t axis) const;
  // What --set would say: the fixed parameters, then the axes.
  std::vector<std::pair<std::string, std::string>> ParamsOf(size_t point) const;
  // "design=ioctl ops=64", and the seed if there are several.
  std::string Name(size_t run) const;
  // The command that repeats a run.
  std::string RunCommand(const std::string& file, size_t run) const;

  // Whether a result has the parameters and the seed of a run.
  bool Fits(size_t run, const Json& result) const;

  // Of a plan that was made: 64 bits.
  uint64_t KeyOf(size_t run) const;

  // All that is needed to tell what a result belongs to; stands with every stored run.
  Json Description() const;

  // Points that have every value of every axis between them, of integers the first and the last; at most a
  // thousand.
  std::vector<size_t> Sample() const;

 private:
  absl::Status Count();

  std::vector<Axis> axes_;
  std::vector<Axis> fixed_;
  bool zip_ = false;
  size_t points_ = 1;
  size_t seeds_ = 1;
  int64_t seed_ = 1;
  Json until_ns_;
  std::string file_hash_;
  std::string version_;
  Json defaults_ = Json::object();  // Every parameter of the file.
};

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_SWEEP_PLAN_H_
