// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/property_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "model/dataset/size_text.h"
#include "model/dataset/text.h"
#include "sim/check.h"

namespace model {
namespace {

using enum PropertyId;
using enum PropertyType;
using enum PropertyUse;

constexpr unsigned kHead = kOnFilesystem | kOnVolume;
constexpr unsigned kAny = kHead | kOnSnapshot;
constexpr unsigned kFilesystemAndSnapshot = kOnFilesystem | kOnSnapshot;

constexpr std::string_view kOnOff = "on | off";
constexpr std::string_view kCaches = "all | none | metadata";
constexpr std::string_view kSizeOrNone = "a size, or none";
constexpr std::string_view kUnlimited = "18446744073709551615";
constexpr std::string_view kCompressions =
    "on | off | lzjb | gzip | gzip-1 | gzip-2 | gzip-3 | gzip-4 | gzip-5 | gzip-6 | gzip-7 | gzip-8 | gzip-9 "
    "| "
    "zle | lz4 | zstd | zstd-1 | zstd-2 | zstd-3 | zstd-4 | zstd-5 | zstd-6 | zstd-7 | zstd-8 | zstd-9 | "
    "zstd-10 | zstd-11 | zstd-12 | zstd-13 | zstd-14 | zstd-15 | zstd-16 | zstd-17 | zstd-18 | zstd-19 | "
    "zstd-fast";

// clang-format off
constexpr auto kTable = std::to_array<PropertyInfo>({
    {kAclinherit, "aclinherit", "ACLINHERIT", kIndex, kInheritable, kOnFilesystem, "restricted",
     "discard | noallow | restricted | passthrough | passthrough-x"},
    {kAclmode, "aclmode", "ACLMODE", kIndex, kInheritable, kOnFilesystem, "discard",
     "discard | groupmask | passthrough | restricted"},
    {kAcltype, "acltype", "ACLTYPE", kIndex, kInheritable, kFilesystemAndSnapshot, "off", "off | nfsv4 | posix"},
    {kAtime, "atime", "ATIME", kIndex, kInheritable, kOnFilesystem, "on", kOnOff},
    {kAvailable, "available", "AVAIL", kNumber, kReadOnly, kHead, "", ""},
    {kCanmount, "canmount", "CANMOUNT", kIndex, kSettable, kOnFilesystem, "on", "on | off | noauto"},
    {kCasesensitivity, "casesensitivity", "CASE", kIndex, kSetOnce, kFilesystemAndSnapshot, "sensitive",
     "sensitive | insensitive | mixed"},
    {kChecksum, "checksum", "CHECKSUM", kIndex, kInheritable, kHead, "on",
     "on | off | fletcher2 | fletcher4 | sha256 | noparity | sha512 | skein | edonr | blake3"},
    {kClones, "clones", "CLONES", kString, kReadOnly, kOnSnapshot, "", ""},
    {kCompression, "compression", "COMPRESS", kIndex, kInheritable, kHead, "on", kCompressions},
    {kCompressratio, "compressratio", "RATIO", kNumber, kReadOnly, kAny, "", ""},
    {kContext, "context", "CONTEXT", kString, kSettable, kAny, "none", ""},
    {kCopies, "copies", "COPIES", kIndex, kInheritable, kHead, "1", "1 | 2 | 3"},
    {kCreatetxg, "createtxg", "CREATETXG", kNumber, kReadOnly, kAny, "", ""},
    {kCreation, "creation", "CREATION", kNumber, kReadOnly, kAny, "", ""},
    {kDedup, "dedup", "DEDUP", kIndex, kInheritable, kHead, "off",
     "on | off | verify | sha256 | sha256,verify | sha512 | sha512,verify | skein | skein,verify | "
     "edonr,verify"},
    {kDefcontext, "defcontext", "DEFCONTEXT", kString, kSettable, kAny, "none", ""},
    {kDeferDestroy, "defer_destroy", "DEFER_DESTROY", kIndex, kReadOnly, kOnSnapshot, "", kOnOff},
    {kDevices, "devices", "DEVICES", kIndex, kInheritable, kFilesystemAndSnapshot, "on", kOnOff},
    {kDirect, "direct", "DIRECT", kIndex, kInheritable, kOnFilesystem, "standard", "disabled | standard | always"},
    {kDnodesize, "dnodesize", "DNSIZE", kIndex, kInheritable, kOnFilesystem, "legacy",
     "legacy | auto | 1k | 2k | 4k | 8k | 16k"},
    {kEncryption, "encryption", "ENCRYPTION", kIndex, kSetOnce, kAny, "off", "off"},
    {kExec, "exec", "EXEC", kIndex, kInheritable, kFilesystemAndSnapshot, "on", kOnOff},
    {kFilesystemCount, "filesystem_count", "FSCOUNT", kNumber, kReadOnly, kOnFilesystem, "", ""},
    {kFilesystemLimit, "filesystem_limit", "FSLIMIT", kNumber, kSettable, kOnFilesystem, kUnlimited,
     "a count, or none"},
    {kFscontext, "fscontext", "FSCONTEXT", kString, kSettable, kAny, "none", ""},
    {kGuid, "guid", "GUID", kNumber, kReadOnly, kAny, "", ""},
    {kInconsistent, "inconsistent", "INCONSISTENT", kNumber, kReadOnly, kAny, "", "", true},
    {kKeyformat, "keyformat", "KEYFORMAT", kIndex, kSetOnce, kHead, "none", "none"},
    {kKeylocation, "keylocation", "KEYLOCATION", kString, kSettable, kHead, "none", ""},
    {kLogbias, "logbias", "LOGBIAS", kIndex, kInheritable, kHead, "latency", "latency | throughput"},
    {kLogicalreferenced, "logicalreferenced", "LREFER", kNumber, kReadOnly, kAny, "", ""},
    {kLogicalused, "logicalused", "LUSED", kNumber, kReadOnly, kHead, "", ""},
    {kLongname, "longname", "LONGNAME", kIndex, kInheritable, kOnFilesystem, "off", kOnOff},
    {kMlslabel, "mlslabel", "MLSLABEL", kString, kInheritable, kAny, "none", ""},
    {kMounted, "mounted", "MOUNTED", kIndex, kReadOnly, kOnFilesystem, "", kOnOff},
    {kMountpoint, "mountpoint", "MOUNTPOINT", kString, kInheritable, kOnFilesystem, "/",
     "an absolute path, legacy, or none"},
    {kName, "name", "NAME", kString, kReadOnly, kAny, "", "", true},
    {kNbmand, "nbmand", "NBMAND", kIndex, kInheritable, kFilesystemAndSnapshot, "off", kOnOff},
    {kNormalization, "normalization", "NORMALIZATION", kIndex, kSetOnce, kFilesystemAndSnapshot, "none",
     "none | formC | formD | formKC | formKD"},
    {kNumclones, "numclones", "NUMCLONES", kNumber, kReadOnly, kOnSnapshot, "", "", true},
    {kObjsetid, "objsetid", "OBJSETID", kNumber, kReadOnly, kAny, "", ""},
    {kOrigin, "origin", "ORIGIN", kString, kReadOnly, kHead, "", ""},
    {kOverlay, "overlay", "OVERLAY", kIndex, kInheritable, kOnFilesystem, "on", kOnOff},
    {kPbkdf2iters, "pbkdf2iters", "PBKDF2ITERS", kNumber, kSetOnce, kHead, "0", "0"},
    {kPrefetch, "prefetch", "PREFETCH", kIndex, kInheritable, kAny, "all", kCaches},
    {kPrevsnap, "prevsnap", "PREVSNAP", kString, kReadOnly, kHead, "", "", true},
    {kPrimarycache, "primarycache", "PRIMARYCACHE", kIndex, kInheritable, kAny, "all", kCaches},
    {kQuota, "quota", "QUOTA", kNumber, kSettable, kOnFilesystem, "0", kSizeOrNone},
    {kReadonly, "readonly", "RDONLY", kIndex, kInheritable, kHead, "off", kOnOff},
    {kReceiveResumeToken, "receive_resume_token", "RESUMETOK", kString, kReadOnly, kHead, "", ""},
    {kRecordsize, "recordsize", "RECSIZE", kNumber, kInheritable, kOnFilesystem, "131072",
     "a power of two from 512 to 16M"},
    {kRedactSnaps, "redact_snaps", "RSNAPS", kString, kReadOnly, kAny, "", ""},
    {kRedundantMetadata, "redundant_metadata", "REDUND_MD", kIndex, kInheritable, kHead, "all",
     "all | most | some | none"},
    {kRefcompressratio, "refcompressratio", "REFRATIO", kNumber, kReadOnly, kAny, "", ""},
    {kReferenced, "referenced", "REFER", kNumber, kReadOnly, kAny, "", ""},
    {kRefquota, "refquota", "REFQUOTA", kNumber, kSettable, kOnFilesystem, "0", kSizeOrNone},
    {kRefreservation, "refreservation", "REFRESERV", kNumber, kSettable, kHead, "0", kSizeOrNone},
    {kRelatime, "relatime", "RELATIME", kIndex, kInheritable, kOnFilesystem, "on", kOnOff},
    {kReservation, "reservation", "RESERV", kNumber, kSettable, kHead, "0", kSizeOrNone},
    {kRootcontext, "rootcontext", "ROOTCONTEXT", kString, kSettable, kAny, "none", ""},
    {kSecondarycache, "secondarycache", "SECONDARYCACHE", kIndex, kInheritable, kAny, "all", kCaches},
    {kSetuid, "setuid", "SETUID", kIndex, kInheritable, kFilesystemAndSnapshot, "on", kOnOff},
    {kSharenfs, "sharenfs", "SHARENFS", kString, kInheritable, kOnFilesystem, "off", ""},
    {kSharesmb, "sharesmb", "SHARESMB", kString, kInheritable, kOnFilesystem, "off", ""},
    {kSnapdev, "snapdev", "SNAPDEV", kIndex, kInheritable, kHead, "hidden", "hidden | visible"},
    {kSnapdir, "snapdir", "SNAPDIR", kIndex, kInheritable, kOnFilesystem, "hidden",
     "hidden | visible | disabled"},
    {kSnapshotCount, "snapshot_count", "SSCOUNT", kNumber, kReadOnly, kHead, "", ""},
    {kSnapshotLimit, "snapshot_limit", "SSLIMIT", kNumber, kSettable, kHead, kUnlimited, "a count, or none"},
    {kSpecialSmallBlocks, "special_small_blocks", "SPECIAL_SMALL_BLOCKS", kNumber, kInheritable, kHead, "0",
     "0, or a power of two from 512 to 16M"},
    {kSync, "sync", "SYNC", kIndex, kInheritable, kHead, "standard", "standard | always | disabled"},
    {kType, "type", "TYPE", kString, kReadOnly, kAny, "", ""},
    {kUnique, "unique", "UNIQUE", kNumber, kReadOnly, kAny, "", "", true},
    {kUsed, "used", "USED", kNumber, kReadOnly, kAny, "", ""},
    {kUsedbychildren, "usedbychildren", "USEDCHILD", kNumber, kReadOnly, kHead, "", ""},
    {kUsedbydataset, "usedbydataset", "USEDDS", kNumber, kReadOnly, kHead, "", ""},
    {kUsedbyrefreservation, "usedbyrefreservation", "USEDREFRESERV", kNumber, kReadOnly, kHead, "", ""},
    {kUsedbysnapshots, "usedbysnapshots", "USEDSNAP", kNumber, kReadOnly, kHead, "", ""},
    {kUserrefs, "userrefs", "USERREFS", kNumber, kReadOnly, kOnSnapshot, "", ""},
    {kUtf8only, "utf8only", "UTF8ONLY", kIndex, kSetOnce, kFilesystemAndSnapshot, "off", kOnOff},
    {kVersion, "version", "VERSION", kIndex, kSettable, kFilesystemAndSnapshot, "5", "1 | 2 | 3 | 4 | 5"},
    {kVolblocksize, "volblocksize", "VOLBLOCK", kNumber, kSetOnce, kOnVolume, "16384",
     "a power of two from 512 to 128K"},
    {kVolmode, "volmode", "VOLMODE", kIndex, kInheritable, kHead, "default", "default | full | geom | dev | none"},
    {kVolsize, "volsize", "VOLSIZE", kNumber, kSettable, kOnVolume | kOnSnapshot, "",
     "a multiple of volblocksize, not 0"},
    {kVolthreading, "volthreading", "VOLTHREADING", kIndex, kInheritable, kOnVolume, "on", kOnOff},
    {kVscan, "vscan", "VSCAN", kIndex, kInheritable, kOnFilesystem, "off", kOnOff},
    {kWritten, "written", "WRITTEN", kNumber, kReadOnly, kAny, "", ""},
    {kXattr, "xattr", "XATTR", kIndex, kInheritable, kFilesystemAndSnapshot, "sa", "off | sa | dir"},
    {kZoned, "zoned", "ZONED", kIndex, kInheritable, kOnFilesystem, "off", kOnOff},
});
// clang-format on

constexpr bool RowsAreInOrderOfIdAndName() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<size_t>(kTable[i].id) != i) return false;
    if (i > 0 && !(kTable[i - 1].name < kTable[i].name)) return false;
  }
  return true;
}
static_assert(RowsAreInOrderOfIdAndName());

// Other words for a value, which is shown by its first one.
struct Alias {
  PropertyId id;
  std::string_view alias;
  std::string_view value;
};
constexpr Alias kAliases[] = {
    {kAclinherit, "secure", "restricted"}, {kAcltype, "disabled", "off"},       {kAcltype, "noacl", "off"},
    {kAcltype, "posixacl", "posix"},       {kCompression, "gzip-6", "gzip"},    {kVersion, "current", "5"},
    {kVolmode, "geom", "full"},            {kXattr, "on", "sa"},
};

bool IsPowerOfTwoWithin(uint64_t value, uint64_t least, uint64_t most) {
  return std::has_single_bit(value) && value >= least && value <= most;
}

std::optional<std::string> CanonicalNumber(PropertyId id, std::string_view text) {
  const bool is_limit = id == kFilesystemLimit || id == kSnapshotLimit;
  const bool may_be_none =
      is_limit || id == kQuota || id == kRefquota || id == kReservation || id == kRefreservation;
  if (text == "none") {
    if (!may_be_none) return std::nullopt;
    return std::string(is_limit ? kUnlimited : "0");
  }
  const std::optional<uint64_t> value = ParseSize(text);
  if (!value) return std::nullopt;
  if (id == kRecordsize && !IsPowerOfTwoWithin(*value, 512, uint64_t{16} << 20)) return std::nullopt;
  if (id == kVolblocksize && !IsPowerOfTwoWithin(*value, 512, uint64_t{128} << 10)) return std::nullopt;
  if (id == kSpecialSmallBlocks && *value != 0 && !IsPowerOfTwoWithin(*value, 512, uint64_t{16} << 20)) {
    return std::nullopt;
  }
  if (id == kPbkdf2iters && *value != 0) return std::nullopt;
  if (id == kVolsize && *value == 0) return std::nullopt;
  return std::to_string(*value);
}

}  // namespace

std::span<const PropertyInfo> AllProperties() { return kTable; }

const PropertyInfo* FindProperty(std::string_view name) {
  for (const PropertyInfo& info : kTable) {
    if (info.name == name || EqualsIgnoringCase(info.column, name)) return &info;
  }
  return nullptr;
}

const PropertyInfo& PropertyOf(PropertyId id) { return kTable[static_cast<size_t>(id)]; }

std::optional<std::string> CanonicalValue(const PropertyInfo& info, std::string_view text) {
  switch (info.type) {
    case kNumber:
      return CanonicalNumber(info.id, text);
    case kIndex:
      for (const Alias& one : kAliases) {
        if (one.id == info.id && one.alias == text) return std::string(one.value);
      }
      for (const std::string_view value : SplitText(info.accepts, " | ")) {
        if (value == text) return std::string(text);
      }
      return std::nullopt;
    case kString:
      if (info.id == kMountpoint && text != "legacy" && text != "none" && !text.starts_with('/')) {
        return std::nullopt;
      }
      return std::string(text);
  }
  SIM_CHECK(false);
}

}  // namespace model
