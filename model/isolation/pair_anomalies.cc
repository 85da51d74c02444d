// SPDX-License-Identifier: Apache-2.0
#include "model/isolation/pair_anomalies.h"

#include <algorithm>
#include <utility>

#include "sim/check.h"

namespace model {
namespace {

// A read of an item that the writer changed: before its first change or its last one of that item there.
struct Sight {
  Dependency dependency;
  int32_t item = 0;
  int64_t moment = 0;  // Saw: since when the change was there. Missed: until when what was read was so.
};

// Of the reads that saw a change of the writer, that of the earliest change; of those that missed one, that
// of which it was so for longest. If there is a moment at which a part was visible, these two show it.
struct Sights {
  std::optional<Sight> saw;
  std::optional<Sight> missed;
};

Sights SightsOf(const Conflicts& conflicts, int32_t writer, int32_t reader) {
  Sights sights;
  for (const ItemUse& read : conflicts.UsesOf(reader)) {
    if (!read.lowest_read) continue;
    const ItemUse* written = conflicts.UseOf(writer, read.item);
    if (written == nullptr || !written->first_write) continue;
    const Access first = *written->first_write;
    const Access last = *written->last_write;
    if (first.rank <= read.highest_read->rank) {
      const int64_t since = conflicts.OpOf(writer, first.op).position;
      if (!sights.saw || since < sights.saw->moment) {
        sights.saw =
            Sight{{DependencyKind::kWr, writer, first.op, reader, read.highest_read->op}, read.item, since};
      }
    }
    for (const Access& access : read.accesses) {
      const bool reads = conflicts.OpOf(reader, access.op).kind == HistoryOp::Kind::kRead;
      if (!reads || access.rank >= last.rank) continue;
      const int64_t until = conflicts.SupersededAt(read.item, access.rank);
      if (!sights.missed || until > sights.missed->moment) {
        sights.missed = Sight{{DependencyKind::kRw, reader, access.op, writer, last.op}, read.item, until};
      }
    }
  }
  return sights;
}

// One read between two changes of one item is enough (G1b), and shorter than two reads.
std::optional<Anomaly> IntermediateRead(const Conflicts& conflicts, int32_t writer, int32_t reader) {
  for (const ItemUse& read : conflicts.UsesOf(reader)) {
    const ItemUse* written = conflicts.UseOf(writer, read.item);
    if (written == nullptr || !written->first_write) continue;
    for (const Access& access : read.accesses) {
      if (conflicts.OpOf(reader, access.op).kind != HistoryOp::Kind::kRead) continue;
      if (access.rank < written->first_write->rank) continue;
      for (const Access& change : written->accesses) {
        const bool writes = conflicts.OpOf(writer, change.op).kind == HistoryOp::Kind::kWrite;
        if (!writes || change.rank <= access.rank) continue;
        return Anomaly{AnomalyKind::kPartialVisibility,
                       {writer},
                       {{DependencyKind::kWr, writer, written->first_write->op, reader, access.op},
                        {DependencyKind::kRw, reader, access.op, writer, change.op}}};
      }
    }
  }
  return std::nullopt;
}

// A read of an item or of its whole, and until when it was true.
struct Look {
  int32_t item = 0;
  int32_t op = 0;
  int64_t until = 0;
};

// Of the reads before an operation, the one that was true for longest.
std::optional<Look> LastLook(const Conflicts& conflicts, int32_t t, const ItemUse& use,
                             std::optional<int32_t> whole, int32_t before) {
  std::optional<Look> last;
  for (const ItemUse* one : {&use, whole ? conflicts.UseOf(t, *whole) : nullptr}) {
    if (one == nullptr) continue;
    for (const Access& access : one->accesses) {
      if (access.op >= before) break;
      if (conflicts.OpOf(t, access.op).kind != HistoryOp::Kind::kRead) continue;
      const int64_t until = conflicts.SupersededAt(one->item, access.rank);
      if (!last || until >= last->until) last = Look{one->item, access.op, until};
    }
  }
  return last;
}

// The change of an item that a transaction made at a position. REQUIRES: there is one.
int32_t ChangeAt(const Conflicts& conflicts, int32_t transaction, int32_t item, int64_t position) {
  for (const Access& access : conflicts.UseOf(transaction, item)->accesses) {
    const HistoryOp& op = conflicts.OpOf(transaction, access.op);
    if (op.kind == HistoryOp::Kind::kWrite && op.position == position) return access.op;
  }
  SIM_CHECK(false);
}

// T read x, or what x is a part of; U changed x; T changed x without having read that.
std::optional<Anomaly> LostUpdate(const Conflicts& conflicts, int32_t t, int32_t u) {
  for (const ItemUse& use : conflicts.UsesOf(t)) {
    const ItemUse* other = conflicts.UseOf(u, use.item);
    if (other == nullptr || !other->first_write || !use.last_write) continue;
    if (conflicts.history().changes_commute(use.item)) continue;
    const std::optional<int32_t> whole = conflicts.history().whole_of(use.item);
    for (const Access& access : use.accesses) {
      if (conflicts.OpOf(t, access.op).kind == HistoryOp::Kind::kRead) continue;
      const std::optional<Look> look = LastLook(conflicts, t, use, whole, access.op);
      if (!look) continue;
      for (const Access& change : other->accesses) {
        const HistoryOp& op = conflicts.OpOf(u, change.op);
        if (op.kind != HistoryOp::Kind::kWrite || op.position < look->until || change.rank >= access.rank)
          continue;
        const int32_t missed =
            look->item == use.item ? change.op : ChangeAt(conflicts, u, look->item, op.position);
        return Anomaly{AnomalyKind::kLostUpdate,
                       {t},
                       {{DependencyKind::kRw, t, look->op, u, missed},
                        {DependencyKind::kWw, u, change.op, t, access.op}}};
      }
    }
  }
  return std::nullopt;
}

// The first item that `reader` read before a change by `writer`.
std::optional<Dependency> MissedChange(const Conflicts& conflicts, int32_t reader, int32_t writer) {
  for (const ItemUse& use : conflicts.UsesOf(reader)) {
    const ItemUse* other = conflicts.UseOf(writer, use.item);
    if (!use.lowest_read || other == nullptr || !other->last_write) continue;
    for (const Access& change : other->accesses) {
      const bool writes = conflicts.OpOf(writer, change.op).kind == HistoryOp::Kind::kWrite;
      if (writes && change.rank > use.lowest_read->rank) {
        return Dependency{DependencyKind::kRw, reader, use.lowest_read->op, writer, change.op};
      }
    }
  }
  return std::nullopt;
}

// A change of `from` that `to` changed later.
std::optional<Dependency> Overwrite(const Conflicts& conflicts, int32_t from, int32_t to) {
  for (const ItemUse& use : conflicts.UsesOf(from)) {
    const ItemUse* other = conflicts.UseOf(to, use.item);
    if (!use.first_write || other == nullptr || !other->last_write) continue;
    if (conflicts.history().changes_commute(use.item) || use.first_write->rank > other->last_write->rank)
      continue;
    return Dependency{DependencyKind::kWw, from, use.first_write->op, to, other->last_write->op};
  }
  return std::nullopt;
}

// Each changed what the other had changed.
std::optional<Anomaly> DirtyWrite(const Conflicts& conflicts, int32_t a, int32_t b) {
  const std::optional<Dependency> there = Overwrite(conflicts, a, b);
  const std::optional<Dependency> back = Overwrite(conflicts, b, a);
  if (!there || !back) return std::nullopt;
  return Anomaly{AnomalyKind::kDirtyWrite, {a, b}, {*there, *back}};
}

// The position of its last change.
int64_t LastChange(const Conflicts& conflicts, int32_t transaction) {
  int64_t last = 0;
  for (const HistoryOp& op : conflicts.history().transaction(transaction).ops) {
    if (op.kind == HistoryOp::Kind::kWrite) last = op.position;
  }
  return last;
}

// Each read what the other changed. Whoever changed anything after that is at fault: it went by an old read.
std::optional<Anomaly> WriteSkew(const Conflicts& conflicts, int32_t a, int32_t b) {
  const std::optional<Dependency> there = MissedChange(conflicts, a, b);
  const std::optional<Dependency> back = MissedChange(conflicts, b, a);
  if (!there || !back) return std::nullopt;
  Anomaly skew{AnomalyKind::kWriteSkew, {}, {*there, *back}};
  if (conflicts.OpOf(b, there->to_op).position < LastChange(conflicts, a)) skew.by.push_back(a);
  if (conflicts.OpOf(a, back->to_op).position < LastChange(conflicts, b)) skew.by.push_back(b);
  std::sort(skew.by.begin(), skew.by.end());
  return skew;
}

}  // namespace

std::optional<Anomaly> TornRead(const Conflicts& conflicts, int32_t writer, int32_t reader) {
  if (std::optional<Anomaly> one = IntermediateRead(conflicts, writer, reader)) return one;
  const Sights sights = SightsOf(conflicts, writer, reader);
  if (!sights.saw || !sights.missed) return std::nullopt;
  Anomaly torn;
  torn.cycle = {sights.saw->dependency, sights.missed->dependency};
  if (sights.saw->moment < sights.missed->moment) {
    torn.kind = AnomalyKind::kPartialVisibility;
    torn.by = {writer};
  } else {
    torn.kind =
        sights.saw->item == sights.missed->item ? AnomalyKind::kNonRepeatableRead : AnomalyKind::kReadSkew;
    torn.by = {reader};
  }
  return torn;
}

std::vector<Anomaly> PairAnomalies(const Conflicts& conflicts, int32_t a, int32_t b) {
  std::vector<Anomaly> found;
  const std::optional<Dependency> there = conflicts.Between(a, b);
  if (!there) return found;
  const std::optional<Dependency> back = conflicts.Between(b, a);
  if (!back) return found;
  const auto add = [&](std::optional<Anomaly> anomaly) {
    if (anomaly) found.push_back(*std::move(anomaly));
  };
  add(DirtyWrite(conflicts, a, b));
  add(LostUpdate(conflicts, a, b));
  add(LostUpdate(conflicts, b, a));
  const bool lost = std::any_of(found.begin(), found.end(), [](const Anomaly& anomaly) {
    return anomaly.kind == AnomalyKind::kLostUpdate;
  });
  if (!lost) add(WriteSkew(conflicts, a, b));
  add(TornRead(conflicts, a, b));
  add(TornRead(conflicts, b, a));
  if (found.empty()) found.push_back({AnomalyKind::kOtherCycle, {a, b}, {*there, *back}});
  return found;
}

}  // namespace model
