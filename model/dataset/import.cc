// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/import.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/strings/ascii.h"
#include "fmt/core.h"
#include "model/dataset/names.h"
#include "model/dataset/pool_builder.h"
#include "model/dataset/property_query.h"
#include "model/dataset/property_table.h"
#include "model/dataset/size_text.h"
#include "model/dataset/space_policy.h"
#include "model/dataset/zfs_listing.h"
#include "sim/check.h"

namespace model {
namespace {

constexpr uint64_t kDefaultPoolBytesMin = uint64_t{1} << 40;
// All sizes of a listing together; far from where sums could overflow.
constexpr uint64_t kListedBytesMax = uint64_t{1} << 60;

// A row with what its name and figures say.
struct Entry {
  const ListingRow* row = nullptr;
  std::string type;  // As the property `type`: filesystem, volume, snapshot or bookmark.
  std::optional<uint64_t> used;
  std::optional<uint64_t> available;
  std::optional<uint64_t> referenced;
  uint64_t createtxg = 0;
  uint64_t creation = 0;
};

class Importer {
 public:
  Importer(std::string_view file_name, Listing listing, std::string pool)
      : file_name_(file_name), listing_(std::move(listing)), builder_(pool, 0), pool_(std::move(pool)) {}

  absl::StatusOr<ImportedPool> Run(const ImportOptions& options) {
    for (const ListingRow& row : listing_.rows) {
      if (absl::Status status = ReadRow(row); !status.ok()) return status;
    }
    OrderSnapshots();
    builder_.SetPoolBytes(uint64_t{1} << 62);  // Until its contents are known.
    for (const auto& [name, entry] : datasets_) {
      if (absl::Status status = Make(name, entry.row->line); !status.ok()) return status;
    }
    for (const auto& [name, snapshots] : snapshots_) {
      if (absl::Status status = Make(name, snapshots.front().second.row->line); !status.ok()) return status;
    }
    if (absl::Status status = MakeBookmarks(); !status.ok()) return status;
    if (absl::Status status = SetProperties(); !status.ok()) return status;
    RaiseUsed();
    SizePool(options.pool_bytes);
    return ImportedPool{.tree = builder_.tree(),
                        .datasets = static_cast<int>(datasets_.size()),
                        .snapshots = snapshot_count_,
                        .bookmarks = static_cast<int>(bookmarks_.size())};
  }

 private:
  using Named = std::pair<std::string, Entry>;

  absl::Status Error(int line, std::string_view text) const { return ListingError(file_name_, line, text); }
  absl::Status At(int line, const absl::Status& status) const {
    return status.ok() ? status : Error(line, std::string(status.message()));
  }

  // Returns the cell under a heading; empty if there is no such column, or a '-'.
  std::string_view Cell(const ListingRow& row, std::string_view heading) const {
    const int column = listing_.ColumnOf(heading);
    if (column < 0) return {};
    const std::string& cell = row.cells[static_cast<size_t>(column)];
    return cell == "-" ? std::string_view() : std::string_view(cell);
  }

  absl::Status ReadSize(const ListingRow& row, std::string_view heading, std::optional<uint64_t>* size) {
    const std::string_view cell = Cell(row, heading);
    if (cell.empty() || cell == "none") return absl::OkStatus();
    *size = ParseSize(cell);
    if (!*size) {
      return Error(row.line, fmt::format("{} is \"{}\"; accepted is {}", heading, cell, kSizeForms));
    }
    if (**size > kListedBytesMax - listed_bytes_) {
      return Error(row.line, fmt::format("{} is \"{}\": more than 1 EiB in all", heading, cell));
    }
    listed_bytes_ += **size;
    return absl::OkStatus();
  }

  absl::Status ReadRow(const ListingRow& row) {
    const std::string name(Cell(row, "NAME"));
    const char separator = Split(name).separator;
    const NameKind kind = separator == '@'   ? NameKind::kSnapshot
                          : separator == '#' ? NameKind::kBookmark
                                             : NameKind::kDataset;
    if (const auto problem = NameProblem(kind, name)) {
      return Error(row.line, fmt::format("\"{}\" is no name of a dataset: it {}", name, *problem));
    }
    if (PoolOf(name) != pool_) {
      return Error(row.line,
                   fmt::format("{} is not of the pool {}; a listing declares one pool", name, pool_));
    }
    if (const auto [it, is_new] = lines_.emplace(name, row.line); !is_new) {
      return Error(row.line, fmt::format("{} is listed in line {} already", name, it->second));
    }
    Entry entry{.row = &row, .type = TypeOf(row, separator), .used = {}, .available = {}, .referenced = {}};
    for (const auto& [heading, field] : {std::pair("USED", &entry.used), std::pair("AVAIL", &entry.available),
                                         std::pair("REFER", &entry.referenced)}) {
      if (absl::Status status = ReadSize(row, heading, field); !status.ok()) return status;
    }
    entry.createtxg = ParseSize(Cell(row, "CREATETXG")).value_or(0);
    entry.creation = CreationOf(Cell(row, "CREATION"));
    return Sort(name, separator, std::move(entry));
  }

  std::string TypeOf(const ListingRow& row, char separator) const {
    if (separator == '@') return "snapshot";
    if (separator == '#') return "bookmark";
    if (const std::string_view type = Cell(row, "TYPE"); !type.empty()) return std::string(type);
    if (!Cell(row, "VOLSIZE").empty()) return "volume";
    return listing_.ColumnOf("MOUNTPOINT") >= 0 && Cell(row, "MOUNTPOINT").empty() ? "volume" : "filesystem";
  }

  absl::Status Sort(const std::string& name, char separator, Entry entry) {
    if (separator == '#') {
      bookmarks_.emplace_back(name, std::move(entry));
    } else if (separator == '@') {
      snapshots_[std::string(Split(name).dataset)].emplace_back(name, std::move(entry));
      ++snapshot_count_;
    } else if (entry.type != "filesystem" && entry.type != "volume") {
      return Error(entry.row->line,
                   fmt::format("TYPE is \"{}\"; accepted for {} is filesystem or volume", entry.type, name));
    } else {
      datasets_.emplace(name, std::move(entry));
    }
    return absl::OkStatus();
  }

  void OrderSnapshots() {
    for (auto& [dataset, snapshots] : snapshots_) {
      std::stable_sort(snapshots.begin(), snapshots.end(), [](const Named& a, const Named& b) {
        return a.second.createtxg < b.second.createtxg;
      });
    }
  }

  // Makes a dataset with its snapshots, after its ancestors and the origin it is a clone of.
  absl::Status Make(const std::string& name, int line) {
    if (made_.contains(name)) return absl::OkStatus();
    if (!under_way_.insert(name).second) {
      return Error(line, fmt::format("{} is its own origin, by way of other clones", name));
    }
    if (NestingOf(name) > 0) {
      if (absl::Status status = Make(std::string(ParentOf(name)), line); !status.ok()) return status;
    }
    const auto entry = datasets_.find(name);
    if (absl::Status status = MakeHead(name, entry == datasets_.end() ? nullptr : &entry->second, line);
        !status.ok()) {
      return status;
    }
    if (const auto it = snapshots_.find(name); it != snapshots_.end()) {
      for (const auto& [snapshot_name, snapshot] : it->second) {
        const DeclaredSnapshot declared{.used_bytes = snapshot.used.value_or(0),
                                        .referenced_bytes = snapshot.referenced,
                                        .time_s = snapshot.creation};
        if (absl::Status status = At(snapshot.row->line, builder_.Snapshot(snapshot_name, declared));
            !status.ok()) {
          return status;
        }
      }
    }
    made_.insert(name);
    return absl::OkStatus();
  }

  absl::Status MakeHead(const std::string& name, const Entry* entry, int line) {
    DeclaredDataset declared{.used_bytes = HeadBytes(name, entry), .properties = {}};
    if (entry == nullptr) {
      return At(line, name == pool_ ? builder_.Root(declared) : builder_.Filesystem(name, declared));
    }
    declared.time_s = entry->creation;
    const std::string_view mountpoint = Cell(*entry->row, "MOUNTPOINT");
    declared.mounted = mountpoint.empty() || mountpoint.starts_with('/');
    if (const std::string_view origin = Cell(*entry->row, "ORIGIN"); !origin.empty()) {
      return MakeClone(name, *entry, std::string(origin), declared);
    }
    if (name == pool_) return At(line, builder_.Root(declared));
    if (entry->type == "volume") return At(line, builder_.Volume(name, VolumeSize(*entry), declared));
    return At(line, builder_.Filesystem(name, declared));
  }

  absl::Status MakeClone(const std::string& name, const Entry& entry, const std::string& origin,
                         DeclaredDataset declared) {
    const int line = entry.row->line;
    if (!lines_.contains(origin)) {
      return Error(line, fmt::format("ORIGIN of {} is \"{}\", which is not in the listing", name, origin));
    }
    if (absl::Status status = Make(std::string(Split(origin).dataset), line); !status.ok()) return status;
    const uint64_t referenced = declared.used_bytes;
    declared.used_bytes = 0;
    if (absl::Status status = At(line, builder_.Clone(origin, name, declared)); !status.ok()) return status;
    // What it uses is its own; what else it refers to it shares with its origin.
    const ObjectId id = Find(name);
    const uint64_t own = std::min(referenced, entry.used.value_or(0));
    const uint64_t shared = builder_.tree().ReferencedBytes(id);
    builder_.Write(id, own, shared - std::min(shared, referenced - own));
    return absl::OkStatus();
  }

  uint64_t HeadBytes(const std::string& name, const Entry* entry) const {
    if (entry != nullptr) return entry->referenced.value_or(entry->used.value_or(0));
    const auto it = snapshots_.find(name);
    return it == snapshots_.end() ? 0 : it->second.back().second.referenced.value_or(0);
  }

  // A listing seldom tells the size of a volume: then it is what it holds, in whole blocks.
  std::string VolumeSize(const Entry& entry) const {
    if (const std::string_view size = Cell(*entry.row, "VOLSIZE"); !size.empty()) return std::string(size);
    constexpr uint64_t kBlock = 16384;
    const uint64_t bytes = std::max<uint64_t>(entry.referenced.value_or(0), 1);
    return std::to_string((bytes + kBlock - 1) / kBlock * kBlock);
  }

  absl::Status MakeBookmarks() {
    for (const auto& [name, entry] : bookmarks_) {
      if (absl::Status status = Make(std::string(Split(name).dataset), entry.row->line); !status.ok())
        return status;
      if (absl::Status status = At(entry.row->line, builder_.OldBookmark(name)); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // In order of names, so that what is inherited is known before it is compared.
  absl::Status SetProperties() {
    for (const auto& [name, entry] : datasets_) {
      for (size_t column = 0; column < listing_.columns.size(); ++column) {
        if (absl::Status status = SetFrom(name, entry, listing_.columns[column]); !status.ok()) return status;
      }
      if (absl::Status status = InferRefquota(name, entry); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status SetFrom(const std::string& name, const Entry& entry, const std::string& heading) {
    const std::string_view value = Cell(*entry.row, heading);
    const std::string user_name = absl::AsciiStrToLower(heading);
    const PropertyInfo* info = IsUserProperty(user_name) ? nullptr : FindProperty(heading);
    if (value.empty() || (info == nullptr && !IsUserProperty(user_name))) return absl::OkStatus();
    if (info != nullptr && (info->use == PropertyUse::kReadOnly || info->id == PropertyId::kVolsize)) {
      return absl::OkStatus();
    }
    const std::string property = info == nullptr ? user_name : std::string(info->name);
    const PropertyResult present = GetProperty(builder_.tree(), Find(name), property);
    if (info != nullptr && present.outcome == PropertyResult::Outcome::kNone) return absl::OkStatus();
    if (info != nullptr && IsSame(*info, value, present.value)) return absl::OkStatus();
    if (info == nullptr && present.outcome == PropertyResult::Outcome::kValue &&
        std::get<std::string>(present.value) == value) {
      return absl::OkStatus();
    }
    return At(entry.row->line, builder_.Property(name, property, value));
  }

  static bool IsSame(const PropertyInfo& info, std::string_view text, const PropertyValue& value) {
    const std::optional<std::string> canonical = CanonicalValue(info, text);
    if (!canonical) return false;
    if (const uint64_t* number = std::get_if<uint64_t>(&value)) return *canonical == std::to_string(*number);
    return *canonical == std::get<std::string>(value);
  }

  absl::Status InferRefquota(const std::string& name, const Entry& entry) {
    if (listing_.ColumnOf("QUOTA") >= 0 || listing_.ColumnOf("REFQUOTA") >= 0) return absl::OkStatus();
    const auto parent = datasets_.find(std::string(ParentOf(name)));
    if (parent == datasets_.end() || entry.type != "filesystem") return absl::OkStatus();
    if (!entry.available || !parent->second.available) return absl::OkStatus();
    if (*entry.available >= *parent->second.available) return absl::OkStatus();
    const uint64_t refquota = entry.referenced.value_or(0) + *entry.available;
    return At(entry.row->line, builder_.Property(name, "refquota", std::to_string(refquota)));
  }

  // Descendants first: they come later in the order of names.
  void RaiseUsed() {
    for (auto it = datasets_.rbegin(); it != datasets_.rend(); ++it) {
      if (it->second.used) builder_.RaiseUsed(Find(it->first), *it->second.used);
    }
  }

  void SizePool(uint64_t pool_bytes) {
    const uint64_t used = builder_.tree().UsedBytes(builder_.tree().root());
    std::optional<uint64_t> available;
    if (const auto root = datasets_.find(pool_); root != datasets_.end()) available = root->second.available;
    if (!available) {
      for (const auto& [name, entry] : datasets_) available = std::max(available, entry.available);
    }
    if (pool_bytes == 0) {
      pool_bytes = available ? PoolBytesFor(used + *available) : std::max(2 * used, kDefaultPoolBytesMin);
    }
    builder_.SetPoolBytes(pool_bytes);
  }

  ObjectId Find(const std::string& name) const {
    ObjectId id = 0;
    SIM_CHECK(builder_.tree().Lookup(name, &id) == 0);
    return id;
  }

  std::string file_name_;
  Listing listing_;
  PoolBuilder builder_;
  std::string pool_;
  absl::btree_map<std::string, int> lines_;  // Of every name.
  absl::btree_map<std::string, Entry> datasets_;
  absl::btree_map<std::string, std::vector<Named>> snapshots_;  // By dataset.
  std::vector<Named> bookmarks_;
  int snapshot_count_ = 0;
  uint64_t listed_bytes_ = 0;
  absl::btree_set<std::string> made_;
  absl::btree_set<std::string> under_way_;
};

}  // namespace

absl::StatusOr<ImportedPool> ImportPool(std::string_view file_name, std::string_view text,
                                        const ImportOptions& options) {
  absl::StatusOr<Listing> listing = ParseListing(file_name, text);
  if (!listing.ok()) return listing.status();
  const ListingRow& first = listing->rows.front();
  const std::string& name = first.cells[static_cast<size_t>(listing->ColumnOf("NAME"))];
  const std::string pool = options.pool.empty() ? std::string(PoolOf(name)) : options.pool;
  if (const auto problem = NameProblem(NameKind::kPool, pool)) {
    return ListingError(file_name, first.line,
                        fmt::format("\"{}\" is no name of a pool: it {}", pool, *problem));
  }
  return Importer(file_name, *std::move(listing), pool).Run(options);
}

}  // namespace model
