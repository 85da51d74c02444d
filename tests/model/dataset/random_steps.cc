// SPDX-License-Identifier: Apache-2.0
#include "tests/model/dataset/random_steps.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace model {
namespace {

// Two components of this length nearly fill a name.
const std::string& Long() {
  static const std::string* const kLong = new std::string(120, 'x');
  return *kLong;
}

class Maker {
 public:
  Maker(sim::Stream* random, const DatasetTree& tree) : random_(random), tree_(tree) {
    Collect(tree.root(), tree.pool());
  }

  Step Make() {
    Step step{.mutation = Promote("tank")};
    MakeKind(&step);
    step.same_txg = OneIn(5);
    if (step.kind != Step::Kind::kMutation) return step;
    step.open = OneIn(12);
    step.program = CanBeInProgram(step.mutation) && OneIn(4);
    return step;
  }

 private:
  uint64_t Below(uint64_t n) { return random_->NextBelow(n); }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  int Number(uint64_t n) { return static_cast<int>(Below(n)); }

  void Collect(ObjectId id, std::string name) {
    const Dataset& dataset = tree_.DatasetOf(id);
    for (const auto& [snapshot, ignored] : dataset.snapshots)
      snapshots_.push_back(absl::StrCat(name, "@", ignored.name));
    for (const auto& [leaf, ignored] : dataset.bookmarks) bookmarks_.push_back(absl::StrCat(name, "#", leaf));
    if (dataset.origin != 0) clones_.push_back(name);
    for (const auto& [leaf, child] : dataset.children) Collect(child, absl::StrCat(name, "/", leaf));
    datasets_.push_back(std::move(name));
  }

  std::string AnyDataset() {
    static const auto* const kNames = new std::vector<std::string>{"tank/a",
                                                                   "tank/b",
                                                                   "tank/a/a",
                                                                   "tank/a/b",
                                                                   "tank/c",
                                                                   "tank/b/a",
                                                                   "tank/a/b/c",
                                                                   "tank/c/a",
                                                                   "pond/a",
                                                                   "tank/" + Long(),
                                                                   "tank/" + Long() + "/" + Long()};
    return (*kNames)[Below(kNames->size())];
  }
  std::string Dataset_() { return OneIn(6) ? AnyDataset() : datasets_[Below(datasets_.size())]; }
  std::string Existing() { return datasets_[Below(datasets_.size())]; }
  std::string Snapshot_() {
    if (snapshots_.empty() || OneIn(6)) return Dataset_() + "@" + Tail();
    return snapshots_[Below(snapshots_.size())];
  }
  std::string Bookmark_() {
    if (bookmarks_.empty() || OneIn(4)) return Dataset_() + "#" + Tail();
    return bookmarks_[Below(bookmarks_.size())];
  }
  std::string Clone_() { return clones_.empty() || OneIn(4) ? Dataset_() : clones_[Below(clones_.size())]; }
  std::string Tail() {
    constexpr const char* kTails[] = {"1", "2", "3", "4", "5", "kept-for-ever"};
    return kTails[Below(std::size(kTails))];
  }
  std::string Tag() { return OneIn(2) ? "x" : "y"; }

  static bool CanBeInProgram(const Mutation& m) {
    switch (m.kind) {
      case MutationKind::kDestroySnapshot:
      case MutationKind::kDestroyDataset:
      case MutationKind::kClone:
      case MutationKind::kPromote:
      case MutationKind::kBookmark:
      case MutationKind::kInherit:
      case MutationKind::kSetProperty:
        return true;
      case MutationKind::kSnapshot:
        return m.more.empty();
      case MutationKind::kRollback:
        return m.second.empty();
      case MutationKind::kRenameSnapshot:
        return !m.recursive;
      default:
        return false;
    }
  }

  void MakeKind(Step* step) {
    Mutation& m = step->mutation;
    const uint64_t kind = Below(100);
    if (kind < 10) {
      m = OneIn(6) ? CreateVolume(AnyDataset(), "16384") : CreateFilesystem(AnyDataset());
    } else if (kind < 26) {
      step->kind = Step::Kind::kWrite;
      m.name = Existing();
      step->written = Number(8);
      step->freed = Number(8);
    } else if (kind < 40) {
      m = Snapshots();
    } else if (kind < 46) {
      m = Destroy(Snapshot_(), OneIn(2));
    } else if (kind < 50) {
      m = Destroy(Dataset_());
    } else if (kind < 51) {
      step->kind = Step::Kind::kDestroyAll;
      m.name = Existing();
      step->on = OneIn(2);
    } else if (kind < 58) {
      m = Clone(Snapshot_(), AnyDataset());
    } else if (kind < 62) {
      m = Promote(Clone_());
    } else if (kind < 66) {
      m = RollbackSomething();
    } else if (kind < 70) {
      m = Rename(Dataset_(), AnyDataset());
    } else if (kind < 74) {
      const std::string from = Snapshot_();
      const std::string to = from.substr(0, from.find('@')) + "@" + Tail();
      m = OneIn(2) ? RenameSnapshots(from, to) : Rename(from, to);
    } else if (kind < 77) {
      m = MakeBookmark(OneIn(4) ? Bookmark_() : Snapshot_(), Dataset_() + "#" + Tail());
    } else if (kind < 78) {
      m = Destroy(Bookmark_());
    } else if (kind < 83) {
      m = OneIn(2) ? Hold(Tag(), Snapshot_()) : Release(Tag(), Snapshot_());
      while (OneIn(2)) m.more.push_back(Snapshot_());
    } else if (kind < 94) {
      m = Property();
    } else if (kind < 96) {
      step->kind = Step::Kind::kDrain;
      step->freed = 1 + Number(60);
    } else if (kind < 98) {
      step->kind = Step::Kind::kMount;
      m.name = Existing();
      step->on = OneIn(3);
    } else {
      step->kind = Step::Kind::kLongHold;
      m.name = OneIn(2) ? Existing() : Snapshot_();
      step->on = OneIn(3);
    }
  }

  Mutation Snapshots() {
    const std::string tail = Tail();
    if (!OneIn(3)) return TakeSnapshot(Dataset_() + "@" + tail);
    std::vector<std::string> names;
    do {
      names.push_back(Dataset_() + "@" + (OneIn(4) ? Tail() : tail));
    } while (OneIn(2));
    return TakeSnapshots(std::move(names), OneIn(3) ? PropertyList{{"org:made", "by-hand"}} : PropertyList{});
  }

  Mutation RollbackSomething() {
    if (OneIn(2)) return Rollback(Dataset_());
    const std::string snapshot = Snapshot_();
    return Rollback(OneIn(4) ? Dataset_() : snapshot.substr(0, snapshot.find('@')), snapshot);
  }

  Mutation Property() {
    const uint64_t which = Below(8);
    const std::string target = OneIn(6) ? Snapshot_() : Dataset_();
    if (which == 0) return OneIn(2) ? Inherit(target, "org:note") : Inherit(target, "compression");
    if (which == 1) return SetProperty(target, "org:note", OneIn(2) ? "a" : "b");
    if (which == 2) return SetProperty(target, "compression", OneIn(2) ? "lz4" : "off");
    if (which == 3) return Inherit(target, "quota");
    constexpr const char* kLimits[] = {"quota", "reservation", "refquota", "refreservation"};
    constexpr uint64_t kSizes[] = {10, 40, 90, 200};
    const std::string value = OneIn(3) ? "none" : std::to_string(kSizes[Below(4)] + Below(5));
    return SetProperty(target, kLimits[which - 4], value);
  }

  sim::Stream* random_;
  const DatasetTree& tree_;
  std::vector<std::string> datasets_;
  std::vector<std::string> snapshots_;
  std::vector<std::string> bookmarks_;
  std::vector<std::string> clones_;
};

}  // namespace

std::string Step::Text() const {
  const std::string& name = mutation.name;
  std::string text;
  switch (kind) {
    case Kind::kMutation:
      text = ToCommand(mutation);
      break;
    case Kind::kDestroyAll:
      text = absl::StrCat("zfs destroy ", on ? "-R " : "-r ", name);
      break;
    case Kind::kWrite:
      text = absl::StrCat("write ", name, ": ", written, " born, ", freed, " dead");
      break;
    case Kind::kDrain:
      text = absl::StrCat("free ", freed, " blocks of what was destroyed");
      break;
    case Kind::kMount:
      text = absl::StrCat(on ? "zfs mount " : "zfs unmount ", name);
      break;
    case Kind::kLongHold:
      text = absl::StrCat(on ? "open " : "close ", name);
      break;
  }
  if (open) text += " (open context)";
  if (program) text += " (channel program)";
  if (same_txg) text += " (same txg)";
  return text;
}

Step RandomStep(sim::Stream* random, const DatasetTree& tree) { return Maker(random, tree).Make(); }

std::vector<Step> SimplerForms(const Step& step) {
  std::vector<Step> forms;
  const auto add = [&](auto change) {
    Step form = step;
    change(&form);
    forms.push_back(std::move(form));
  };
  if (step.same_txg) add([](Step* s) { s->same_txg = false; });
  if (step.program) add([](Step* s) { s->program = false; });
  if (step.open) add([](Step* s) { s->open = false; });
  for (const int fewer : {0, 1, step.written / 2}) {
    if (fewer < step.written) add([&](Step* s) { s->written = fewer; });
  }
  for (const int fewer : {0, 1, step.freed / 2}) {
    if (fewer < step.freed) add([&](Step* s) { s->freed = fewer; });
  }
  if (step.mutation.defer) add([](Step* s) { s->mutation.defer = false; });
  if (step.mutation.recursive) add([](Step* s) { s->mutation.recursive = false; });
  for (size_t i = 0; i < step.mutation.more.size(); ++i) {
    add([&](Step* s) { s->mutation.more.erase(s->mutation.more.begin() + static_cast<std::ptrdiff_t>(i)); });
  }
  const bool is_snapshot = step.mutation.kind == MutationKind::kSnapshot;
  if (is_snapshot && !step.mutation.properties.empty()) add([](Step* s) { s->mutation.properties.clear(); });
  return forms;
}

}  // namespace model
