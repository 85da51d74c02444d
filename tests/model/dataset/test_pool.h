// SPDX-License-Identifier: Apache-2.0
//
// A pool "tank" to try operations on: each in a txg of its own unless said otherwise.
#ifndef TXGSIM_TESTS_MODEL_DATASET_TEST_POOL_H_
#define TXGSIM_TESTS_MODEL_DATASET_TEST_POOL_H_

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "model/dataset/errno.h"
#include "model/dataset/operations.h"
#include "model/dataset/query.h"

namespace model {

inline constexpr uint64_t kKiB = 1024;
inline constexpr uint64_t kMiB = 1024 * kKiB;
inline constexpr uint64_t kGiB = 1024 * kMiB;
inline constexpr uint64_t kTiB = 1024 * kGiB;

class TestPool {
 public:
  explicit TestPool(uint64_t bytes = kTiB) : tree("tank", bytes) {}

  // Checks in syncing context of a new txg, and applies if that returns 0.
  int Do(const Mutation& mutation) {
    ++txg;
    return DoInSameTxg(mutation);
  }
  int DoInSameTxg(const Mutation& mutation) {
    const int error = CheckSyncing(mutation);
    if (error == 0) Apply(tree, mutation, {.txg = txg, .time_s = 1'700'000'000 + txg});
    return error;
  }
  // For setting up.
  void Must(const Mutation& mutation) { ASSERT_EQ(Do(mutation), 0) << ToCommand(mutation); }

  int CheckSyncing(const Mutation& mutation, CheckDetails* details = nullptr) const {
    return Check(tree, mutation, {.syncing = true, .txg = txg}, details);
  }
  int CheckOpen(const Mutation& mutation, CheckDetails* details = nullptr) const {
    return Check(tree, mutation, {.syncing = false, .txg = txg}, details);
  }
  int CheckInProgram(const Mutation& mutation) const {
    return Check(tree, mutation, {.syncing = true, .txg = txg, .caller = Caller::kChannelProgram});
  }

  ObjectId Id(std::string_view name) const {
    ObjectId id = 0;
    const int error = tree.Lookup(name, &id);
    EXPECT_EQ(error, 0) << name;
    return id;
  }
  bool Exists(std::string_view name) const {
    ObjectId id = 0;
    return tree.Lookup(name, &id) == 0;
  }
  void Write(std::string_view name, uint64_t written, uint64_t freed = 0) {
    ++txg;
    tree.Write(Id(name), written, freed, txg);
  }
  uint64_t Used(std::string_view name) const { return tree.UsedBytes(Id(name)); }
  uint64_t Referenced(std::string_view name) const { return tree.ReferencedBytes(Id(name)); }

  // Returns the names of a whole list.
  std::vector<std::string> List(ListKind kind, std::string_view name) const {
    std::vector<std::string> names;
    ListCursor cursor;
    std::optional<ListItem> item;
    while (NextItem(tree, kind, Id(name), &cursor, &item) == 0 && item) names.push_back(item->name);
    return names;
  }

  DatasetTree tree;
  uint64_t txg = 4;
};

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_DATASET_TEST_POOL_H_
