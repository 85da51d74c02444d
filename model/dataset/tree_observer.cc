// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/tree_observer.h"

#include <utility>

#include "model/dataset/dataset_tree.h"

namespace model {

void TreeObserver::Observe(const DatasetTree& tree) {
  if (observed_ == &tree) return;
  Forget();
  observed_ = &tree;
  tree.observers().Add(this);
}

void TreeObserver::Forget() {
  if (observed_ != nullptr) observed_->observers().Remove(this);
  observed_ = nullptr;
}

void TreeObservers::Tell(const DatasetTree& tree) {
  for (TreeObserver* observer : std::exchange(waiting_, {})) {
    observer->BeforeChange(tree);
    observer->observed_ = nullptr;
  }
}

}  // namespace model
