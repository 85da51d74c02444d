// SPDX-License-Identifier: Apache-2.0
#include "model/script/result/curve.h"

#include <algorithm>

#include "model/script/result/statistics.h"
#include "sim/check.h"

namespace model {
namespace {

bool SameSeed(const ResultValue& a, const ResultValue& b) {
  const ResultValue* seed_a = a.Find("seed");
  const ResultValue* seed_b = b.Find("seed");
  return seed_a == nullptr || seed_b == nullptr ? seed_a == seed_b : *seed_a == *seed_b;
}

int SignOf(double number) { return number > 0 ? 1 : number < 0 ? -1 : 0; }

// The order at x that the runs are sure of: 1 if a is above, -1 if b is, 0 if they cannot tell.
int SureOrder(const Curve& a, const Curve& b, double x) {
  if (a.one_seed() && b.one_seed()) return SignOf(a.At(x) - b.At(x));
  const Curve::Point* at_a = a.Find(x);
  const Curve::Point* at_b = b.Find(x);
  if (at_a == nullptr || at_b == nullptr || at_a->count != at_b->count) return 0;
  std::vector<double> differences;
  for (size_t i = 0; i < at_a->count; ++i) {
    const CurveSample& one = a.samples()[at_a->first + i];
    const CurveSample& other = b.samples()[at_b->first + i];
    if (!SameSeed(*one.run, *other.run)) return 0;
    differences.push_back(one.y - other.y);
  }
  const Summary summary = Summarise(differences);
  const double half = summary.ci95.value_or(0);
  return summary.mean > half ? 1 : summary.mean < -half ? -1 : 0;
}

// The values of both curves where both are, in order.
std::vector<double> CommonValues(const Curve& a, const Curve& b) {
  const double low = std::max(a.front(), b.front());
  const double high = std::min(a.back(), b.back());
  std::vector<double> xs;
  for (const Curve* curve : {&a, &b}) {
    for (const Curve::Point& point : curve->points()) {
      if (point.x >= low && point.x <= high) xs.push_back(point.x);
    }
  }
  std::sort(xs.begin(), xs.end());
  xs.erase(std::unique(xs.begin(), xs.end()), xs.end());
  return xs;
}

// Widens a crossing to where the runs are sure; `order`: that of the curves before it.
void FindSureEnds(const Curve& a, const Curve& b, const std::vector<double>& xs, int order,
                  Crossing* crossing) {
  for (double x : xs) {
    const int sure = SureOrder(a, b, x);
    if (x < crossing->x && sure == order) crossing->from = x;
    if (x > crossing->x && sure == -order && !crossing->to) crossing->to = x;
  }
}

}  // namespace

Curve::Curve(std::vector<CurveSample> samples) : samples_(std::move(samples)) {
  SIM_CHECK(!samples_.empty());
  for (size_t i = 0; i < samples_.size();) {
    const double x = samples_[i].x;
    double sum = 0;
    size_t end = i;
    for (; end < samples_.size() && samples_[end].x == x; ++end) sum += samples_[end].y;
    points_.push_back({x, sum / static_cast<double>(end - i), i, end - i});
    i = end;
  }
}

double Curve::At(double x) const {
  const auto right = std::lower_bound(points_.begin(), points_.end(), x,
                                      [](const Point& point, double at) { return point.x < at; });
  if (right->x == x) return right->y;
  const Point& left = *(right - 1);
  return left.y + (right->y - left.y) * ((x - left.x) / (right->x - left.x));
}

const Curve::Point* Curve::Find(double x) const {
  const auto point = std::find_if(points_.begin(), points_.end(), [x](const Point& p) { return p.x == x; });
  return point == points_.end() ? nullptr : &*point;
}

bool Curve::one_seed() const { return samples_.size() == points_.size(); }

std::optional<Crossing> FindCrossing(const Curve& a, const Curve& b) {
  const std::vector<double> xs = CommonValues(a, b);
  double last_x = 0;
  double last = 0;                 // The last difference that was not 0.
  std::optional<double> touching;  // Where they have met since then.
  for (double x : xs) {
    const double difference = a.At(x) - b.At(x);
    if (difference == 0) {
      if (!touching) touching = x;
      continue;
    }
    if (last != 0 && (last > 0) != (difference > 0)) {
      Crossing crossing;
      crossing.x = touching ? *touching : last_x + (x - last_x) * (last / (last - difference));
      crossing.left = touching ? *touching : last_x;
      crossing.right = touching ? *touching : x;
      FindSureEnds(a, b, xs, SignOf(last), &crossing);
      return crossing;
    }
    last = difference;
    last_x = x;
    touching.reset();
  }
  return std::nullopt;
}

}  // namespace model
