// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/import.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "model/dataset/operations.h"
#include "model/dataset/property_query.h"
#include "model/dataset/tree_digest.h"
#include "rapidcheck.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

using ::testing::HasSubstr;

std::string ReadFile(const std::string& name) {
  std::ifstream file(std::string(TXGSIM_SOURCE_DIR) + "/scenarios/data/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

ImportedPool Import(std::string_view text) {
  absl::StatusOr<ImportedPool> pool = ImportPool("list.txt", text);
  EXPECT_TRUE(pool.ok()) << pool.status();
  return *std::move(pool);
}

std::string ErrorOf(std::string_view text, const ImportOptions& options = {}) {
  const absl::StatusOr<ImportedPool> pool = ImportPool("list.txt", text, options);
  return pool.ok() ? "no error" : std::string(pool.status().message());
}

ObjectId Id(const ImportedPool& pool, std::string_view name) {
  ObjectId id = 0;
  EXPECT_EQ(pool.tree.Lookup(name, &id), 0) << name;
  return id;
}

std::string Text(const ImportedPool& pool, std::string_view name, std::string_view property) {
  const PropertyResult result = GetProperty(pool.tree, Id(pool, name), property);
  if (result.outcome != PropertyResult::Outcome::kValue) return "none";
  const uint64_t* number = std::get_if<uint64_t>(&result.value);
  return number ? std::to_string(*number) : std::get<std::string>(result.value);
}

TEST(ImportTest, AProxmoxHost) {
  const ImportedPool pool = Import(ReadFile("pve.txt"));
  EXPECT_EQ(pool.datasets, 15);
  EXPECT_EQ(pool.snapshots, 0);
  EXPECT_EQ(Text(pool, "rpool/data/vm-1502-disk-0", "type"), "volume");
  EXPECT_EQ(Text(pool, "rpool/data/subvol-304-disk-0", "type"), "filesystem");
  // 3.09 * 2^40 and 110 * 2^30 bytes, to the byte.
  EXPECT_EQ(Text(pool, "rpool", "used"), "3397490929828");
  EXPECT_EQ(Text(pool, "rpool/data/subvol-304-disk-0", "used"), std::to_string(110 * kGiB));
  // 3.34 * 2^40 = 3672368836771(.84) and 790 MiB, where the quota is the container's.
  EXPECT_EQ(Text(pool, "rpool", "available"), "3672368836772");
  EXPECT_EQ(Text(pool, "rpool/data/subvol-309-disk-0", "available"), std::to_string(790 * kMiB));
  EXPECT_EQ(Text(pool, "rpool/ROOT/pve-1", "mountpoint"), "/");
  EXPECT_EQ(GetProperty(pool.tree, Id(pool, "rpool/data"), "mountpoint").source, "default");
}

TEST(ImportTest, SnapshotsOfAPoolThatIsNotShownItself) {
  const ImportedPool pool = Import(ReadFile("autosnap.txt"));
  EXPECT_EQ(pool.snapshots, 16);
  EXPECT_EQ(Text(pool, "ncdata", "referenced"), std::to_string(249 * kGiB));
  EXPECT_EQ(Text(pool, "ncdata@zfs-auto-snap_hourly-2018-11-24-0117", "used"), std::to_string(104 * kKiB));
  EXPECT_EQ(Text(pool, "ncdata", "prevsnap"), "ncdata@zfs-auto-snap_hourly-2018-11-24-1117");
  EXPECT_EQ(Text(pool, "ncdata", "usedbysnapshots"), std::to_string(220 * kKiB));
}

TEST(ImportTest, PruningByUsedNeverChangesTheFiguresOfOthers) {
  ImportedPool pool = Import(ReadFile("sanoid.txt"));
  EXPECT_EQ(pool.snapshots, 9);
  DatasetTree& tree = pool.tree;
  const Dataset& home = tree.DatasetOf(Id(pool, "zhome/home"));
  std::vector<std::pair<std::string, uint64_t>> figures;
  for (const auto& [id, snapshot] : home.snapshots)
    figures.emplace_back(tree.NameOf(id), tree.UniqueBytes(id));
  for (const auto& [name, used] : figures) {
    ObjectId id = 0;
    ASSERT_EQ(tree.Lookup(name, &id), 0);
    EXPECT_EQ(tree.UniqueBytes(id), used) << name;
    if (used == 0) Apply(tree, Destroy(name), {.txg = 9});
  }
}

TEST(ImportTest, ATreeOfDatasetsImpliedByTheirSnapshots) {
  const ImportedPool pool = Import(ReadFile("zsys.txt"));
  EXPECT_EQ(pool.snapshots, 13);
  EXPECT_EQ(pool.datasets, 0);
  EXPECT_EQ(pool.tree.dataset_count(), 5u);  // rpool, ROOT, ubuntu_dwwf56, srv, usr.
  EXPECT_EQ(Text(pool, "rpool/ROOT/ubuntu_dwwf56@autozsys_9on5ib", "referenced"), "6055903887");  // 5.64 GiB
}

TEST(ImportTest, ScriptedOutputWithTabsAndNoHeading) {
  const ImportedPool pool = Import(
      "tank\t3072\t10000000\t1024\t/tank\n"
      "tank/my files\t1024\t10000000\t1024\t/tank/my files\n"
      "tank/vol\t1024\t10000000\t1024\t-\n"
      "tank@s\t0\t-\t1024\t-\n");
  EXPECT_EQ(pool.datasets, 3);
  EXPECT_EQ(Text(pool, "tank", "used"), "3072");
  EXPECT_EQ(Text(pool, "tank/vol", "type"), "volume");
  EXPECT_EQ(Text(pool, "tank/my files", "mountpoint"), "/tank/my files");
}

TEST(ImportTest, AnyColumnsInAnyOrder) {
  const ImportedPool pool = Import(
      "USED  NAME      COMPRESS  RATIO  REFER  RECSIZE  COM.SUN:AUTO-SNAPSHOT  QUOTA\n"
      "  3M  tank      lz4       1.20x     1M     128K  true                    none\n"
      "  2M  tank/a    lz4       1.20x     2M       8K  false                     1G\n"
      "  0B  tank/a@s  -         1.20x     2M        -  false                      -\n");
  EXPECT_EQ(GetProperty(pool.tree, Id(pool, "tank/a"), "compression").source, "tank");
  EXPECT_EQ(GetProperty(pool.tree, Id(pool, "tank"), "recordsize").source, "default");
  EXPECT_EQ(Text(pool, "tank/a", "recordsize"), "8192");
  EXPECT_EQ(Text(pool, "tank/a", "com.sun:auto-snapshot"), "false");
  EXPECT_EQ(Text(pool, "tank/a", "quota"), std::to_string(kGiB));
  EXPECT_EQ(GetProperty(pool.tree, Id(pool, "tank"), "quota").source, "default");
}

TEST(ImportTest, OriginsMakeClonesWhereverTheyStandInTheListing) {
  const ImportedPool pool = Import(
      "NAME    USED  REFER  ORIGIN\n"
      "tank/a  1M    10M    tank/z@s\n"
      "tank/z  10M   10M    -\n"
      "tank/z@s  0   10M    -\n");
  EXPECT_EQ(Text(pool, "tank/a", "origin"), "tank/z@s");
  EXPECT_EQ(Text(pool, "tank/a", "used"), std::to_string(kMiB));
  EXPECT_EQ(Text(pool, "tank/a", "referenced"), std::to_string(10 * kMiB));
}

TEST(ImportTest, TypeVolsizeAndBookmarks) {
  const ImportedPool pool = Import(
      "NAME     TYPE        VOLSIZE  CREATION\n"
      "tank     filesystem  -        1600000000\n"
      "tank/v   volume      4G       1600000001\n"
      "tank#b   bookmark    -        1600000002\n");
  EXPECT_EQ(Text(pool, "tank/v", "volsize"), std::to_string(4 * kGiB));
  EXPECT_EQ(Text(pool, "tank/v", "creation"), "1600000001");
  EXPECT_EQ(pool.bookmarks, 1);
}

// 2020-01-01 is 18262 days after 1970, 2021-03-12 436 days later; 2024-02-29, a leap day, is 19782.
TEST(ImportTest, DatesUnderCreation) {
  const ImportedPool pool = Import(
      "NAME         CREATION               USED\n"
      "tank         Wed Jan  1  9:05 2020  1G\n"
      "tank/my vm   Thu Feb 29 10:00 2024  512M\n"
      "tank@s       Fri Mar 12 10:01 2021  1M\n");
  EXPECT_EQ(Text(pool, "tank/my vm", "creation"), std::to_string(19782 * 86400 + 36000));
  EXPECT_EQ(Text(pool, "tank/my vm", "used"), std::to_string(512 * kMiB));
  EXPECT_EQ(Text(pool, "tank@s", "creation"), std::to_string(18698 * 86400 + 36060));
  const ImportedPool first = Import("CREATION               NAME\nWed Jan  1  9:05 2020  tank/a\n");
  EXPECT_EQ(Text(first, "tank/a", "creation"), std::to_string(18262 * 86400 + 32700));
  EXPECT_THAT(ErrorOf("NAME  CREATION\ntank  Wed Jan  1 2020\n"), HasSubstr("fields where 2 are expected"));
}

TEST(ImportTest, CreatetxgOrdersSnapshots) {
  const ImportedPool pool = Import(
      "NAME    CREATETXG\n"
      "tank@b  20\n"
      "tank@a  10\n");
  EXPECT_EQ(Text(pool, "tank", "prevsnap"), "tank@b");
  EXPECT_LT(Id(pool, "tank@a"), Id(pool, "tank@b"));
}

TEST(ImportTest, LineEndsAndByteOrderMarksDoNotMatter) {
  const std::string plain = "NAME  USED  AVAIL  REFER  MOUNTPOINT\ntank  1M  1G  1M  /tank\n";
  const std::string dos =
      "\xEF\xBB\xBFNAME  USED  AVAIL  REFER  MOUNTPOINT\r\n\r\ntank  1M  1G  1M  /tank\r\n";
  EXPECT_EQ(NormalisedTreeDigest(Import(plain).tree, true), NormalisedTreeDigest(Import(dos).tree, true));
}

TEST(ImportTest, ThePoolIsSizedByAvailOrByOption) {
  const std::string text = "tank\t1073741824\t2147483648\t1073741824\t/tank\n";
  EXPECT_EQ(Text(Import(text), "tank", "available"), "2147483648");
  const absl::StatusOr<ImportedPool> given =
      ImportPool("list.txt", text, {.pool = "tank", .pool_bytes = kTiB});
  ASSERT_TRUE(given.ok());
  EXPECT_EQ(given->tree.pool_bytes(), kTiB);
  EXPECT_EQ(Import("NAME\ntank\n").tree.pool_bytes(), kTiB);
}

TEST(ImportTest, ErrorsNameFileLineAndValue) {
  const std::string heading = "NAME  USED  AVAIL  REFER  MOUNTPOINT\n";
  EXPECT_EQ(ErrorOf(""), "list.txt: no datasets; expected is the output of zfs list");
  EXPECT_EQ(ErrorOf(heading), "list.txt: no datasets; expected is the output of zfs list");
  EXPECT_EQ(ErrorOf("USED  AVAIL\n1K  1K\n"), "list.txt:1: no NAME column; the columns are USED AVAIL");
  EXPECT_EQ(ErrorOf(heading + "tank  1K  1K\n"),
            "list.txt:2: 3 fields where 5 are expected: NAME USED AVAIL REFER MOUNTPOINT");
  EXPECT_THAT(ErrorOf("no datasets available\n"), HasSubstr("list.txt:1: 3 fields where 5 are expected"));
  EXPECT_THAT(ErrorOf("no datasets available\n"), HasSubstr("as there is no heading"));
  EXPECT_THAT(ErrorOf(heading + "tank  lots  1K  1K  /tank\n"),
              HasSubstr("list.txt:2: USED is \"lots\"; accepted is a number of bytes"));
  EXPECT_THAT(ErrorOf(heading + "tank  1K  1K  -3K  /tank\n"), HasSubstr("REFER is \"-3K\""));
  EXPECT_THAT(ErrorOf(heading + "tank!  1K  1K  1K  /tank\n"), HasSubstr("list.txt:2: \"tank!\" is no name"));
  EXPECT_EQ(ErrorOf(heading + "tank  1K  1K  1K  /tank\npond/a  1K  1K  1K  /a\n"),
            "list.txt:3: pond/a is not of the pool tank; a listing declares one pool");
  EXPECT_EQ(ErrorOf(heading + "tank  1K  1K  1K  /tank\ntank  1K  1K  1K  /tank\n"),
            "list.txt:3: tank is listed in line 2 already");
  EXPECT_THAT(ErrorOf(heading + "tank  1K  1K  1K  /tank\n", {.pool = "pond"}),
              HasSubstr("list.txt:2: tank is not of the pool pond"));
}

TEST(ImportTest, ErrorsOfOtherColumns) {
  EXPECT_THAT(ErrorOf("NAME  TYPE\ntank  directory\n"), HasSubstr("list.txt:2: TYPE is \"directory\""));
  EXPECT_THAT(ErrorOf("NAME  COMPRESS\ntank  best\n"),
              HasSubstr("list.txt:2: compression = \"best\": accepted is"));
  EXPECT_THAT(ErrorOf("NAME  ORIGIN\ntank/a  tank/b@s\n"), HasSubstr("which is not in the listing"));
  EXPECT_THAT(ErrorOf("NAME  ORIGIN\ntank/a  tank/b@s\ntank/b  tank/a@s\ntank/a@s  -\ntank/b@s  -\n"),
              HasSubstr("is its own origin"));
  EXPECT_THAT(ErrorOf("NAME  MOUNTPOINT\ntank/v  -\ntank/v/a  /a\n"),
              HasSubstr("list.txt:3: zfs create tank/v/a: only a filesystem can have children"));
}

TEST(ImportTest, WhatIsNoTextIsRefused) {
  EXPECT_THAT(ErrorOf(std::string("NAME\ntank\0", 10)), HasSubstr("list.txt:2: byte 0x00 is not text"));
  EXPECT_THAT(ErrorOf("NAME\n\x1b[1mtank\n"), HasSubstr("list.txt:2: byte 0x1B is not text"));
  EXPECT_THAT(ErrorOf("NAME\ntank/\xFF\n"), HasSubstr("list.txt:2: byte 0xFF is not text"));
  EXPECT_THAT(ErrorOf("NAME\ntank/\xC3\n"), HasSubstr("byte 0xC3 is not text"));
  EXPECT_THAT(ErrorOf("NAME\ntank/\xC3\xA9\n"), HasSubstr("contains the character"));
}

TEST(ImportTest, SizesThatNoPoolHasAreRefused) {
  EXPECT_EQ(ErrorOf("NAME  USED\ntank  1E\ntank/a  1K\n"),
            "list.txt:3: USED is \"1K\": more than 1 EiB in all");
}

// Real listings with a few bytes changed: whatever comes of it, it is a pool or an error with the file's
// name.
TEST(ImportTest, DamagedListingsAreAnErrorOrAPool) {
  setenv("RC_PARAMS", "seed=20 max_success=120", /*overwrite=*/0);
  const std::string original =
      ReadFile("pve.txt") + "rpool@s  0B  -  238K  -\nrpool/data@s  1K  -  238K  -\n";
  int pools = 0;
  int errors = 0;
  EXPECT_TRUE(rc::check("damaged listings", [&] {
    std::string text = original;
    const int damages = *rc::gen::inRange(1, 6);
    for (int i = 0; i < damages; ++i) {
      const auto at = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<size_t>(0, text.size()));
      const std::string part =
          *rc::gen::element<std::string>("", "@", "#", "/", "-", "9", "9E", "\n", "\t", "  ", "%", "rpool");
      text.replace(at, 1, part);
    }
    const absl::StatusOr<ImportedPool> pool = ImportPool("list.txt", text);
    RC_ASSERT(pool.ok() || pool.status().message().find("list.txt:") == 0);
    ++(pool.ok() ? pools : errors);
  }));
  EXPECT_GT(pools, 0);
  EXPECT_GT(errors, 0);
}

}  // namespace
}  // namespace model
