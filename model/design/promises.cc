// SPDX-License-Identifier: Apache-2.0
#include "model/design/promises.h"

namespace model {
namespace {

constexpr std::string_view kAllOrNone = "all or none";

Promises OfTransaction(std::string_view reads) { return {kAllOrNone, kAllOrNone, kAllOrNone, reads}; }

Promises OfCallback(const DesignOptions& options) {
  if (options.callback.syncing) return {kAllOrNone, "earlier stay", kAllOrNone, "current"};
  // Others get in between the last upcall and the changes.
  if (options.callback.config_lock) return OfTransaction("frozen, then live");
  return OfTransaction(options.callback.overlay ? "frozen, and own" : "frozen");
}

Promises OfChannelTx(const DesignOptions& options) {
  Promises promises = OfTransaction(options.channel_tx.overlay ? "frozen, and own" : "frozen");
  if (options.channel_tx.each_pool) {
    promises.readers = promises.errors = promises.power = "all or none, by pool";
  }
  return promises;
}

}  // namespace

Promises PromisesOf(DesignKind design, const DesignOptions& options) {
  switch (design) {
    case DesignKind::kIoctl:
      break;
    case DesignKind::kPipeline:
      return {"task by task", "rest goes on",
              options.pipeline.batch == 0 ? "none, or passed" : "passed, by batch", "live, not own"};
    case DesignKind::kCallback:
      return OfCallback(options);
    case DesignKind::kChannelTx:
      return OfChannelTx(options);
    case DesignKind::kOptimisticTx:
      return OfTransaction(options.optimistic_tx.overlay ? "live, and own" : "live");
    case DesignKind::kRing:
      return {"every step", "rest goes on", "any subset",
              options.ring.read_after_wait ? "live, and own" : "live"};
    case DesignKind::kProgram:
      if (!options.program.sync) return {"no change", "no change", "no change", "frozen"};
      return {kAllOrNone, "earlier stay", kAllOrNone, "current"};
  }
  return {"every step", "rest goes on", "a prefix", "live"};
}

}  // namespace model
