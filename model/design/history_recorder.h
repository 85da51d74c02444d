// SPDX-License-Identifier: Apache-2.0
//
// Keeps the history of a run for the isolation checker (model/isolation): who read and
// changed what of the pools, in which order.
//
// A transaction is what its client means to be one step: one repeat of a job, each
// attempt of an optimistic one, or one `zfs` command. It commits by ending with 0; one
// that fails aborts, although what it changed may stay.
//
// Items are what two can be in each other's way about (known_objects.h):
//
//   a part       one name of a list, one property: whoever changes it later overwrites
//   an aspect    a whole list, all properties, the space of an object: read by who lists it.
//                Changes of it commute: two that add other names to a list, or to a sum
//                of space, leave the same behind whoever comes first
//
// A change of a part is one of its aspect as well. Whoever changes anything of an object but its
// space has found it by its name: that is a read of the name.
//
// Reads are noted where they are served, with what their answer depends on. Changes
// are found where txg_sync runs a sync task, by the versions of the tree: all that
// changed while the task held the config lock as writer became visible together, and is
// durable with its txg. What loads write and what is freed in the background is nobody's
// transaction and does not count.
//
// A `zfs` command that changes something is checked again by the kernel when it is
// carried out; that it looked the names up before is no read. What it shows is.
//
// Where a client is alone nobody can be in its way: only the steps of its transactions are counted then.
//
// Cost: O(objects of the pool) a sync task; O(1) where only steps are counted.
#ifndef TXGSIM_MODEL_DESIGN_HISTORY_RECORDER_H_
#define TXGSIM_MODEL_DESIGN_HISTORY_RECORDER_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/container/btree_map.h"
#include "model/design/call.h"
#include "model/design/known_objects.h"
#include "model/isolation/history.h"
#include "model/txg/pool.h"

namespace model {

class HistoryRecorder;

// The changes of one transaction: told while txg_sync runs its tasks. What began before it was told counts
// for nothing.
class ChangeTap final : public SyncLockObserver {
 public:
  ChangeTap(HistoryRecorder* recorder, const Pool* pool, int32_t transaction)
      : recorder_(recorder), pool_(pool), transaction_(transaction) {}
  void Hold(sim::SimTime now) override;
  void Release(sim::SimTime now) override;

 private:
  HistoryRecorder* recorder_;
  const Pool* pool_;
  int32_t transaction_;
  std::optional<uint64_t> since_;
};

class HistoryRecorder {
 public:
  HistoryRecorder(Machine* machine, bool keeps_items) : machine_(machine), keeps_items_(keeps_items) {}

  const History& history() const { return history_; }
  // Whether who read and changed what is kept, and not the steps alone.
  bool keeps_items() const { return keeps_items_; }
  int32_t Begin(std::string_view client) { return history_.Begin(client); }
  void End(int32_t transaction, int error) { history_.End(transaction, error == 0); }
  // A change was answered with an error.
  void Refuse(int32_t transaction) { history_.Refuse(transaction); }

  // A read that is being served on `tree`: the pool's, or a copy with changes of the reader's own, which are
  // nobody else's business.
  void NoteRead(int32_t transaction, const Pool* pool, const DatasetTree& tree, const JobCall& call);
  // The same of what was brought along earlier, when the history was at `position`.
  void NoteBroughtRead(int32_t transaction, const Pool* pool, const JobCall& call, int64_t position);
  // What any answer depends on.
  void NoteReads(int32_t transaction, const Pool* pool, const ReadSet& reads);
  // Who is to be told of the tasks of a transaction on a pool; as long as the recorder.
  SyncLockObserver* TapOf(int32_t transaction, const Pool* pool) {
    return &taps_.emplace_back(this, pool, transaction);
  }
  // Something may change in the pool.
  void ExpectChanges(const Pool* pool);
  // All changes of the pool's tree after its change number `since`, at this moment; they were expected.
  void NoteChanges(int32_t transaction, const Pool* pool, uint64_t since);

 private:
  // Place of the pool among those of the module, object, aspect, part (empty: all of the aspect).
  using Key = std::tuple<size_t, ObjectId, Aspect, std::string>;

  size_t PlaceOf(const Pool* pool) const;
  int32_t ItemOf(const Pool* pool, ObjectId object, Aspect aspect, std::string_view part);
  // What of the pool has changed, as items; notes that its objects were found.
  std::vector<int32_t> ChangedItems(int32_t transaction, const Pool* pool, uint64_t since);
  sim::SimTime now() const { return machine_->now(); }

  Machine* machine_;
  bool keeps_items_;
  History history_;
  absl::btree_map<Key, int32_t> items_;          // Of objects that exist.
  absl::btree_map<size_t, KnownObjects> known_;  // By place of the pool.
  std::deque<ChangeTap> taps_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_HISTORY_RECORDER_H_
