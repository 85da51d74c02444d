// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/sweep/plan.h"

#include <algorithm>
#include <set>

#include "fmt/format.h"
#include "model/script/declare/params.h"
#include "model/script/language/suggest.h"
#include "sim/digest.h"
#include "sim/hash.h"
#include "tools/txgsim/report/text.h"

namespace tools {
namespace {

constexpr size_t kRunsMax = 10'000'000;
constexpr size_t kSampleMax = 1000;

Json ValueJson(const model::ParamValue& value) { return ToJson(model::ResultValue::FromParam(value)); }

absl::Status Bad(std::string text) { return absl::InvalidArgumentError(std::move(text)); }

std::string NamesOf(const std::vector<model::ParamDecl>& declared) {
  std::string names;
  for (const model::ParamDecl& param : declared) names += (names.empty() ? "" : ", ") + param.name;
  return names;
}

absl::Status UnknownParam(const std::string& set, const std::string& name,
                          const std::vector<model::ParamDecl>& declared) {
  std::vector<std::string> known;
  for (const model::ParamDecl& param : declared) known.push_back(param.name);
  std::string text = fmt::format("{}: no parameter \"{}\"", set, name);
  if (const std::string near = model::Suggest(name, known); !near.empty()) {
    text += fmt::format("; did you mean \"{}\"?", near);
  } else {
    text += known.empty() ? "; the file has none" : fmt::format("; the file has {}", NamesOf(declared));
  }
  return Bad(text);
}

// The values that one --set gives.
absl::StatusOr<std::vector<model::ParamValue>> SetValues(const std::string& set, const std::string& text,
                                                         const model::ParamDecl& param) {
  absl::StatusOr<std::vector<model::ParamValue>> values = model::ParseSweep(text, param.default_value);
  if (!values.ok()) return Bad(fmt::format("{}: {}", set, std::string(values.status().message())));
  std::set<std::string> seen;
  for (const model::ParamValue& value : *values) {
    const std::string one = model::ParamText(value);
    if (!seen.insert(one).second) return Bad(fmt::format("{}: {} stands there twice", set, one));
    const bool chosen = std::find(param.choices.begin(), param.choices.end(), value) != param.choices.end();
    if (param.choices.empty() || chosen) continue;
    std::vector<std::string> choices;
    for (const model::ParamValue& choice : param.choices) choices.push_back(model::ParamText(choice));
    std::string problem =
        fmt::format("{}: {} = \"{}\": accepted: {}", set, param.name, one, fmt::join(choices, ", "));
    if (const std::string near = model::Suggest(one, choices); !near.empty())
      problem += fmt::format("; did you mean \"{}\"?", near);
    return Bad(problem);
  }
  return values;
}

uint64_t HashFile(const std::string& text, const model::Scenario& scenario) {
  uint64_t hash = sim::HashName(text);
  for (const model::PoolDecl& pool : scenario.pools)
    hash = sim::CombineHash(hash, sim::HashName(pool.import_text));
  return hash;
}

Json AxesJson(const std::vector<SweepPlan::Axis>& axes) {
  Json object = Json::object();
  for (const SweepPlan::Axis& axis : axes) object[axis.name] = axis.values;
  return object;
}

bool ReadAxes(const Json& object, std::vector<SweepPlan::Axis>* axes) {
  if (!object.is_object()) return false;
  for (const auto& [name, values] : object.items()) {
    if (!values.is_array() || values.empty()) return false;
    axes->push_back({name, {values.begin(), values.end()}});
    for (const Json& value : values) {
      if (!value.is_primitive() || value.is_null()) return false;
    }
  }
  return true;
}

}  // namespace

absl::StatusOr<SweepPlan> SweepPlan::Make(const Options& options, const std::string& text,
                                          const model::LoadedScenario& base) {
  SweepPlan plan;
  plan.zip_ = options.zip;
  plan.seeds_ = static_cast<size_t>(options.seeds);
  plan.seed_ = static_cast<int64_t>(options.seed);
  if (options.until_ns) plan.until_ns_ = *options.until_ns;
  plan.file_hash_ = sim::DigestText(HashFile(text, base.scenario));
  plan.version_ = VersionNumber();
  const std::vector<model::ParamDecl>& declared = base.scenario.params;
  std::set<std::string> set_before;
  for (const auto& [name, value] : options.params) {
    const std::string set = fmt::format("--set {}={}", name, value);
    const bool known = std::any_of(declared.begin(), declared.end(),
                                   [&wanted = name](const auto& param) { return param.name == wanted; });
    if (!known) return UnknownParam(set, name, declared);
    if (!set_before.insert(name).second) return Bad(fmt::format("{}: {} is set twice", set, name));
  }
  for (const model::ParamDecl& param : declared) {
    plan.defaults_[param.name] = ValueJson(param.value);
    Axis axis{param.name, {}};
    for (const model::ParamValue& value : param.sweep) axis.values.push_back(ValueJson(value));
    bool set_one = false;
    for (const auto& [name, value] : options.params) {
      if (name != param.name) continue;
      const auto values = SetValues(fmt::format("--set {}={}", name, value), value, param);
      if (!values.ok()) return values.status();
      axis.values.clear();
      for (const model::ParamValue& one : *values) axis.values.push_back(ValueJson(one));
      set_one = axis.values.size() == 1;
    }
    if (axis.values.empty()) continue;
    (set_one ? plan.fixed_ : plan.axes_).push_back(std::move(axis));
  }
  if (plan.axes_.empty() && plan.seeds_ == 1) {
    return Bad(fmt::format(
        "nothing to sweep: no parameter of {} has `sweep =`; write --set NAME=V1,V2 or NAME=1..64*2{}, or "
        "--seeds N",
        base.scenario.file, declared.empty() ? "" : " for one of " + NamesOf(declared)));
  }
  if (const absl::Status status = plan.Count(); !status.ok()) return status;
  return plan;
}

absl::Status SweepPlan::Count() {
  points_ = 1;
  if (zip_ && !axes_.empty()) points_ = axes_.front().values.size();
  for (const Axis& axis : axes_) {
    const size_t count = axis.values.size();
    if (zip_ && count != points_) {
      std::string counts;
      for (const Axis& one : axes_)
        counts += fmt::format("{}{} has {}", counts.empty() ? "" : ", ", one.name, one.values.size());
      return Bad(fmt::format(
          "--zip: every swept parameter needs as many values as the others, but {}; --set NAME=VALUE "
          "takes one out of the sweep",
          counts));
    }
    if (zip_) continue;
    if (__builtin_mul_overflow(points_, count, &points_)) points_ = kRunsMax + 1;
    points_ = std::min(points_, kRunsMax + 1);
  }
  size_t all = 0;
  if (__builtin_mul_overflow(points_, seeds_, &all) || all > kRunsMax)
    return Bad(fmt::format("more than {} runs; at most that many are accepted", kRunsMax));
  return absl::OkStatus();
}

absl::StatusOr<SweepPlan> SweepPlan::Read(const Json& description) {
  SweepPlan plan;
  const auto bad = [] { return Bad("what it says of the sweep is damaged"); };
  for (const char* key : {"file", "version", "axes", "fixed", "zip", "seed", "seeds", "until_ns", "runs"}) {
    if (!description.is_object() || !description.contains(key)) return bad();
  }
  if (!ReadAxes(description["axes"], &plan.axes_) || !ReadAxes(description["fixed"], &plan.fixed_) ||
      !description["file"].is_string() || !description["version"].is_string() ||
      !description["zip"].is_boolean() || !description["seed"].is_number_integer() ||
      !description["seeds"].is_number_integer() || description["seeds"].get<int64_t>() < 1) {
    return bad();
  }
  plan.file_hash_ = description["file"].get<std::string>();
  plan.version_ = description["version"].get<std::string>();
  plan.zip_ = description["zip"].get<bool>();
  plan.seed_ = description["seed"].get<int64_t>();
  plan.seeds_ = description["seeds"].get<size_t>();
  plan.until_ns_ = description["until_ns"];
  if (!plan.Count().ok() || plan.Description() != description) return bad();
  return plan;
}

SweepPlan SweepPlan::At(const std::vector<Json>& params) const {
  SweepPlan plan = *this;
  plan.zip_ = true;
  for (Axis& axis : plan.axes_) {
    axis.values.clear();
    for (const Json& one : params) axis.values.push_back(one.at(axis.name));
  }
  plan.points_ = params.size();
  return plan;
}

Json SweepPlan::Description() const {
  Json object = Json::object();
  object["file"] = file_hash_;
  object["version"] = version_;
  object["axes"] = AxesJson(axes_);
  object["fixed"] = AxesJson(fixed_);
  object["zip"] = zip_;
  object["seed"] = seed_;
  object["seeds"] = seeds_;
  object["until_ns"] = until_ns_;
  object["runs"] = runs();
  return object;
}

const Json& SweepPlan::ValueOf(size_t point, size_t axis) const {
  if (zip_) return axes_[axis].values[point];
  for (size_t later = axes_.size() - 1; later > axis; --later) point /= axes_[later].values.size();
  return axes_[axis].values[point % axes_[axis].values.size()];
}

std::vector<std::pair<std::string, std::string>> SweepPlan::ParamsOf(size_t point) const {
  std::vector<std::pair<std::string, std::string>> params;
  for (const Axis& axis : fixed_) params.emplace_back(axis.name, PlainText(axis.values.front()));
  for (size_t i = 0; i < axes_.size(); ++i) params.emplace_back(axes_[i].name, PlainText(ValueOf(point, i)));
  return params;
}

std::string SweepPlan::Name(size_t run) const {
  std::string text;
  for (size_t i = 0; i < axes_.size(); ++i) {
    text +=
        fmt::format("{}{}={}", text.empty() ? "" : " ", axes_[i].name, PlainText(ValueOf(PointOf(run), i)));
  }
  if (seeds_ > 1) text += fmt::format("{}seed {}", text.empty() ? "" : " ", SeedOf(run));
  return text;
}

std::string SweepPlan::RunCommand(const std::string& file, size_t run) const {
  Options options;
  options.command = Options::Command::kRun;
  options.operand = file;
  options.seed = static_cast<uint64_t>(SeedOf(run));
  options.params = ParamsOf(PointOf(run));
  if (until_ns_.is_number()) options.until_ns = until_ns_.get<int64_t>();
  return options.RepeatCommand();
}

bool SweepPlan::Fits(size_t run, const Json& result) const {
  const Json params = result.value("params", Json::object());
  const auto fits = [&params](const std::string& name, const Json& value) {
    return params.contains(name) && params[name] == value;
  };
  for (const Axis& axis : fixed_) {
    if (!fits(axis.name, axis.values.front())) return false;
  }
  for (size_t i = 0; i < axes_.size(); ++i) {
    if (!fits(axes_[i].name, ValueOf(PointOf(run), i))) return false;
  }
  return result.value("seed", Json()) == SeedOf(run);
}

uint64_t SweepPlan::KeyOf(size_t run) const {
  Json params = defaults_;
  for (const Axis& axis : fixed_) params[axis.name] = axis.values.front();
  for (size_t i = 0; i < axes_.size(); ++i) params[axes_[i].name] = ValueOf(PointOf(run), i);
  const Json all = {{"file", file_hash_},
                    {"version", version_},
                    {"params", params},
                    {"seed", SeedOf(run)},
                    {"until_ns", until_ns_}};
  return sim::HashName(OneLine(all));
}

std::vector<size_t> SweepPlan::Sample() const {
  std::vector<size_t> sample;
  size_t stride = points_;
  if (zip_) {
    for (size_t point = 0; point < std::min(points_, kSampleMax); ++point) sample.push_back(point);
    return sample;
  }
  for (const Axis& axis : axes_) {
    const size_t count = axis.values.size();
    stride /= count;
    const bool ends_only = axis.values.front().is_number_integer();
    for (size_t i = 0; i < count; ++i) {
      if (!ends_only || i == 0 || i + 1 == count) sample.push_back(i * stride);
    }
  }
  if (sample.empty()) sample.push_back(0);
  std::sort(sample.begin(), sample.end());
  sample.erase(std::unique(sample.begin(), sample.end()), sample.end());
  if (sample.size() > kSampleMax) sample.resize(kSampleMax);
  return sample;
}

}  // namespace tools
