// SPDX-License-Identifier: Apache-2.0
//
// Proofs as text: the operations in the order in which they happened, and the cycle.
#include <algorithm>

#include "fmt/format.h"
#include "model/isolation/check.h"

namespace model {
namespace {

constexpr std::string_view kArrows[] = {"-ww->", "-wr->", "-rw->"};

std::string NameOf(const History& history, int32_t transaction) {
  return history.transaction(transaction).Name();
}

std::string AtText(sim::SimTime at) {
  const int64_t ns = at.ns();
  return fmt::format("[{:5}.{:09}]", ns / 1'000'000'000, ns % 1'000'000'000);
}

// The operations that the dependencies are made of, each once, in order of time.
std::string OperationsText(const History& history, const std::vector<Dependency>& dependencies) {
  struct Step {
    HistoryOp op;
    int32_t transaction;
  };
  std::vector<Step> steps;
  const auto add = [&](int32_t transaction, int32_t op) {
    steps.push_back({history.transaction(transaction).ops[static_cast<size_t>(op)], transaction});
  };
  for (const Dependency& dependency : dependencies) {
    add(dependency.from, dependency.from_op);
    add(dependency.to, dependency.to_op);
  }
  const auto key = [](const Step& step) {
    return std::tuple(step.op.position, step.transaction, step.op.item);
  };
  std::sort(steps.begin(), steps.end(), [&](const Step& a, const Step& b) { return key(a) < key(b); });
  steps.erase(
      std::unique(steps.begin(), steps.end(), [&](const Step& a, const Step& b) { return key(a) == key(b); }),
      steps.end());
  std::string text;
  for (const Step& step : steps) {
    const bool writes = step.op.kind == HistoryOp::Kind::kWrite;
    text += fmt::format("  {} {} {} {} (version {})\n", AtText(step.op.at), NameOf(history, step.transaction),
                        writes ? "changed" : "read", history.item_name(step.op.item), step.op.version);
  }
  return text;
}

// Of one that did not commit.
std::string_view EndText(const History& history, int32_t transaction) {
  return history.transaction(transaction).end == TransactionEnd::kAborted ? "failed" : "never ended";
}

std::string Headline(const History& history, const Anomaly& anomaly) {
  const Dependency& first = anomaly.cycle.front();
  const std::string from = NameOf(history, first.from);
  const std::string to = NameOf(history, first.to);
  switch (anomaly.kind) {
    case AnomalyKind::kDirtyWrite:
      return "dirty write: each changed what the next had changed";
    case AnomalyKind::kDirtyRead:
      return fmt::format("dirty read: {} read what {} changed, and changed again before it {}", to, from,
                         EndText(history, first.from));
    case AnomalyKind::kHalfDoneRead:
      return fmt::format("half-done read: {} read what {} changed, which {} and left it so", to, from,
                         EndText(history, first.from));
    case AnomalyKind::kLostUpdate:
      return fmt::format("lost update: {} changed what {} had changed since it read it", from, to);
    case AnomalyKind::kWriteSkew:
      return fmt::format("write skew: {} and {} each went by what the other changed", from, to);
    case AnomalyKind::kPartialVisibility:
      return fmt::format("partial visibility: {} saw some of what {} changed, but not all", to, from);
    case AnomalyKind::kReadSkew:
      return fmt::format("read skew: {} happened between two reads of {}", from, to);
    case AnomalyKind::kNonRepeatableRead:
      return fmt::format("non-repeatable read: {} happened between two reads of the same by {}", from, to);
    case AnomalyKind::kOtherCycle:
      break;
  }
  return "no serial order: each comes before the next";
}

}  // namespace

std::string CycleText(const History& history, const std::vector<Dependency>& cycle) {
  std::string text = NameOf(history, cycle.front().from);
  for (const Dependency& dependency : cycle) {
    text +=
        fmt::format(" {} {}", kArrows[static_cast<size_t>(dependency.kind)], NameOf(history, dependency.to));
  }
  return text;
}

std::string ProofText(const History& history, const Anomaly& anomaly) {
  return fmt::format("{}\n{}  {}", Headline(history, anomaly), OperationsText(history, anomaly.cycle),
                     CycleText(history, anomaly.cycle));
}

std::string AgainstTimeText(const History& history, const std::vector<Dependency>& path) {
  return fmt::format("{} had ended when {} began, and comes after it all the same\n{}  {}",
                     NameOf(history, path.back().to), NameOf(history, path.front().from),
                     OperationsText(history, path), CycleText(history, path));
}

}  // namespace model
