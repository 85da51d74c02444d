// SPDX-License-Identifier: Apache-2.0
//
// Declarations of pools and what is in them, and of the loads on them.
#include <algorithm>
#include <array>

#include "fmt/format.h"
#include "model/dataset/import.h"
#include "model/dataset/names.h"
#include "model/script/declare/declare.h"
#include "model/script/lua/sandbox.h"
#include "model/script/lua/script_host.h"

namespace model {
namespace {

constexpr std::array<std::string_view, 6> kPoolLocks = {"dp_config", "spa_namespace", "SCL_CONFIG",
                                                        "SCL_STATE", "SCL_ZIO",       "SCL_ALL"};
constexpr int64_t kNsPerSecond = 1'000'000'000;

// Nanoseconds in one of the tunable's own unit, or 0 where it is no time.
int64_t UnitNs(TunableUnit unit) {
  switch (unit) {
    case TunableUnit::kSeconds:
      return kNsPerSecond;
    case TunableUnit::kMilliseconds:
      return 1'000'000;
    case TunableUnit::kNanoseconds:
      return 1;
    default:
      return 0;
  }
}

// A text or number as the value of a tunable, in its own unit.
absl::StatusOr<int64_t> TunableFromLua(lua_State* L, int index, const TunableInfo& tunable) {
  const TunableUnit unit = tunable.unit;
  if (lua_type(L, index) == LUA_TNUMBER) {
    int whole = 0;
    const int64_t value = lua_tointegerx(L, index, &whole);
    if (whole == 0) return absl::InvalidArgumentError("a whole number is wanted");
    return value;
  }
  if (lua_type(L, index) != LUA_TSTRING) return absl::InvalidArgumentError("a number or a text is wanted");
  const std::string text = lua_tostring(L, index);
  if (unit == TunableUnit::kChoice) {
    std::string_view left = tunable.choices;
    for (int64_t place = 0; !left.empty(); ++place) {
      const std::string_view choice = left.substr(0, left.find(' '));
      if (choice == text) return place;
      left.remove_prefix(std::min(left.size(), choice.size() + 1));
    }
    return absl::InvalidArgumentError(TunableRangeText(tunable));
  }
  if (unit == TunableUnit::kBytes) return ParseBytes(text);
  if (const int64_t unit_ns = UnitNs(unit); unit_ns > 0) {
    const absl::StatusOr<int64_t> ns = ParseDuration(text);
    if (!ns.ok()) return ns.status();
    if (*ns % unit_ns != 0) {
      return absl::InvalidArgumentError(
          fmt::format("is not a whole number of {}", unit == TunableUnit::kSeconds ? "s" : "ms"));
    }
    return *ns / unit_ns;
  }
  return absl::InvalidArgumentError("a number is wanted");
}

DiskDecl DiskOf(const OptionValue& value) {
  DiskDecl disk;
  disk.profile = value.text;
  const Options& inner = *value.inner;
  disk.service = inner["service"].delay;
  if (inner["bandwidth"].integer > 0) disk.bandwidth_bytes_per_s = inner["bandwidth"].integer;
  disk.depth = inner["depth"].integer;
  return disk;
}

}  // namespace

void Declarations::SetTunable(PoolDecl& pool, std::string_view name, std::string text, int64_t value) {
  for (TunableValue& tunable : pool.tunables) {
    if (tunable.name != name) continue;
    tunable.text = std::move(text);
    tunable.value = value;
    return;
  }
  pool.tunables.push_back({.name = std::string(name), .text = std::move(text), .value = value});
}

bool Declarations::TakeTunable(lua_State* L, const Entry& entry, std::string_view key, int value) {
  const TunableInfo* tunable = FindTunable(key);
  if (tunable == nullptr) return false;
  const std::string text = ValueAsWritten(L, value);
  const absl::StatusOr<int64_t> number = TunableFromLua(L, value, *tunable);
  if (!number.ok()) {
    ErrorAtKey(entry, key, {}, true,
               fmt::format("{} = {}: {}", key, text, std::string(number.status().message())));
  } else if (*number < tunable->min || *number > tunable->max) {
    ErrorAtKey(entry, key, {}, true, fmt::format("{} = {}: {}", key, text, TunableRangeText(*tunable)));
  } else {
    SetTunable(scenario_.pools[static_cast<size_t>(entry.index)], tunable->name, text, *number);
  }
  return true;
}

void Declarations::FillPool(const Entry& entry, const Options& options) {
  PoolDecl& pool = scenario_.pools[static_cast<size_t>(entry.index)];
  if (const auto problem = NameProblem(NameKind::kPool, pool.name)) {
    ErrorAtName(entry, fmt::format("{}: no name for a pool: it {}", Owner(entry), *problem));
    return;
  }
  pool.disks = options["disks"].integer;
  pool.layout = options["layout"].text;
  pool.width = options["width"].integer;
  pool.disk = DiskOf(options["disk"]);
  pool.log = DiskOf(options["log"]);
  pool.multihost = options["multihost"].flag;
  pool.batched_destroys = options["destroys"].text == "batched";
  pool.gate_first = options["gate_first"].flag;
  pool.cold_metadata = options["cold_metadata"].flag;
  pool.log_history = options["log_history"].flag;
  if (pool.width > 0 && pool.disks % pool.width != 0) {
    ErrorAtKey(
        entry, "width", {}, true,
        fmt::format("width = {}: {} disks do not divide into vdevs of that many", pool.width, pool.disks));
  }
  const int64_t width = pool.width > 0 ? pool.width : pool.disks;
  const int64_t parity = pool.layout.starts_with("raidz") ? pool.layout.back() - '0' : 0;
  if (parity > 0 && width <= parity) {
    ErrorAtKey(entry, "layout", {}, true,
               fmt::format("layout = \"{}\": needs at least {} disks a vdev", pool.layout, parity + 1));
  }
  pool.failmode = options["failmode"].text;
  const int64_t timeout_ns = options["txg_timeout"].integer;
  if (timeout_ns % kNsPerSecond != 0) {
    ErrorAtKey(entry, "txg_timeout", {}, true,
               fmt::format("txg_timeout = \"{}\": is not a whole number of s", FormatDuration(timeout_ns)));
  }
  // What the file gives under the real names stands already.
  const auto absent = [&pool](std::string_view name) {
    return std::none_of(pool.tunables.begin(), pool.tunables.end(),
                        [&](const TunableValue& one) { return one.name == name; });
  };
  for (const auto& [word, parameter] :
       {std::pair{"txg_timeout", "zfs_txg_timeout"}, std::pair{"dirty_data_max", "zfs_dirty_data_max"}}) {
    if (options.given(word) && !absent(parameter))
      ErrorAtKey(entry, word, {}, true, fmt::format("{} and {} are the same: give one", word, parameter));
  }
  if (options.given("txg_timeout") || absent("zfs_txg_timeout")) {
    SetTunable(pool, "zfs_txg_timeout", FormatDuration(timeout_ns), timeout_ns / kNsPerSecond);
  }
  if (options.given("dirty_data_max") ||
      (absent("zfs_dirty_data_max") && absent("zfs_dirty_data_max_percent") &&
       absent("zfs_dirty_data_max_max") && absent("zfs_dirty_data_max_max_percent"))) {
    const int64_t bytes = options["dirty_data_max"].integer;
    SetTunable(pool, "zfs_dirty_data_max", FormatBytes(bytes), bytes);
  }
  if (options["import"].text.empty()) return;
  pool.import_file = options["import"].text;
  std::optional<std::string> text;
  if (options_.read_file) text = options_.read_file(pool.import_file);
  if (!text) {
    ErrorAtKey(
        entry, "import", {}, true,
        fmt::format(
            "import = \"{}\": no such file beside the scenario, nor in data/ there or beside that folder",
            pool.import_file));
    return;
  }
  pool.import_text = *text;
  const absl::StatusOr<ImportedPool> imported =
      ImportPool(pool.import_file, pool.import_text, {.pool = pool.name});
  if (!imported.ok()) {
    ErrorAtKey(entry, "import", {}, true, std::string(imported.status().message()));
  }
}

void Declarations::CheckPoolLock(const Entry& entry) {
  if (std::find(kPoolLocks.begin(), kPoolLocks.end(), entry.name) != kPoolLocks.end()) return;
  ErrorAtName(entry,
              fmt::format("lock \"{}\": a pool has the locks {}", entry.name, fmt::join(kPoolLocks, ", ")),
              Suggest(entry.name, std::span<const std::string_view>(kPoolLocks)));
}

void Declarations::MakePoolItem(Entry& entry) {
  PoolItemDecl item;
  item.pos = PosOf(entry);
  const std::string& parent = scenario_.NameOf(entry.receiver);
  const bool in_pool = entry.receiver.kind == ThingKind::kPool;
  const std::string_view part = ShortName(entry.word->name);
  if (in_pool) {
    item.pool = entry.receiver.index;
    item.kind = part == "volume" ? PoolItemKind::kVolume : PoolItemKind::kFilesystem;
    item.name = parent + "/" + entry.name;
  } else {
    item.pool = scenario_.pool_items[static_cast<size_t>(entry.receiver.index)].pool;
    const bool of_snapshot = entry.receiver.kind == ThingKind::kSnapshot;
    const std::string dataset(Split(parent).dataset);
    if (part == "snapshot") {
      item.kind = PoolItemKind::kSnapshot;
      item.name = parent + "@" + entry.name;
      item.of = parent;
    } else if (part == "clone") {
      item.kind = PoolItemKind::kClone;
      item.name = scenario_.pools[static_cast<size_t>(item.pool)].name + "/" + entry.name;
    } else if (part == "bookmark") {
      item.kind = PoolItemKind::kBookmark;
      item.name = dataset + "#" + entry.name;
    } else {
      item.kind = PoolItemKind::kHold;
      item.name = entry.name;
    }
    if (of_snapshot) item.of = parent;
  }
  entry.index = static_cast<int32_t>(scenario_.pool_items.size());
  scenario_.pool_items.push_back(std::move(item));
}

void Declarations::FillPoolItem(const Entry& entry, const Options& options) {
  PoolItemDecl& item = scenario_.pool_items[static_cast<size_t>(entry.index)];
  switch (item.kind) {
    case PoolItemKind::kFilesystem:
      item.mounted = options["mounted"].flag;
      item.used_bytes = options["used"].integer;
      item.properties = options["properties"].properties;
      return;
    case PoolItemKind::kVolume:
      item.size_bytes = options["size"].integer;
      item.used_bytes = options["used"].integer;
      item.properties = options["properties"].properties;
      return;
    case PoolItemKind::kSnapshot:
      item.used_bytes = options["used"].integer;
      item.shared_with_next_bytes = options["shared_with_next"].integer;
      return;
    default:
      break;
  }
  if (entry.receiver.kind == ThingKind::kSnapshot) return;
  // Of a dataset: the snapshot that is named, or the newest so far.
  const std::string& dataset = scenario_.NameOf(entry.receiver);
  const std::string wanted = options["snapshot"].names.empty() ? "" : options["snapshot"].names[0].text;
  std::vector<std::string> known;
  for (int32_t i = 0; i < entry.index; ++i) {
    const PoolItemDecl& other = scenario_.pool_items[static_cast<size_t>(i)];
    if (other.kind != PoolItemKind::kSnapshot || other.of != dataset) continue;
    known.emplace_back(Split(other.name).tail);
    if (wanted.empty() || wanted == other.name || wanted == known.back()) item.of = other.name;
  }
  if (!item.of.empty()) return;
  if (wanted.empty()) {
    ErrorAtName(entry, fmt::format("{}: {} has no snapshot yet", Owner(entry), dataset));
  } else {
    ErrorAtKey(entry, "snapshot", {}, true,
               fmt::format("snapshot = \"{}\": {} has no such snapshot", wanted, dataset),
               Suggest(wanted, known));
  }
}

void Declarations::FillLoad(const Entry& entry, const Options& options) {
  const auto i = static_cast<size_t>(entry.index);
  LoadDecl& load = scenario_.loads[i];
  load.count = options["count"].integer;
  load.size_bytes = options["size"].integer;
  load.append = options["append"].flag;
  load.fsync_every = options["fsync_every"].integer;
  load.sync = options["sync"].text;
  const std::string& arrivals = options["arrivals"].text;
  load.arrivals = arrivals == "closed"    ? Arrivals::kClosed
                  : arrivals == "poisson" ? Arrivals::kPoisson
                                          : Arrivals::kPaced;
  load.at = options["at"].delay;
  load.stop_at_ns = options["stop_at"].integer;
  if (options["rate"].integer > 0) load.rate = options["rate"].rate;
  if (load.arrivals != Arrivals::kClosed && !options.given("rate")) {
    ErrorAtName(entry, fmt::format("{} needs rate = \"200MB/s\", or arrivals = \"closed\"", Owner(entry)));
  }
  const std::vector<Named>& dataset = options["dataset"].names;
  if (!dataset.empty()) load.dataset = dataset[0].text;
  const bool given = options.given("dataset");
  later_.push_back([this, entry, i, given] {
    LoadDecl& one = scenario_.loads[i];
    if (!one.dataset.empty()) {
      CheckDataset(entry, "dataset", one.dataset, &one.pool);
    } else if (scenario_.pools.size() == 1) {
      one.pool = 0;
      one.dataset = scenario_.pools[0].name;
    } else if (!given) {
      ErrorAtName(entry, fmt::format("{} needs dataset = a dataset{}", Owner(entry),
                                     scenario_.pools.empty() ? "; there is no pool"
                                                             : ", since there are several pools"));
    }
  });
}

int32_t Declarations::FindPool(std::string_view dataset) const {
  const std::string_view name = PoolOf(dataset);
  for (size_t i = 0; i < scenario_.pools.size(); ++i) {
    if (scenario_.pools[i].name == name) return static_cast<int32_t>(i);
  }
  return -1;
}

void Declarations::CheckDataset(const Entry& entry, std::string_view key, const std::string& dataset,
                                int32_t* pool) {
  *pool = FindPool(dataset);
  std::vector<std::string> known;
  if (*pool < 0) {
    for (const PoolDecl& one : scenario_.pools) known.push_back(one.name);
    ErrorAtKey(entry, key, {}, true, fmt::format("{} = \"{}\": no such pool", key, dataset),
               Suggest(dataset, known));
    return;
  }
  const PoolDecl& decl = scenario_.pools[static_cast<size_t>(*pool)];
  if (dataset == decl.name) return;
  for (const PoolItemDecl& item : scenario_.pool_items) {
    const bool holds_data = item.kind == PoolItemKind::kFilesystem || item.kind == PoolItemKind::kVolume ||
                            item.kind == PoolItemKind::kClone;
    if (!holds_data) continue;
    // Parents that a name implies are there too.
    if (item.name == dataset || item.name.rfind(dataset + "/", 0) == 0) return;
    known.push_back(item.name);
  }
  if (!decl.import_text.empty()) {
    const absl::StatusOr<ImportedPool> imported =
        ImportPool(decl.import_file, decl.import_text, {.pool = decl.name});
    ObjectId id{};
    if (!imported.ok() || imported->tree.Lookup(dataset, &id) == 0) return;
  }
  ErrorAtKey(entry, key, {}, true, fmt::format("{} = \"{}\": no such dataset", key, dataset),
             Suggest(dataset, known));
}

}  // namespace model
