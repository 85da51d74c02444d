// SPDX-License-Identifier: Apache-2.0
//
// What a list call brought into user space: further items of the same list, and
// the properties of each item it returned, as ZFS_IOC_SNAPSHOT_LIST_NEXT and
// ZFS_IOC_DATASET_LIST_NEXT fill zc_objset_stats and the property nvlist along
// with the name (OpenZFS module/zfs/zfs_ioctl.c:zfs_ioc_objset_stats_impl).
//
// What is buffered is as old as the call: the properties are those that the pool
// had then. They are read off the tree only when they are asked for, or just
// before the tree changes: a list alone costs nothing for them. A read set that is given
// notes them when they are asked for, with the versions that they had at the call.
#ifndef TXGSIM_MODEL_DESIGN_LIST_BUFFER_H_
#define TXGSIM_MODEL_DESIGN_LIST_BUFFER_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "model/design/call.h"

namespace model {

class ListBuffer final : public TreeObserver {
 public:
  struct Options {
    int64_t read_batch = 1;  // Items that one call brings; the end of the list is a call of its own.
    bool prefetch = true;    // Whether it brings their properties.
  };

  // Where to note what answers depend on; null: nowhere.
  void NoteReadsIn(ReadSet* reads) { reads_ = reads; }
  // Forgets what was brought.
  void Clear();
  // Answers a call without crossing, if what was buffered can.
  std::optional<JobAnswer> Answer(const JobCall& call, const CheckContext& context);
  // Serves a read on `tree`; if it is a list, fills the buffer anew. Returns how many items were read.
  int Serve(const DatasetTree& tree, const JobCall& call, const CheckContext& context, const Options& options,
            JobAnswer* answer);

 private:
  // What was taken of an item, and what each of it depends on.
  struct Property {
    JobAnswer answer;
    ReadSet reads;
  };
  struct Item {
    ReadSet name;   // That it is there.
    ReadSet unset;  // That a user property is not set.
    std::map<std::string, Property, std::less<>> properties;
  };

  void BeforeChange(const DatasetTree& tree) override;
  void TakeItem(const DatasetTree& tree, const std::string& name);
  ReadSet* Noting(ReadSet* reads) const;
  void NoteListed(const JobAnswer& answer);
  std::optional<JobAnswer> GetListedProperty(const JobCall& call, const CheckContext& context);

  // The list that the further items belong to, and the cursor that the first of them follows.
  ListKind list_ = ListKind::kChildren;
  std::string dataset_;
  ListCursor cursor_;
  std::deque<JobAnswer> further_;

  ReadSet* reads_ = nullptr;
  bool prefetch_ = true;
  std::string listed_;  // The dataset or snapshot listed last; empty if there is none.
  // While the tree is as it was at the call it answers; after that what was taken from it then.
  std::map<std::string, Item, std::less<>> taken_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_LIST_BUFFER_H_
