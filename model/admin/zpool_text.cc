// SPDX-License-Identifier: Apache-2.0
#include "model/admin/zpool_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "fmt/format.h"
#include "model/admin/zfs_text.h"
#include "model/dataset/errno.h"
#include "model/design/session.h"

namespace model {
namespace {

constexpr std::string_view kIndent = "        ";

struct ConfigRow {
  std::string name;
  std::string_view state;
  int64_t read_errors = 0;
  int64_t write_errors = 0;
  std::optional<int64_t> slow = std::nullopt;  // Of a leaf.
  std::string_view note;
};

std::string_view VdevState(const Vdev& vdev) {
  const auto gone = static_cast<size_t>(
      std::count_if(vdev.members.begin(), vdev.members.end(), [](const Device* d) { return d->offline(); }));
  if (gone == 0) return "ONLINE";
  const size_t survives = vdev.kind == VdevKind::kDisk     ? 0
                          : vdev.kind == VdevKind::kMirror ? vdev.members.size() - 1
                                                           : static_cast<size_t>(vdev.parity);
  return gone > survives ? "UNAVAIL" : "DEGRADED";
}

ConfigRow LeafRow(const Pool& pool, const Device& device, std::string_view indent) {
  const std::string_view full = device.name();
  const DeviceErrors& errors = device.errors();
  const bool resilvers = pool.scan().running() && pool.scan().onto == &device;
  return {.name = fmt::format("{}{}", indent, full.substr(full.rfind('/') + 1)),
          .state = device.state_name(),
          .read_errors = errors.reads,
          .write_errors = errors.writes,
          .slow = errors.slow,
          .note = resilvers ? "  (resilvering)" : ""};
}

std::vector<ConfigRow> ConfigRows(const Pool& pool) {
  std::vector<ConfigRow> rows = {{.name = pool.name(), .state = PoolHealth(pool), .note = {}}};
  const std::vector<Vdev>& vdevs = pool.disks().vdevs();
  for (size_t i = 0; i < vdevs.size(); ++i) {
    const std::string top = VdevName(vdevs[i], i);
    if (!top.empty()) rows.push_back({.name = "  " + top, .state = VdevState(vdevs[i]), .note = {}});
    for (const Device* member : vdevs[i].members) {
      rows.push_back(LeafRow(pool, *member, top.empty() ? "  " : "    "));
    }
  }
  if (pool.log_device() != nullptr) {
    rows.push_back({.name = "logs", .state = "", .note = {}});
    rows.push_back(LeafRow(pool, *pool.log_device()->devices().front(), "  "));
  }
  return rows;
}

std::string ConfigText(const Pool& pool, bool with_slow) {
  const std::vector<ConfigRow> rows = ConfigRows(pool);
  size_t width = 4;
  size_t state_width = 8;
  for (const ConfigRow& row : rows) {
    width = std::max(width, row.name.size());
    state_width = std::max(state_width, row.state.size());
  }
  std::string text = fmt::format("{}{:<{}}  {:<{}} {:>5} {:>5} {:>5}{}\n", kIndent, "NAME", width, "STATE",
                                 state_width, "READ", "WRITE", "CKSUM", with_slow ? "  SLOW" : "");
  for (const ConfigRow& row : rows) {
    if (row.state.empty()) {
      text += fmt::format("{}{}\n", kIndent, row.name);
      continue;
    }
    const std::string slow =
        with_slow ? fmt::format(" {:>5}", row.slow ? std::to_string(*row.slow) : "-") : "";
    text += fmt::format("{}{:<{}}  {:<{}} {:>5} {:>5} {:>5}{}{}\n", kIndent, row.name, width, row.state,
                        state_width, row.read_errors, row.write_errors, 0, slow, row.note);
  }
  return text;
}

// "00:01:23".
std::string SpanText(sim::SimDuration span) {
  const int64_t s = span.ns() / 1'000'000'000;
  return fmt::format("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string ScanText(const Pool& pool) {
  const Pool::Scan& scan = pool.scan();
  const bool scrub = scan.kind == Pool::ScanKind::kScrub;
  if (scan.kind == Pool::ScanKind::kNone) return "";
  const auto date = [](sim::SimTime at) { return ZpoolTimeText(SecondsSince1970(at)); };
  if (scan.running()) {
    const int64_t done = scan.bytes - scan.left_bytes;
    return fmt::format("  scan: {} {} since {}\n{}{} / {} scanned, {}% done\n", scrub ? "scrub" : "resilver",
                       scan.paused ? "paused" : "in progress", date(scan.start), kIndent,
                       ZfsSizeText(static_cast<uint64_t>(done)),
                       ZfsSizeText(static_cast<uint64_t>(scan.bytes)), done * 100 / scan.bytes);
  }
  if (scan.cancelled) return fmt::format("  scan: scrub canceled on {}\n", date(scan.end));
  // What is read for a new member counts as written to it.
  const int64_t written = scan.onto == nullptr ? scan.bytes : scan.resilvered_bytes;
  const uint64_t repaired = scrub ? 0 : static_cast<uint64_t>(written);
  return fmt::format("  scan: {} {} in {} with {} errors on {}\n", scrub ? "scrub repaired" : "resilvered",
                     ZfsSizeText(repaired), SpanText(scan.end - scan.start), scan.errors, date(scan.end));
}

// Of the disks, or the log device.
template <typename Is>
bool AnyDevice(const Pool& pool, Is is) {
  const std::vector<Device*>& disks = pool.disks().devices();
  const bool log = pool.log_device() != nullptr && is(pool.log_device()->devices().front());
  return log || std::any_of(disks.begin(), disks.end(), is);
}

// What is the matter, and what to do about it.
std::string AdviceText(const Pool& pool) {
  if (pool.suspended() && pool.suspend_reason() == SuspendReason::kMultihost) {
    return "status: No heartbeat of this host reached the devices in time, and all I/O was stopped, since\n"
           "        another host may take the pool over.\n"
           "action: See that no other host has the pool, then run 'zpool clear'.\n";
  }
  if (pool.suspended()) {
    return "status: I/O to the devices has failed. It is parked, and so is who waits for it.\n"
           "action: Bring the devices back, then run 'zpool clear'.\n";
  }
  if (PoolHealth(pool) == "UNAVAIL") {
    return "status: Devices are missing, and there are not copies enough without them.\n"
           "action: Bring the devices back, then run 'zpool clear'.\n";
  }
  if (pool.data_errors() > 0) {
    return "status: Blocks of data could not be read, and there was no other copy of them.\n"
           "action: Restore what is lost.\n";
  }
  if (pool.scan().running() && pool.scan().kind == Pool::ScanKind::kResilver) {
    return "status: A device is being resilvered. The pool goes on meanwhile, and may be slower.\n"
           "action: Wait for the resilver to end.\n";
  }
  if (PoolHealth(pool) == "DEGRADED" && AnyDevice(pool, [](const Device* d) { return d->taken_out(); })) {
    return "status: Devices were taken offline by hand. There are copies enough for the pool to go on.\n"
           "action: Bring them back with 'zpool online'; what they missed is then resilvered.\n";
  }
  if (PoolHealth(pool) == "DEGRADED") {
    return "status: Devices are missing. There are copies enough for the pool to go on.\n"
           "action: Bring the devices back; what they missed is then resilvered.\n";
  }
  if (AnyDevice(pool, [](const Device* d) { return d->errors().reads + d->errors().writes > 0; })) {
    return "status: A device has failed reads or writes. Nothing that applications have is affected.\n"
           "action: See whether it needs to be replaced; 'zpool clear' zeroes the counts.\n";
  }
  return "";
}

bool ChangesVdevs(PoolCommand command) {
  return command == PoolCommand::kAttach || command == PoolCommand::kReplace || command == PoolCommand::kAdd;
}

std::string_view RefusalText(PoolCommand command, const Pool& pool, int error) {
  const bool of_scrub = command == PoolCommand::kScrub || command == PoolCommand::kScrubStop ||
                        command == PoolCommand::kScrubPause;
  if (error == kEBUSY && of_scrub) {
    if (pool.scan().kind != Pool::ScanKind::kScrub) return "a resilver is in progress";
    return command == PoolCommand::kScrubPause ? "the scrub is paused already; 'zpool scrub' resumes it"
                                               : "a scrub is in progress; 'zpool scrub -s' ends it";
  }
  if (error == kENOENT && (command == PoolCommand::kScrubStop || command == PoolCommand::kScrubPause))
    return "there is no active scrub";
  if (error == kEREMOTEIO) return "another host has the pool";
  if (error == kENXIO && command == PoolCommand::kImport) return "devices of it are away";
  if (error == kEEXIST && command == PoolCommand::kImport) return "a pool with that name already exists";
  if (error == kENODEV) return "no such device in pool";
  if (error == kEBUSY && command == PoolCommand::kOffline) return "no valid replicas";
  if (error == kEBUSY && ChangesVdevs(command)) return "a device named is part of the pool already";
  return ZfsErrorText(error);
}

}  // namespace

std::string VdevName(const Vdev& vdev, size_t index) {
  switch (vdev.kind) {
    case VdevKind::kDisk:
      break;
    case VdevKind::kMirror:
      return fmt::format("mirror-{}", index);
    case VdevKind::kRaidz:
      return fmt::format("raidz{}-{}", vdev.parity, index);
  }
  return "";
}

std::string_view PoolHealth(const Pool& pool) {
  if (pool.suspended()) return "SUSPENDED";
  // A log device can be done without: what is missing of it degrades the pool (vdev_propagate_state).
  const bool log_gone = pool.log_device() != nullptr && pool.log_device()->devices().front()->offline();
  std::string_view worst = log_gone ? "DEGRADED" : "ONLINE";
  for (const Vdev& vdev : pool.disks().vdevs()) {
    const std::string_view state = VdevState(vdev);
    if (state == "UNAVAIL") return state;
    if (state == "DEGRADED") worst = state;
  }
  return worst;
}

bool IsHealthy(const Pool& pool) { return AdviceText(pool).empty(); }

std::string ZpoolStatusText(const Pool& pool, bool with_slow) {
  const bool lost = pool.suspended() && pool.suspend_reason() == SuspendReason::kIoError;
  return fmt::format("  pool: {}\n state: {}\n{}{}config:\n\n{}\nerrors: {}", pool.name(), PoolHealth(pool),
                     AdviceText(pool), ScanText(pool), ConfigText(pool, with_slow),
                     lost                     ? "I/O is parked, nothing is lost yet"
                     : pool.data_errors() > 0 ? fmt::format("{} data errors", pool.data_errors())
                                              : "No known data errors");
}

namespace {

struct ListColumn {
  std::string_view heading;
  int width;
};
constexpr std::array<ListColumn, 10> kListColumns = {{{"SIZE", 5},
                                                      {"ALLOC", 5},
                                                      {"FREE", 5},
                                                      {"CKPOINT", 7},
                                                      {"EXPANDSZ", 8},
                                                      {"FRAG", 5},
                                                      {"CAP", 5},
                                                      {"DEDUP", 5},
                                                      {"HEALTH", 8},
                                                      {"ALTROOT", 0}}};

std::string ListLine(std::string_view name, const std::array<std::string, 10>& cells,
                     const ZpoolListFormat& format, size_t name_width) {
  std::string line =
      format.scripted ? std::string(name) : fmt::format("{:<{}}", name, std::max<size_t>(name_width, 4));
  for (size_t i = 0; i < cells.size(); ++i) {
    line += format.scripted ? fmt::format("\t{}", cells[i])
                            : fmt::format("  {:>{}}", cells[i], kListColumns[i].width);
  }
  return line;
}

}  // namespace

std::string ZpoolListHeading(const ZpoolListFormat& format, size_t name_width) {
  std::array<std::string, 10> cells;
  for (size_t i = 0; i < cells.size(); ++i) cells[i] = kListColumns[i].heading;
  return ListLine("NAME", cells, format, name_width);
}

std::string ZpoolListText(const Pool& pool, const ZpoolListFormat& format, size_t name_width) {
  const uint64_t size = pool.tree().pool_bytes();
  const uint64_t alloc = std::min(pool.tree().AllocatedBytes(), size);
  const auto bytes = [&](uint64_t n) { return format.exact ? std::to_string(n) : ZfsSizeText(n); };
  const auto capacity = static_cast<uint64_t>(static_cast<unsigned __int128>(alloc) * 100 / size);
  return ListLine(pool.name(),
                  {bytes(size), bytes(alloc), bytes(size - alloc), "-", "-", "-",
                   format.exact ? std::to_string(capacity) : fmt::format("{}%", capacity),
                   format.exact ? "1.00" : "1.00x", std::string(PoolHealth(pool)), "-"},
                  format, name_width);
}

std::string ZpoolErrorText(PoolCommand command, const Pool& pool, int error, std::string_view device) {
  std::string_view action;
  switch (command) {
    case PoolCommand::kStatus:
    case PoolCommand::kList:
    case PoolCommand::kIostat:
      action = "open";
      break;
    case PoolCommand::kClear:
      action = "clear errors for";
      break;
    case PoolCommand::kSync:
      action = "sync";
      break;
    case PoolCommand::kScrub:
      action = "scrub";
      break;
    case PoolCommand::kScrubStop:
      action = "cancel scrubbing";
      break;
    case PoolCommand::kScrubPause:
      action = "pause scrubbing";
      break;
    case PoolCommand::kImport:
      action = "import";
      break;
    case PoolCommand::kWait:
      action = "wait for";
      break;
    case PoolCommand::kExport:
      action = "export";
      break;
    case PoolCommand::kAttach:
      action = "attach to";
      break;
    case PoolCommand::kReplace:
      action = "replace a device of";
      break;
    case PoolCommand::kAdd:
      action = "add to";
      break;
    case PoolCommand::kReopen:
      action = "reopen";
      break;
    case PoolCommand::kOffline:
      action = "offline";
      break;
    case PoolCommand::kOnline:
      action = "online";
      break;
    case PoolCommand::kHistory:
      action = "get history for";
      break;
    case PoolCommand::kEvents:
      action = "get events of";
      break;
    case PoolCommand::kGet:
      action = "get properties of";
      break;
    case PoolCommand::kSet:
      action = "set property for";
      break;
  }
  const bool of_device =
      command == PoolCommand::kOffline || command == PoolCommand::kOnline || error == kENODEV;
  return fmt::format("cannot {} '{}': {}", action, of_device ? device : pool.name(),
                     RefusalText(command, pool, error));
}

std::string ZpoolNotImportableText(const ZfsModule& module, std::string_view name) {
  if (module.FindPool(name) != nullptr) {
    return fmt::format("cannot import '{}': a pool with that name already exists", name);
  }
  return fmt::format("cannot import '{}': no such pool available", name);
}

std::string ZpoolMissingText(std::string_view name) {
  return fmt::format("cannot open '{}': no such pool", name);
}

}  // namespace model
