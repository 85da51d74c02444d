// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "gmock/gmock.h"
#include "model/dataset/property_query.h"
#include "model/dataset/property_table.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

class PropertyTest : public ::testing::Test {
 protected:
  PropertyTest() {
    pool_.Must(CreateFilesystem("tank/a"));
    pool_.Must(CreateFilesystem("tank/a/b"));
    pool_.Must(CreateVolume("tank/v", "1G"));
    pool_.Must(TakeSnapshot("tank/a/b@s"));
  }
  PropertyResult Get(std::string_view name, std::string_view property) {
    return GetProperty(pool_.tree, pool_.Id(name), property);
  }
  // "value from source", and "none".
  std::string Text(std::string_view name, std::string_view property) {
    const PropertyResult result = Get(name, property);
    if (result.outcome != PropertyResult::Outcome::kValue) return "none";
    const uint64_t* number = std::get_if<uint64_t>(&result.value);
    const std::string value = number ? std::to_string(*number) : std::get<std::string>(result.value);
    return result.source ? value + " from " + *result.source : value;
  }
  TestPool pool_;
};

TEST_F(PropertyTest, TheNearestAncestorThatSetsItCounts) {
  EXPECT_EQ(Text("tank/a/b", "compression"), "on from default");
  pool_.Must(SetProperty("tank", "compression", "lz4"));
  EXPECT_EQ(Text("tank/a/b", "compression"), "lz4 from tank");
  pool_.Must(SetProperty("tank/a", "compression", "zstd-3"));
  EXPECT_EQ(Text("tank/a/b", "compression"), "zstd-3 from tank/a");
  EXPECT_EQ(Text("tank/a", "compression"), "zstd-3 from tank/a");
  pool_.Must(Inherit("tank/a", "compression"));
  EXPECT_EQ(Text("tank/a/b", "compression"), "lz4 from tank");
  pool_.Must(Inherit("tank", "compression"));
  EXPECT_EQ(Text("tank/a/b", "compression"), "on from default");
}

// What administrators set at creation, though nothing of it is modelled.
TEST_F(PropertyTest, PropertiesWithoutEffectHereAreKeptAndInherited) {
  EXPECT_EQ(Text("tank/a", "xattr"), "sa from default");
  EXPECT_EQ(Text("tank/a", "encryption"), "off from default");
  EXPECT_EQ(Text("tank/v", "volmode"), "default from default");
  EXPECT_EQ(Text("tank/v", "xattr"), "none");
  pool_.Must(SetProperty("tank/a", "dnodesize", "auto"));
  EXPECT_EQ(Text("tank/a/b", "dnodesize"), "auto from tank/a");
  pool_.Must(CreateFilesystem("tank/case", {{"casesensitivity", "insensitive"}}));
  pool_.Must(CreateFilesystem("tank/case/below"));
  EXPECT_EQ(Text("tank/case/below", "casesensitivity"), "insensitive from tank/case");
  EXPECT_EQ(pool_.Do(SetProperty("tank/case", "casesensitivity", "mixed")), kEINVAL);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "special_small_blocks", "1000")), kEINVAL);
  EXPECT_EQ(CheckSyntax(CreateFilesystem("tank/x", {{"encryption", "on"}})), kEINVAL);  // Not modelled.
}

// zfs_prop.c: of several words for one index the first is shown. `version` has no source (zcp_get.c).
TEST_F(PropertyTest, OtherWordsForAValueAreShownAsTheFirst) {
  pool_.Must(SetProperty("tank/a", "acltype", "posixacl"));
  EXPECT_EQ(Text("tank/a", "acltype"), "posix from tank/a");
  pool_.Must(SetProperty("tank/a", "compression", "gzip-6"));
  EXPECT_EQ(Text("tank/a", "compression"), "gzip from tank/a");
  EXPECT_EQ(Text("tank/a", "version"), "5");
}

TEST_F(PropertyTest, UserPropertiesInheritDownToSnapshots) {
  pool_.Must(SetProperty("tank/a", "my:key", "v"));
  EXPECT_EQ(Text("tank/a/b@s", "my:key"), "v from tank/a");
  pool_.Must(SetProperty("tank/a/b@s", "my:key", "w"));
  EXPECT_EQ(Text("tank/a/b@s", "my:key"), "w from tank/a/b@s");
  EXPECT_EQ(Text("tank/v", "my:key"), "none");
}

TEST_F(PropertyTest, LimitsApplyToTheirOwnDataset) {
  pool_.Must(SetProperty("tank/a", "quota", "10G"));
  EXPECT_EQ(Text("tank/a", "quota"), "10737418240 from tank/a");
  EXPECT_EQ(Text("tank/a/b", "quota"), "0 from default");
  pool_.Must(SetProperty("tank/a", "quota", "none"));
  EXPECT_EQ(Text("tank/a", "quota"), "0 from tank/a");
  EXPECT_EQ(Text("tank/a", "filesystem_limit"), "18446744073709551615 from default");
}

TEST_F(PropertyTest, AMountpointGoesOnBelowWhoSetsIt) {
  EXPECT_EQ(Text("tank/a/b", "mountpoint"), "/tank/a/b from default");
  pool_.Must(SetProperty("tank/a", "mountpoint", "/export"));
  EXPECT_EQ(Text("tank/a", "mountpoint"), "/export from tank/a");
  EXPECT_EQ(Text("tank/a/b", "mountpoint"), "/export/b from tank/a");
  pool_.Must(SetProperty("tank/a", "mountpoint", "/"));
  EXPECT_EQ(Text("tank/a/b", "mountpoint"), "/b from tank/a");
  pool_.Must(SetProperty("tank/a", "mountpoint", "legacy"));
  EXPECT_EQ(Text("tank/a/b", "mountpoint"), "legacy from tank/a");
  EXPECT_EQ(Text("tank/a/b@s", "mountpoint"), "none");
  EXPECT_EQ(Text("tank/v", "mountpoint"), "none");
}

TEST_F(PropertyTest, FiguresAndStatesHaveNoSource) {
  EXPECT_EQ(Text("tank/a", "type"), "filesystem");
  EXPECT_EQ(Text("tank/v", "type"), "volume");
  EXPECT_EQ(Text("tank/a/b@s", "type"), "snapshot");
  EXPECT_EQ(Text("tank/a/b@s", "userrefs"), "0");
  EXPECT_EQ(Text("tank/a/b@s", "defer_destroy"), "off");
  EXPECT_EQ(Text("tank/a/b@s", "createtxg"), std::to_string(pool_.txg));
  EXPECT_EQ(Text("tank/a/b@s", "creation"), std::to_string(1'700'000'000 + pool_.txg));
  EXPECT_EQ(Text("tank/a", "AVAIL"), Text("tank/a", "available"));
  EXPECT_EQ(Text("tank/v", "volsize"), "1073741824 from tank/v");
}

TEST_F(PropertyTest, ClonesAreAList) {
  EXPECT_EQ(Text("tank/a", "origin"), "none");
  pool_.Must(Clone("tank/a/b@s", "tank/d"));
  pool_.Must(Clone("tank/a/b@s", "tank/c"));
  EXPECT_EQ(Text("tank/c", "origin"), "tank/a/b@s");
  EXPECT_EQ(Text("tank/a/b@s", "numclones"), "2");
  EXPECT_THAT(std::get<std::vector<std::string>>(Get("tank/a/b@s", "clones").value),
              ElementsAre("tank/d", "tank/c"));
  EXPECT_EQ(Text("tank/c", "clones"), "none");
}

TEST_F(PropertyTest, SomeAreNeverThere) {
  EXPECT_EQ(Text("tank/a", "mounted"), "none");
  EXPECT_EQ(Text("tank/a", "volsize"), "none");
  EXPECT_EQ(Text("tank/v", "recordsize"), "none");
  EXPECT_EQ(Text("tank/a", "userused@0"), "none");
  EXPECT_EQ(Text("tank/a", "filesystem_count"), "none");
}

TEST_F(PropertyTest, WhatIsNoPropertyIsInvalid) {
  EXPECT_EQ(Get("tank/a", "colour").outcome, PropertyResult::Outcome::kInvalid);
  EXPECT_EQ(Get("tank/a", "colour").error, "'colour' is not a valid property");
  EXPECT_EQ(Get("tank/a", "written@gone").outcome, PropertyResult::Outcome::kInvalid);
  EXPECT_EQ(Get("tank/a", "written#b").outcome, PropertyResult::Outcome::kInvalid);
}

TEST_F(PropertyTest, SystemPropertiesAreThoseOfTheKind) {
  const auto of_filesystem = SystemProperties(pool_.tree, pool_.Id("tank/a"));
  EXPECT_THAT(of_filesystem, Contains("quota"));
  EXPECT_THAT(of_filesystem, Not(Contains("volsize")));
  EXPECT_THAT(of_filesystem, Not(Contains("origin")));
  EXPECT_THAT(of_filesystem, Not(Contains("mounted")));
  EXPECT_THAT(of_filesystem, Not(Contains("numclones")));
  EXPECT_THAT(SystemProperties(pool_.tree, pool_.Id("tank/a/b@s")), Contains("defer_destroy"));
  pool_.Must(Clone("tank/a/b@s", "tank/c"));
  EXPECT_THAT(SystemProperties(pool_.tree, pool_.Id("tank/c")), Contains("origin"));
}

TEST_F(PropertyTest, SetErrorsInOrder) {
  EXPECT_EQ(pool_.Do(SetProperty("tank/x", "my:key", "v")), kENOENT);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "my:" + std::string(253, 'k'), "v")), kENAMETOOLONG);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "my:key", std::string(8192, 'v'))), kE2BIG);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "my:key", std::string(8191, 'v'))), 0);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "colour", "red")), kEINVAL);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "used", "1")), kEINVAL);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "compression", "best")), kEINVAL);
  EXPECT_EQ(pool_.Do(SetProperty("tank/v", "recordsize", "8K")), kEINVAL);
  EXPECT_EQ(pool_.Do(SetProperty("tank/v", "volblocksize", "8K")), kEINVAL);
  EXPECT_EQ(pool_.Do(SetProperty("tank/v", "volsize", "16385")), kEINVAL);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a/b@s", "atime", "off")), kEINVAL);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "recordsize", "1M")), 0);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "recordsize", "3K")), kEINVAL);
}

TEST_F(PropertyTest, AProgramSetsUserPropertiesOnly) {
  EXPECT_EQ(pool_.CheckInProgram(SetProperty("tank/a", "atime", "off")), kEINVAL);
  EXPECT_EQ(pool_.CheckInProgram(SetProperty("tank/a", "my:key", "v")), 0);
  EXPECT_EQ(pool_.CheckInProgram(SetProperty("tank/x", "atime", "off")), kEINVAL);
  EXPECT_EQ(pool_.CheckInProgram(SetProperty("tank/x", "my:key", "v")), kENOENT);
}

TEST_F(PropertyTest, InheritErrorsInOrder) {
  EXPECT_EQ(pool_.Do(Inherit("tank/a", "used")), kEINVAL);
  EXPECT_EQ(pool_.Do(Inherit("tank/a", "quota")), kEINVAL);
  EXPECT_EQ(pool_.Do(Inherit("tank/a", "colour")), kEINVAL);
  EXPECT_EQ(pool_.Do(Inherit("tank/x", "atime")), kENOENT);
  EXPECT_EQ(pool_.Do(Inherit("tank/a", "atime")), 0);  // Nothing local: nothing to do.
  EXPECT_EQ(pool_.Do(Inherit("tank/a/b@s", "my:key")), 0);
}

TEST_F(PropertyTest, LimitsBelowWhatIsThereAreEnospc) {
  pool_.Write("tank/a", 10 * kMiB);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "quota", "9M")), kENOSPC);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "refquota", "9M")), kENOSPC);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "quota", "20M")), 0);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "reservation", "21M")), kENOSPC);
  EXPECT_EQ(pool_.CheckOpen(SetProperty("tank/a", "reservation", "21M")), 0);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "reservation", "20M")), 0);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "quota", "19M")), kENOSPC);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a/b", "reservation", "2T")), kENOSPC);
  EXPECT_EQ(pool_.Do(SetProperty("tank/a", "refreservation", "2T")), kENOSPC);
}

TEST(PropertyTableTest, ValuesAreStoredInOneForm) {
  EXPECT_EQ(CanonicalValue(*FindProperty("quota"), "1.5G"), "1610612736");
  EXPECT_EQ(CanonicalValue(*FindProperty("quota"), "none"), "0");
  EXPECT_EQ(CanonicalValue(*FindProperty("snapshot_limit"), "none"), "18446744073709551615");
  EXPECT_EQ(CanonicalValue(*FindProperty("recordsize"), "none"), std::nullopt);
  EXPECT_EQ(CanonicalValue(*FindProperty("copies"), "2"), "2");
  EXPECT_EQ(CanonicalValue(*FindProperty("copies"), "4"), std::nullopt);
  EXPECT_EQ(CanonicalValue(*FindProperty("mountpoint"), "relative"), std::nullopt);
}

}  // namespace
}  // namespace model
