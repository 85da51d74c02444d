// SPDX-License-Identifier: Apache-2.0
//
// Told, once, just before a dataset tree changes or goes: for a reader that
// promises values of an earlier moment without keeping a copy of the tree.
//
// Trees are values: a copy has no observers, and an assigned one keeps its own.
#ifndef TXGSIM_MODEL_DATASET_TREE_OBSERVER_H_
#define TXGSIM_MODEL_DATASET_TREE_OBSERVER_H_

#include <vector>

namespace model {

class DatasetTree;

class TreeObserver {
 public:
  TreeObserver() = default;
  TreeObserver(const TreeObserver&) = delete;
  TreeObserver& operator=(const TreeObserver&) = delete;
  virtual ~TreeObserver() { Forget(); }

 protected:
  // Asks to be told before the next change of `tree`; of one tree at a time.
  void Observe(const DatasetTree& tree);
  void Forget();
  // The tree asked for, as long as it has not changed.
  const DatasetTree* observed() const { return observed_; }
  // `tree` is still as it was. It must not be observed from here.
  virtual void BeforeChange(const DatasetTree& tree) = 0;

 private:
  friend class TreeObservers;
  const DatasetTree* observed_ = nullptr;
};

// Those of one tree.
class TreeObservers {
 public:
  TreeObservers() = default;
  TreeObservers(const TreeObservers&) {}
  TreeObservers& operator=(const TreeObservers&) { return *this; }

  void Add(TreeObserver* observer) { waiting_.push_back(observer); }
  void Remove(TreeObserver* observer) { std::erase(waiting_, observer); }
  void BeforeChange(const DatasetTree& tree) {
    if (!waiting_.empty()) [[unlikely]]
      Tell(tree);
  }

 private:
  void Tell(const DatasetTree& tree);

  std::vector<TreeObserver*> waiting_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_TREE_OBSERVER_H_
