// SPDX-License-Identifier: Apache-2.0
//
// A figure against a parameter over the runs of a sweep, and where two of them cross.
//
// A curve is straight between swept values; where runs differ in nothing but the seed, it goes through their
// mean. Two curves cross where their order changes: touching is no crossing, and neither is what lies outside
// the values that both have.
//
// How sure the runs are of the order at a value: with one seed, as sure as the figures. With several, both
// curves must have runs of the same seeds there, and the mean of the differences seed by seed must differ
// from 0 by more than its 95 % interval (statistics.h); else the seeds cannot tell.
#ifndef TXGSIM_MODEL_SCRIPT_RESULT_CURVE_H_
#define TXGSIM_MODEL_SCRIPT_RESULT_CURVE_H_

#include <optional>
#include <utility>
#include <vector>

#include "model/script/result/value.h"

namespace model {

struct CurveSample {
  double x = 0;
  double y = 0;
  const ResultValue* run = nullptr;  // Not owned.
};

class Curve {
 public:
  // What the runs have at one x.
  struct Point {
    double x = 0;
    double y = 0;  // Their mean.
    size_t first = 0;
    size_t count = 0;
  };

  // REQUIRES: at least one sample; sorted by x.
  explicit Curve(std::vector<CurveSample> samples);

  const std::vector<CurveSample>& samples() const { return samples_; }
  const std::vector<Point>& points() const { return points_; }
  double front() const { return points_.front().x; }
  double back() const { return points_.back().x; }
  // REQUIRES: front() <= x <= back().
  double At(double x) const;
  // Null if no run has this x.
  const Point* Find(double x) const;
  // True if no x has several runs.
  bool one_seed() const;

 private:
  std::vector<CurveSample> samples_;
  std::vector<Point> points_;
};

struct Crossing {
  double x = 0;
  // The nearest swept values below and above at which the runs are sure of the order.
  std::optional<double> from;
  std::optional<double> to;
  // The neighbours that it was found between; equal if the curves meet at a swept value.
  double left = 0;
  double right = 0;
};
// The first crossing.
std::optional<Crossing> FindCrossing(const Curve& a, const Curve& b);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RESULT_CURVE_H_
