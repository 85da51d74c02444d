// SPDX-License-Identifier: Apache-2.0
#include "tests/model/design/random_job.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <ostream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/dataset/pool_builder.h"
#include "sim/check.h"
#include "sim/hash.h"

namespace model {
namespace {

constexpr uint64_t kMiB = 1 << 20;

// The names that somebody knows: those of the pool at first, then what lists told.
class Names {
 public:
  void Add(std::string name) {
    auto& names = name.find('@') != std::string::npos   ? snapshots_
                  : name.find('#') != std::string::npos ? bookmarks_
                                                        : datasets_;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  std::string Dataset(uint8_t i) const { return datasets_[i % datasets_.size()]; }
  std::string Snapshot(uint8_t i) const {
    return snapshots_.empty() ? absl::StrCat(Dataset(i), "@s0") : snapshots_[i % snapshots_.size()];
  }
  std::string Bookmark(uint8_t i) const {
    return bookmarks_.empty() ? absl::StrCat(Dataset(i), "#b0") : bookmarks_[i % bookmarks_.size()];
  }
  std::string Any(uint8_t i) const { return i % 2 == 0 ? Dataset(i / 2) : Snapshot(i / 2); }

 private:
  std::vector<std::string> datasets_;
  std::vector<std::string> snapshots_;
  std::vector<std::string> bookmarks_;
};

Names FirstNames() {
  Names names;
  for (const char* name : {"tank/a", "tank/b", "tank", "tank/v", "tank/a@s0", "tank/a@s1", "tank/b@s0"})
    names.Add(name);
  return names;
}

std::string Leaf(uint8_t i) { return absl::StrCat("n", i % 5); }

// The names that are made are few, so that some are taken.
Mutation MutationOf(const RandomStep& step, const Names& names) {
  const std::string dataset = names.Dataset(step.name);
  const std::string snapshot = names.Snapshot(step.name);
  const std::string of_snapshot = snapshot.substr(0, snapshot.find('@'));
  constexpr const char* kProperties[][2] = {{"org:note", "x"},
                                            {"compression", "lz4"},
                                            {"org:note", "y"},
                                            {"quota", "none"},
                                            {"refreservation", "1048576"}};
  const auto& [property, value] = kProperties[step.other % std::size(kProperties)];
  switch (step.detail % 15) {
    case 0:
      return TakeSnapshot(absl::StrCat(dataset, "@", Leaf(step.other)));
    case 1:
    case 2:
      return Destroy(snapshot, step.other % 3 == 0);
    case 3:
      return SetProperty(names.Any(step.name), property, value);
    case 4:
      return CreateFilesystem(absl::StrCat(dataset, "/", Leaf(step.other)));
    case 5:
      return Clone(snapshot, absl::StrCat(names.Dataset(step.other), "/", Leaf(step.other)));
    case 6:
      return Rename(dataset, absl::StrCat(names.Dataset(step.other), "/", Leaf(step.other)));
    case 7:
      return Rename(snapshot, absl::StrCat(of_snapshot, "@", Leaf(step.other)));
    case 8:
      return Hold(step.other % 2 == 0 ? "t" : "u", snapshot);
    case 9:
      return Release(step.other % 2 == 0 ? "t" : "u", snapshot);
    case 10:
      return Rollback(dataset);
    case 11:
      return Destroy(dataset);
    case 12:
      return MakeBookmark(snapshot, absl::StrCat(of_snapshot, "#", Leaf(step.other)));
    case 13:
      return step.other % 2 == 0 ? Inherit(dataset, property) : Destroy(names.Bookmark(step.name));
    default:
      return step.other % 2 == 0
                 ? Promote(dataset)
                 : TakeSnapshots({absl::StrCat(dataset, "@", Leaf(step.other)),
                                  absl::StrCat(names.Dataset(step.other), "@", Leaf(step.other))});
  }
}

JobCall ListOf(const RandomStep& step, const Names& names) {
  JobCall call{.kind = CallKind::kList};
  constexpr ListKind kKinds[] = {ListKind::kSnapshots, ListKind::kChildren, ListKind::kUserProperties,
                                 ListKind::kHolds,     ListKind::kClones,   ListKind::kBookmarks};
  call.list = kKinds[step.detail % std::size(kKinds)];
  const bool of_snapshot = call.list == ListKind::kHolds || call.list == ListKind::kClones;
  call.dataset = of_snapshot ? names.Snapshot(step.name) : names.Dataset(step.name);
  return call;
}

JobCall PropertyOf(std::string name, uint8_t i) {
  constexpr const char* kProperties[] = {"used",     "referenced", "org:note", "compression", "written",
                                         "userrefs", "available",  "origin",   "quota",       "numclones"};
  return {.kind = CallKind::kGetProperty,
          .dataset = std::move(name),
          .property = kProperties[i % std::size(kProperties)]};
}

class RandomRun final : public JobRun {
 public:
  explicit RandomRun(const RandomJob* job) : job_(job), names_(FirstNames()) {}

  JobStep Start() override { return Next(); }
  JobStep Resume(const JobAnswer& answer) override {
    if (!answer.fatal.empty()) return {.kind = JobStep::Kind::kBroken, .text = answer.fatal};
    last_ = sim::HashName(AnswerText(asked_, answer));
    last_failed_ = answer.error != 0;
    if (asked_.kind == CallKind::kList) OnItem(answer);
    if (asked_.kind == CallKind::kCheck && job_->careful && answer.error == 0) Keep(asked_.mutation);
    return Next();
  }

 private:
  JobStep Ask(JobCall call) {
    asked_ = std::move(call);
    return {.kind = JobStep::Kind::kCall, .call = asked_};
  }

  JobStep Next() {
    while (!waiting_.empty()) {
      JobCall call = std::move(waiting_.front());
      waiting_.pop_front();
      return Ask(std::move(call));
    }
    while (next_ < job_->steps.size()) {
      const RandomStep& step = job_->steps[next_++];
      if (!Applies(step)) continue;
      return Ask(CallOf(step));
    }
    if (kept_next_ < kept_.size()) return Ask({.kind = CallKind::kSync, .mutation = kept_[kept_next_++]});
    return {.kind = JobStep::Kind::kDone};
  }

  // Some steps branch on what was answered last.
  bool Applies(const RandomStep& step) const {
    switch (step.when % 8) {
      case 1:
        return !last_failed_;
      case 2:
        return last_failed_;
      case 3:
        return last_ % 2 == 0;
      default:
        return true;
    }
  }

  JobCall CallOf(const RandomStep& step) {
    prune_ = RandomStep();
    switch (step.kind % 8) {
      case 0:
      case 1:
      case 2:
        return {.kind = job_->careful ? CallKind::kCheck : CallKind::kSync,
                .mutation = MutationOf(step, names_)};
      case 3:
        return {.kind = CallKind::kCheck, .mutation = MutationOf(step, names_)};
      case 4:
        return PropertyOf(names_.Any(step.name), step.other);
      case 5:
        return {.kind = CallKind::kExists, .dataset = names_.Any(step.name)};
      case 6:
        prune_ = step;
        [[fallthrough]];
      default:
        return ListOf(step, names_);
    }
  }

  // Learns the name, looks at the item and perhaps changes it, and goes on with the list.
  void OnItem(const JobAnswer& answer) {
    if (!answer.item || listed_ > 50) {
      listed_ = 0;
      return;
    }
    ++listed_;
    const std::string& name = answer.item->name;
    const bool object = answer.item->id != 0 || name.find('#') != std::string::npos;
    if (object) names_.Add(name);
    const bool prunes = prune_.kind % 8 == 6 && asked_.list == ListKind::kSnapshots;
    if (prunes) waiting_.push_back(PropertyOf(name, prune_.other));
    if (prunes && sim::HashName(name) % 2 == prune_.other % 2) {
      const Mutation change = prune_.other % 3 == 0 ? Hold("p", name) : Destroy(name);
      waiting_.push_back({.kind = job_->careful ? CallKind::kCheck : CallKind::kSync, .mutation = change});
    }
    JobCall further = asked_;
    further.cursor = answer.next;
    waiting_.push_back(std::move(further));
  }

  // For later, unless it concerns another one: with the same name, or above or below it.
  void Keep(const Mutation& mutation) {
    for (const Mutation& other : kept_) {
      if (NamesOverlap(mutation, other)) return;
    }
    kept_.push_back(mutation);
  }

  const RandomJob* job_;
  Names names_;
  JobCall asked_;
  size_t next_ = 0;
  uint64_t last_ = 0;
  bool last_failed_ = false;
  RandomStep prune_;
  int listed_ = 0;
  std::deque<JobCall> waiting_;
  std::vector<Mutation> kept_;
  size_t kept_next_ = 0;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const RandomStep& step) {
  return out << absl::StrCat("{", step.kind, ", ", step.name, ", ", step.other, ", ", step.detail, ", ",
                             step.when, "}");
}

std::ostream& operator<<(std::ostream& out, const RandomJob& job) {
  out << (job.careful ? "careful, pool" : "pool");
  for (const RandomStep& step : job.pool) out << " " << step;
  out << ", steps";
  for (const RandomStep& step : job.steps) out << " " << step;
  return out;
}

DatasetTree MakePool(const RandomJob& job) {
  PoolBuilder builder("tank", uint64_t{1} << 40);
  SIM_CHECK(builder.Filesystem("tank/a", {.used_bytes = 64 * kMiB, .mounted = false}).ok());
  SIM_CHECK(builder.Filesystem("tank/b", {.used_bytes = 16 * kMiB, .properties = {{"org:note", "b"}}}).ok());
  SIM_CHECK(builder.Volume("tank/v", "64M").ok());
  Names names = FirstNames();
  for (const char* name : {"tank/a@s0", "tank/a@s1", "tank/b@s0"}) SIM_CHECK(builder.Snapshot(name).ok());
  for (const RandomStep& step : job.pool) {
    const std::string dataset = names.Dataset(step.name);
    const std::string snapshot = names.Snapshot(step.name);
    const std::string leaf = Leaf(step.other);
    const uint64_t used = (step.when % 4) * kMiB;
    // What cannot be declared is left out.
    switch (step.kind % 6) {
      case 0:
      case 1: {
        const std::string name = absl::StrCat(dataset, "@", leaf);
        if (builder.Snapshot(name, {.used_bytes = used, .shared_with_next_bytes = used}).ok())
          names.Add(name);
        break;
      }
      case 2: {
        const std::string name = absl::StrCat(dataset, "/", leaf);
        if (builder.Filesystem(name, {.used_bytes = used, .mounted = step.detail % 2 == 0}).ok())
          names.Add(name);
        break;
      }
      case 3: {
        const std::string name = absl::StrCat("tank/", leaf);
        if (builder.Clone(snapshot, name, {.used_bytes = used}).ok()) names.Add(name);
        break;
      }
      case 4:
        builder.Hold(snapshot, step.other % 2 == 0 ? "t" : "u").IgnoreError();
        break;
      default: {
        const std::string name = absl::StrCat(snapshot.substr(0, snapshot.find('@')), "#", leaf);
        if (builder.Bookmark(snapshot, name).ok()) names.Add(name);
        break;
      }
    }
  }
  return builder.tree();
}

std::unique_ptr<JobBody> MakeBody(const RandomJob& job) {
  class Body final : public JobBody {
   public:
    explicit Body(RandomJob job) : job_(std::move(job)) {}
    std::unique_ptr<JobRun> NewRun() override { return std::make_unique<RandomRun>(&job_); }

   private:
    RandomJob job_;
  };
  return std::make_unique<Body>(job);
}

}  // namespace model
