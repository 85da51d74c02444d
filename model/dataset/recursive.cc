// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/recursive.h"

#include "absl/container/btree_set.h"
#include "fmt/core.h"

namespace model {
namespace {

void CollectDatasets(const DatasetTree& tree, ObjectId id, std::vector<ObjectId>* datasets) {
  datasets->push_back(id);
  for (const auto& [leaf, child] : tree.DatasetOf(id).children) CollectDatasets(tree, child, datasets);
}

class DependentWalk {
 public:
  DependentWalk(const DatasetTree& tree, bool with_clones) : tree_(tree), with_clones_(with_clones) {}

  void Start(ObjectId id) {
    begun_.insert(id);
    Below(id);
  }

  std::vector<ObjectId> order;

 private:
  // Visits what depends on `id`, not `id` itself.
  void Below(ObjectId id) {
    if (const Snapshot* snapshot = tree_.FindSnapshot(id)) {
      if (!with_clones_) return;
      for (const ObjectId clone : snapshot->clones) Visit(clone);
      return;
    }
    const Dataset& dataset = tree_.DatasetOf(id);
    for (const auto& [leaf, child] : dataset.children) Visit(child);
    for (const auto& [snapshot, ignored] : dataset.snapshots) Visit(snapshot);
  }

  void Visit(ObjectId id) {
    if (!begun_.insert(id).second) return;
    Below(id);
    order.push_back(id);
  }

  const DatasetTree& tree_;
  bool with_clones_;
  absl::btree_set<ObjectId> begun_;
};

}  // namespace

std::vector<ObjectId> DatasetsBelow(const DatasetTree& tree, ObjectId dataset) {
  std::vector<ObjectId> datasets;
  CollectDatasets(tree, dataset, &datasets);
  return datasets;
}

std::vector<std::string> NamesBelow(const DatasetTree& tree, ObjectId dataset, std::string_view tail) {
  std::vector<std::string> names;
  for (const ObjectId id : DatasetsBelow(tree, dataset))
    names.push_back(fmt::format("{}{}", tree.NameOf(id), tail));
  return names;
}

std::vector<ObjectId> Dependents(const DatasetTree& tree, ObjectId id, bool with_clones) {
  DependentWalk walk(tree, with_clones);
  walk.Start(id);
  return walk.order;
}

}  // namespace model
