// SPDX-License-Identifier: Apache-2.0
//
// What a job asks of the pool and what it is told: the vocabulary of channel
// programs (zfs.list.*, zfs.get_prop, zfs.exists, zfs.check.*, zfs.sync.*) as values.
//
// A JobCall is made by the job's body, crosses the line in the way of the design at
// hand, is served on the tree that the design shows, and comes back as a JobAnswer.
// A list is read item by item: each kList call gives the item after `cursor`. An ioctl names the dataset each
// time; the iterator of a channel program keeps its object, which a promote or a rename meanwhile does not
// change, and ends quietly or in an error when it is destroyed (module/zfs/zcp_iter.c).
//
// AnswerText is the canonical text of an answer: two answers are the same iff
// their texts are. The oracle compares by it.
#ifndef TXGSIM_MODEL_DESIGN_CALL_H_
#define TXGSIM_MODEL_DESIGN_CALL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/dataset/operations.h"
#include "model/dataset/property_query.h"
#include "model/dataset/query.h"

namespace model {

enum class CallKind : uint8_t { kList, kSystemProperties, kGetProperty, kExists, kCheck, kSync };

struct JobCall {
  CallKind kind = CallKind::kExists;
  ListKind list = ListKind::kChildren;  // kList
  std::string dataset;                  // All but kCheck and kSync.
  ListCursor cursor;                    // kList: where the last item left it.
  bool by_object = false;               // kList: of the object that had the name when the list began.
  std::string property;                 // kGetProperty
  Mutation mutation{};                  // kCheck, kSync
};

struct JobAnswer {
  int error = 0;          // Of a mutation or check: what the call returns. Of a read: raised in the body.
  std::string fatal;      // The call makes no sense ('x' is not a valid property): an error of the body.
  bool exists = false;    // kExists
  bool recorded = false;  // A mutation that was only written down.
  std::optional<ListItem> item;    // kList; nothing at the end.
  ListCursor next;                 // kList: where the next item is.
  PropertyResult property;         // kGetProperty
  std::vector<std::string> names;  // kSystemProperties
  CheckDetails details;            // kCheck, kSync
};

// "zfs.get_prop(tank/vm@a, used)".
std::string CallText(const JobCall& call);
std::string AnswerText(const JobCall& call, const JobAnswer& answer);

// The object that a read is of: by its name, or that whose list has begun. Returns an errno.
int FindAsked(const DatasetTree& tree, const JobCall& call, ObjectId* id, ReadSet* reads = nullptr);

// Serves a read, or a check in the given context, on `tree`; notes what the answer depends on.
// REQUIRES: call.kind != kSync.
JobAnswer ServeRead(const DatasetTree& tree, const JobCall& call, const CheckContext& context,
                    ReadSet* reads = nullptr);

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_CALL_H_
