// SPDX-License-Identifier: Apache-2.0
//
// Reading one property, as zfs.get_prop and `zfs get` do (OpenZFS module/zfs/zcp_get.c,
// dsl_prop.c:dsl_prop_get_dd).
//
// Three answers are possible. A value, with the dataset that sets it ("default"
// if none does, nothing for figures and states). None: a property there is, but
// not of such a dataset or not now; a program gets nil. Invalid: no property at
// all; a program ends with the text.
//
// Differs from the real system: `filesystem_count`, `snapshot_count` and the
// user, group and project figures never have a value; ratios are always 1.00
// (100); logical figures equal the physical ones.
#ifndef TXGSIM_MODEL_DATASET_PROPERTY_QUERY_H_
#define TXGSIM_MODEL_DATASET_PROPERTY_QUERY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/dataset/dataset_tree.h"
#include "model/dataset/read_set.h"

namespace model {

// The list is that of `clones`.
using PropertyValue = std::variant<uint64_t, std::string, std::vector<std::string>>;

struct PropertyResult {
  enum class Outcome { kValue, kNone, kInvalid };

  Outcome outcome = Outcome::kNone;
  PropertyValue value;
  std::optional<std::string> source;
  std::string error;  // With kInvalid: "'x' is not a valid property".
};

// REQUIRES: the object exists.
PropertyResult GetProperty(const DatasetTree& tree, ObjectId id, std::string_view name,
                           ReadSet* reads = nullptr);

// Returns the names of the native properties that such an object has, sorted: zfs.list.system_properties.
std::vector<std::string> SystemProperties(const DatasetTree& tree, ObjectId id);

// Where a property is set for an object: itself or an ancestor. Nothing if nowhere.
struct SetPoint {
  ObjectId object;
  std::string_view value;  // Valid until the tree changes.
};
std::optional<SetPoint> FindSetPoint(const DatasetTree& tree, ObjectId id, std::string_view name,
                                     bool inheritable, ReadSet* reads = nullptr);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_PROPERTY_QUERY_H_
