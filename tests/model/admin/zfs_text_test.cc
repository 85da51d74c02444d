// SPDX-License-Identifier: Apache-2.0
#include "model/admin/zfs_text.h"

#include <gtest/gtest.h>

#include "model/dataset/errno.h"

namespace model {
namespace {

// lib/libzutil/zutil_nicenum.c:zfs_nicebytes: five characters, as many decimals as fit, at most two.
TEST(ZfsTextTest, SizesHaveFiveCharactersAtMost) {
  EXPECT_EQ(ZfsSizeText(0), "0B");
  EXPECT_EQ(ZfsSizeText(1023), "1023B");
  EXPECT_EQ(ZfsSizeText(1024), "1K");
  EXPECT_EQ(ZfsSizeText(1536), "1.50K");
  EXPECT_EQ(ZfsSizeText(98816), "96.5K");
  EXPECT_EQ(ZfsSizeText(100 * 1024 + 600), "101K");
  EXPECT_EQ(ZfsSizeText(uint64_t{8} << 20), "8M");
  EXPECT_EQ(ZfsSizeText((uint64_t{1} << 30) + 1), "1.00G");
  EXPECT_EQ(ZfsSizeText(UINT64_MAX), "16.0E");
}

TEST(ZfsTextTest, ATieGoesToTheEvenDigit) {
  EXPECT_EQ(ZfsSizeText(1152), "1.12K");  // 1.125
  EXPECT_EQ(ZfsSizeText(1408), "1.38K");  // 1.375
}

TEST(ZfsTextTest, ANameIsReadFromLeftToRight) {
  EXPECT_EQ(ZfsNameProblem("tank/a", kZfsHead), std::nullopt);
  EXPECT_EQ(ZfsNameProblem("tank/a@b", kZfsSnapshot), std::nullopt);
  EXPECT_EQ(ZfsNameProblem("/tank", kZfsHead), "leading slash in name");
  EXPECT_EQ(ZfsNameProblem("tank/", kZfsHead), "trailing slash in name");
  EXPECT_EQ(ZfsNameProblem("tank/a%b", kZfsHead), "invalid character '%' in name");
  EXPECT_EQ(ZfsNameProblem("tank/./a", kZfsHead), "self reference, '.' is found in name");
  EXPECT_EQ(ZfsNameProblem("tank/a@b@c", kZfsSnapshot), "multiple '@' and/or '#' delimiters in name");
  EXPECT_EQ(ZfsNameProblem("tank/a@", kZfsSnapshot),
            "empty component or misplaced '@' or '#' delimiter in name");
  EXPECT_EQ(ZfsNameProblem("tank/" + std::string(251, 'x'), kZfsHead), "name is too long");
  EXPECT_EQ(ZfsNameProblem("tank/a", kZfsSnapshot),
            "missing '@' delimiter in snapshot name, did you mean to use -r?");
}

TEST(ZfsTextTest, AnErrnoHasTheTextOfLibzfs) {
  EXPECT_EQ(ZfsErrorText(kEAGAIN), "pool I/O is currently suspended");
  EXPECT_EQ(ZfsErrorText(kEDQUOT), "out of space");
  EXPECT_EQ(ZfsSetErrorText("refquota", kENOSPC), "size is less than current used or reserved space");
  EXPECT_EQ(ZfsSetErrorText("refreservation", kENOSPC), "size is greater than available space");
}

}  // namespace
}  // namespace model
