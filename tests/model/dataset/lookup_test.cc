// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

class LookupTest : public ::testing::Test {
 protected:
  LookupTest() {
    pool_.Must(CreateFilesystem("tank/a"));
    pool_.Must(CreateFilesystem("tank/a/b"));
    pool_.Must(TakeSnapshot("tank/a@s"));
  }
  int Lookup(std::string_view name) {
    ObjectId id = 0;
    return pool_.tree.Lookup(name, &id);
  }
  TestPool pool_;
};

TEST_F(LookupTest, FindsDatasetsAndSnapshots) {
  EXPECT_EQ(pool_.Id("tank"), pool_.tree.root());
  EXPECT_EQ(pool_.tree.NameOf(pool_.Id("tank/a/b")), "tank/a/b");
  EXPECT_EQ(pool_.tree.NameOf(pool_.Id("tank/a@s")), "tank/a@s");
  EXPECT_TRUE(pool_.tree.IsSnapshot(pool_.Id("tank/a@s")));
  EXPECT_FALSE(pool_.tree.IsSnapshot(pool_.Id("tank/a")));
}

TEST_F(LookupTest, AnotherPoolIsExdev) {
  EXPECT_EQ(Lookup("pond/a"), kEXDEV);
  EXPECT_EQ(Lookup("tan"), kEXDEV);
  EXPECT_EQ(Lookup("tank2"), kEXDEV);
}

TEST_F(LookupTest, WhatIsMissingIsEnoent) {
  EXPECT_EQ(Lookup("tank/x"), kENOENT);
  EXPECT_EQ(Lookup("tank/x/y/z"), kENOENT);
  EXPECT_EQ(Lookup("tank/a@t"), kENOENT);
  EXPECT_EQ(Lookup(""), kENOENT);
  EXPECT_EQ(Lookup("tank/a#b"), kENOENT);  // A '#' is but a character of a component that is not there.
}

TEST_F(LookupTest, DoubledAndLeadingSeparatorsAreEinval) {
  EXPECT_EQ(Lookup("/tank"), kEINVAL);
  EXPECT_EQ(Lookup("tank//a"), kEINVAL);
  EXPECT_EQ(Lookup("tank/@s"), kEINVAL);
  EXPECT_EQ(Lookup("tank@@s"), kEINVAL);
  EXPECT_EQ(Lookup("tank/a@s/x"), kEINVAL);
  EXPECT_EQ(Lookup("tank/a@"), kEINVAL);
}

TEST_F(LookupTest, AComponentOf256CharactersIsTooLong) {
  EXPECT_EQ(Lookup("tank/" + std::string(255, 'x')), kENOENT);
  EXPECT_EQ(Lookup("tank/" + std::string(256, 'x')), kENAMETOOLONG);
}

TEST_F(LookupTest, DestroyedObjectsAreGoneAndIdsAreNotUsedAgain) {
  const ObjectId old_id = pool_.Id("tank/a@s");
  pool_.Must(Destroy("tank/a@s"));
  pool_.Must(TakeSnapshot("tank/a@s"));
  EXPECT_GT(pool_.Id("tank/a@s"), old_id);
  EXPECT_EQ(pool_.tree.FindSnapshot(old_id), nullptr);
  EXPECT_EQ(pool_.tree.OwnerOf(old_id), 0u);
  EXPECT_EQ(pool_.tree.VersionOf(old_id, Aspect::kSpace), kGone);
}

}  // namespace
}  // namespace model
