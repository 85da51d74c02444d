// SPDX-License-Identifier: Apache-2.0
//
// The zfs command: what it prints, its exit code, and how many txgs it waits for.
// Texts are those of OpenZFS lib/libzfs and cmd/zfs/zfs_main.c.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "model/admin/admin_command.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr uint64_t kMiB = 1 << 20;

sim::Task<> RunLine(Thread* thread, ZfsModule* module, std::string line, AdminResult* result, bool* done) {
  absl::StatusOr<AdminCommand> command = ParseAdminCommand(line);
  if (!command.ok()) {
    *result = {.exit_code = 2, .output = std::string(command.status().message())};
  } else {
    *result = co_await RunAdminCommand(thread, module, *std::move(command));
  }
  *done = true;
}

class ZfsCommandTest : public ::testing::Test {
 protected:
  ZfsCommandTest() { Restart({}); }

  void Restart(const PoolFixture::Settings& settings) {
    f_ = std::make_unique<PoolFixture>(settings);
    f_->Make(CreateFilesystem("tank/a"));
    f_->Make(CreateFilesystem("tank/a/b"));
  }

  // Runs a command to its end; returns "EXIT OUTPUT".
  std::string Sh(const std::string& line) {
    AdminResult result;
    bool done = false;
    now_ += SimDuration::Seconds(10);
    Process* process = f_->Run("zfs" + std::to_string(++runs_), now_,
                               [&](Thread* t) { return RunLine(t, &f_->module, line, &result, &done); });
    f_->RunUntil(now_ + SimDuration::Seconds(9));
    EXPECT_TRUE(done) << line;
    last_ = process;
    return result.output.empty() ? std::to_string(result.exit_code)
                                 : std::to_string(result.exit_code) + " " + result.output;
  }
  // Distinct txgs that the last command waited for.
  int64_t Txgs() const { return last_->figures.txgs; }
  ObjectId Id(std::string_view name) const {
    ObjectId id = 0;
    return f_->pool->tree().Lookup(name, &id) == 0 ? id : 0;
  }
  bool Exists(std::string_view name) const { return Id(name) != 0; }
  bool Mounted(std::string_view name) const { return f_->pool->tree().DatasetOf(Id(name)).mounted; }
  void Fill(std::string_view name, uint64_t bytes) { f_->pool->tree().Write(Id(name), bytes, 0, 1); }

  std::unique_ptr<PoolFixture> f_;
  SimDuration now_ = SimDuration::Nanos(0);
  int runs_ = 0;
  Process* last_ = nullptr;
};

// --- create

TEST_F(ZfsCommandTest, CreateMakesAndMounts) {
  EXPECT_EQ(Sh("zfs create tank/c"), "0");
  EXPECT_TRUE(Mounted("tank/c"));
  EXPECT_EQ(Txgs(), 1);
  EXPECT_EQ(Sh("zfs create -o canmount=noauto tank/d"), "0");
  EXPECT_FALSE(Mounted("tank/d"));
  EXPECT_EQ(Txgs(), 2);  // The properties are set in a txg of their own.
  EXPECT_EQ(Sh("zfs create -o quota=10G -o reservation=1G -o atime=off tank/e"), "0");
  EXPECT_EQ(Txgs(), 4);  // Each limit is a task of its own (zfs_ioctl.c:zfs_prop_set_special).
}

TEST_F(ZfsCommandTest, CreateSaysWhatIsWrong) {
  EXPECT_EQ(Sh("zfs create tank/a"), "1 cannot create 'tank/a': dataset already exists");
  EXPECT_EQ(Sh("zfs create tank/x/y"), "1 cannot create 'tank/x/y': parent does not exist");
  EXPECT_EQ(Sh("zfs create tank"), "1 cannot create 'tank': dataset already exists");
  EXPECT_EQ(Sh("zfs create pond"), "1 cannot create 'pond': missing dataset name");
  EXPECT_EQ(Sh("zfs create tank/a!"), "1 cannot create 'tank/a!': invalid character '!' in name");
  EXPECT_EQ(Sh("zfs create tank//a"),
            "1 cannot create 'tank//a': empty component or misplaced '@' or '#' delimiter in name");
  EXPECT_EQ(Sh("zfs create tank/a/"), "1 cannot create 'tank/a/': trailing slash in name");
  EXPECT_EQ(Sh("zfs create tank/.."), "1 cannot create 'tank/..': parent reference, '..' is found in name");
  EXPECT_EQ(Sh("zfs create tank/a@b"),
            "1 cannot create 'tank/a@b': snapshot delimiter '@' is not expected here");
  EXPECT_EQ(Sh("zfs create -o color=red tank/c"), "1 cannot create 'tank/c': invalid property 'color'");
  EXPECT_EQ(Sh("zfs create -o atime=maybe tank/c"),
            "1 cannot create 'tank/c': 'atime' must be one of 'on | off'");
  EXPECT_FALSE(Exists("tank/c"));
}

// libzfs_dataset.c:check_parents.
TEST_F(ZfsCommandTest, AMissingPoolIsToldFromAMissingParent) {
  EXPECT_EQ(Sh("zfs create pond/x"), "1 cannot create 'pond/x': no such pool 'pond'");
  EXPECT_EQ(Sh("zfs create tank/none/x"), "1 cannot create 'tank/none/x': parent does not exist");
}

TEST_F(ZfsCommandTest, CreateWithParentsMakesWhatIsMissingAndMindsNotIfAllIsThere) {
  EXPECT_EQ(Sh("zfs create -p tank/x/y/z"), "0");
  EXPECT_TRUE(Mounted("tank/x/y"));
  EXPECT_EQ(Sh("zfs create -p tank/x/y/z"), "0");
  EXPECT_EQ(Txgs(), 0);
}

TEST_F(ZfsCommandTest, AVolumeReservesItsSizeUnlessSparse) {
  EXPECT_EQ(Sh("zfs create -V 1G tank/v"), "0");
  EXPECT_EQ(f_->pool->tree().DatasetOf(Id("tank/v")).refreservation, 1024 * kMiB);
  EXPECT_EQ(Sh("zfs create -s -V 1G tank/w"), "0");
  EXPECT_EQ(f_->pool->tree().DatasetOf(Id("tank/w")).refreservation, 0U);
  // The pool has 1 TiB less its slop. What cannot be reserved is not there afterwards.
  EXPECT_EQ(Sh("zfs create -V 2T tank/big"), "1 cannot create 'tank/big': out of space");
  EXPECT_FALSE(Exists("tank/big"));
  EXPECT_EQ(Sh("zfs create tank/v/x"), "1 cannot create 'tank/v/x': parent is not a filesystem");
}

// --- snapshot

TEST_F(ZfsCommandTest, ManySnapshotsAreOneTxg) {
  EXPECT_EQ(Sh("zfs snapshot tank@1 tank/a@1 tank/a/b@2"), "0");
  EXPECT_EQ(Txgs(), 1);
  EXPECT_EQ(Sh("zfs snapshot -r tank@now"), "0");
  EXPECT_EQ(Txgs(), 1);
  const DatasetTree& tree = f_->pool->tree();
  EXPECT_EQ(tree.SnapshotOf(Id("tank@now")).created.txg, tree.SnapshotOf(Id("tank/a/b@now")).created.txg);
}

TEST_F(ZfsCommandTest, SnapshotsOfOneCallAreAllOrNone) {
  Sh("zfs snapshot tank/a/b@now");
  EXPECT_EQ(Sh("zfs snapshot -r tank@now"),
            "1 cannot create snapshot 'tank/a/b@now': dataset already exists\nno snapshots were created");
  EXPECT_FALSE(Exists("tank@now"));
  EXPECT_EQ(
      Sh("zfs snapshot tank/a@1 tank/a@2"),
      "1 cannot create snapshots: multiple snapshots of same fs not allowed\nno snapshots were created");
  EXPECT_EQ(Sh("zfs snapshot tank/a/b@now"),
            "1 cannot create snapshot 'tank/a/b@now': dataset already exists");
}

TEST_F(ZfsCommandTest, ASnapshotOfNothingIsAUsageError) {
  EXPECT_THAT(Sh("zfs snapshot tank/none@1"),
              HasSubstr("2 cannot open 'tank/none': dataset does not exist\nusage: zfs snapshot"));
  EXPECT_THAT(Sh("zfs snapshot tank/a"), HasSubstr("2 usage: zfs snapshot"));
}

TEST_F(ZfsCommandTest, SnapshotsTakeUserProperties) {
  EXPECT_EQ(Sh("zfs snapshot -o org:why=test tank/a@1"), "0");
  EXPECT_EQ(Sh("zfs get -H org:why tank/a@1"), "0 tank/a@1\torg:why\ttest\tlocal");
}

// --- destroy

TEST_F(ZfsCommandTest, DestroyUnmountsFirst) {
  Sh("zfs create tank/c");
  EXPECT_TRUE(Mounted("tank/c"));
  EXPECT_EQ(Sh("zfs destroy tank/c"), "0");
  EXPECT_FALSE(Exists("tank/c"));
  EXPECT_EQ(Txgs(), 1);
}

// zfs_vfsops.c:zfsvfs_teardown waits with txg_wait_synced(0), three txgs, if anything is dirty.
TEST_F(ZfsCommandTest, AnUnmountOfADirtyFilesystemWaitsForThreeTxgs) {
  Sh("zfs create tank/c");
  Load load(f_->pool.get(), {.name = "app",
                             .bytes_per_s = int64_t{1} << 20,
                             .dataset = "tank/c",
                             .at = sim::SimTime::Start() + now_ + SimDuration::Millis(9500),
                             .stop_at = sim::SimTime::Start() + now_ + SimDuration::Millis(10001)});
  load.Start();
  EXPECT_EQ(Sh("zfs unmount tank/c"), "0");
  EXPECT_GT(load.figures().ops, 0);
  EXPECT_EQ(Txgs(), 1);  // One wait, for the last of the three.
  EXPECT_FALSE(Mounted("tank/c"));
}

TEST_F(ZfsCommandTest, DestroyNamesWhatStandsInTheWay) {
  Sh("zfs snapshot tank/a@1");
  EXPECT_EQ(Sh("zfs destroy tank/a"),
            "1 cannot destroy 'tank/a': filesystem has children\n"
            "use '-r' to destroy the following datasets:\ntank/a/b\ntank/a@1");
  Sh("zfs clone tank/a@1 tank/c");
  EXPECT_EQ(Sh("zfs destroy -r tank/a"),
            "1 cannot destroy 'tank/a': filesystem has dependent clones\n"
            "use '-R' to destroy the following datasets:\ntank/c");
  EXPECT_EQ(Sh("zfs destroy tank/a@1"),
            "1 cannot destroy 'tank/a@1': snapshot has dependent clones\n"
            "use '-R' to destroy the following datasets:\ntank/c");
  EXPECT_EQ(Sh("zfs destroy tank"),
            "1 cannot destroy 'tank': operation does not apply to pools\n"
            "use 'zfs destroy -r tank' to destroy all datasets in the pool\n"
            "use 'zpool destroy tank' to destroy the pool itself");
  EXPECT_EQ(Sh("zfs destroy -R tank/a"), "0");
  EXPECT_FALSE(Exists("tank/a") || Exists("tank/c"));
}

TEST_F(ZfsCommandTest, RecursiveDestroyTakesATxgForEachSnapshotAndEachDataset) {
  Sh("zfs snapshot -r tank/a@1");
  Sh("zfs snapshot -r tank/a@2");
  EXPECT_EQ(Sh("zfs destroy -r tank/a"), "0");
  EXPECT_EQ(Txgs(), 6);  // Two snapshots each of two filesystems, and these.
  EXPECT_FALSE(Exists("tank/a"));
}

TEST_F(ZfsCommandTest, RecursiveDestroyOfAPoolLeavesThePool) {
  Sh("zfs snapshot -r tank@1");
  EXPECT_EQ(Sh("zfs destroy -r tank"), "0");
  EXPECT_TRUE(Exists("tank"));
  EXPECT_FALSE(Exists("tank@1") || Exists("tank/a"));
}

TEST_F(ZfsCommandTest, SnapshotsAreDestroyedOneTxgEachUpToTheFirstThatFails) {
  for (const char* name : {"1", "2", "3", "4"}) Sh(std::string("zfs snapshot tank/a@") + name);
  EXPECT_EQ(Sh("zfs destroy tank/a@1%2"), "0");
  EXPECT_EQ(Txgs(), 2);
  Sh("zfs hold keep tank/a@4");
  EXPECT_EQ(Sh("zfs destroy tank/a@3,4"), "1 cannot destroy snapshot tank/a@4: dataset is busy");
  EXPECT_FALSE(Exists("tank/a@3"));  // What went before stays destroyed.
  EXPECT_TRUE(Exists("tank/a@4"));
}

// Up to OpenZFS 2.4 one channel program destroyed them: one txg, all or none.
TEST_F(ZfsCommandTest, ABatchOfSnapshotsWasOnceDestroyedInOneTxgAllOrNone) {
  Restart({.batched_destroys = true});
  for (int i = 1; i <= 9; ++i) f_->Make(TakeSnapshot("tank/a@" + std::to_string(i)));
  f_->Make(Hold("keep", "tank/a@7"));
  EXPECT_EQ(Sh("zfs destroy tank/a@%"), "1 cannot destroy snapshot tank/a@7: dataset is busy");
  EXPECT_TRUE(Exists("tank/a@1"));
  EXPECT_EQ(Txgs(), 0);  // The check in open context finds it.
  EXPECT_EQ(Sh("zfs release keep tank/a@7"), "0");
  EXPECT_EQ(Sh("zfs destroy tank/a@%"), "0");
  EXPECT_EQ(Txgs(), 1);
  EXPECT_FALSE(Exists("tank/a@9"));
}

TEST_F(ZfsCommandTest, DestroyOfAMissingSnapshotIsAnErrorOfUserSpaceAlone) {
  EXPECT_EQ(Sh("zfs destroy tank/a@none"),
            "1 could not find any snapshots to destroy; check snapshot names.");
  EXPECT_EQ(Sh("zfs destroy tank/none"), "1 cannot open 'tank/none': dataset does not exist");
  EXPECT_EQ(Sh("zfs destroy tank/a#none"), "1 bookmark 'tank/a#none' does not exist.");
}

TEST_F(ZfsCommandTest, DeferredDestroyWaitsForTheLastHold) {
  Sh("zfs snapshot tank/a@1");
  Sh("zfs hold keep tank/a@1");
  EXPECT_EQ(Sh("zfs destroy -d tank/a@1"), "0");
  EXPECT_EQ(Sh("zfs get -H defer_destroy tank/a@1"), "0 tank/a@1\tdefer_destroy\ton\t-");
  EXPECT_EQ(Sh("zfs release keep tank/a@1"), "0");
  EXPECT_FALSE(Exists("tank/a@1"));
}

TEST_F(ZfsCommandTest, ADryRunTellsWhatWouldGo) {
  Sh("zfs snapshot tank/a@1");
  Fill("tank/a", 3 * kMiB);
  Sh("zfs snapshot tank/a@2");
  f_->pool->tree().Write(Id("tank/a"), 0, 3 * kMiB, f_->pool->pipeline().open_txg());
  EXPECT_EQ(Sh("zfs destroy -nv tank/a@%"),
            "0 would destroy tank/a@1\nwould destroy tank/a@2\nwould reclaim 3M");
  EXPECT_EQ(Sh("zfs destroy -np tank/a@2"), "0 destroy\ttank/a@2\nreclaim\t3145728");
  EXPECT_TRUE(Exists("tank/a@1") && Exists("tank/a@2"));
}

// --- clone, promote, rollback, rename, bookmark

TEST_F(ZfsCommandTest, ClonesAreMountedAndPromoted) {
  Sh("zfs snapshot tank/a@1");
  EXPECT_EQ(Sh("zfs clone tank/a@1 tank/c"), "0");
  EXPECT_TRUE(Mounted("tank/c"));
  EXPECT_EQ(Sh("zfs clone tank/a@1 tank/c"), "1 cannot create 'tank/c': dataset already exists");
  EXPECT_EQ(Sh("zfs clone tank/a@none tank/d"), "1 cannot open 'tank/a@none': dataset does not exist");
  EXPECT_EQ(Sh("zfs clone tank/a@1 tank/x/y"), "1 cannot create 'tank/x/y': parent does not exist");
  EXPECT_EQ(Sh("zfs promote tank/a"), "1 cannot promote 'tank/a': not a cloned filesystem");
  Sh("zfs snapshot tank/c@2");
  Sh("zfs rename tank/c@2 1");
  EXPECT_EQ(Sh("zfs promote tank/c"),
            "1 cannot promote 'tank/c': conflicting snapshot '1' from parent 'tank/a@1'");
  Sh("zfs rename tank/c@1 @2");
  EXPECT_EQ(Sh("zfs promote tank/c"), "0");
  EXPECT_EQ(Sh("zfs get -H -p origin tank/a"), "0 tank/a\torigin\ttank/c@1\t-");
}

TEST_F(ZfsCommandTest, RollbackAsksBeforeItDestroys) {
  for (const char* name : {"1", "2", "3"}) Sh(std::string("zfs snapshot tank/a@") + name);
  Sh("zfs bookmark tank/a@3 #three");
  EXPECT_EQ(Sh("zfs rollback tank/a@1"),
            "1 cannot rollback to 'tank/a@1': more recent snapshots or bookmarks exist\n"
            "use '-r' to force deletion of the following snapshots and bookmarks:\n"
            "tank/a@2\ntank/a@3\ntank/a#three");
  Sh("zfs clone tank/a@2 tank/c");
  EXPECT_EQ(Sh("zfs rollback -r tank/a@1"),
            "1 cannot rollback to 'tank/a@1': clones of previous snapshots exist\n"
            "use '-R' to force deletion of the following clones and dependents:\ntank/c");
  EXPECT_EQ(Sh("zfs rollback -R tank/a@1"), "0");
  EXPECT_EQ(Txgs(), 5);  // The clone, two snapshots, the bookmark, the rollback.
  EXPECT_FALSE(Exists("tank/c") || Exists("tank/a@2"));
}

TEST_F(ZfsCommandTest, AMountedFilesystemIsRolledBack) {
  Sh("zfs create tank/c");
  Sh("zfs snapshot tank/c@1");
  EXPECT_TRUE(Mounted("tank/c"));
  EXPECT_EQ(Sh("zfs rollback tank/c@1"), "0");
}

TEST_F(ZfsCommandTest, RenameKeepsWhatIsMountedMounted) {
  Sh("zfs create tank/c");
  EXPECT_EQ(Sh("zfs rename tank/c tank/a/c"), "0");
  EXPECT_TRUE(Mounted("tank/a/c"));
  EXPECT_EQ(
      Sh("zfs rename tank/a tank/a/b/d"),
      "1 cannot rename to 'tank/a/b/d': New dataset name cannot be a descendant of current dataset name");
  EXPECT_EQ(Sh("zfs rename tank/a pond/a"), "1 cannot rename to 'pond/a': datasets must be within same pool");
  EXPECT_EQ(Sh("zfs rename tank/a/b tank/a/c"), "1 cannot rename 'tank/a/b': dataset already exists");
  EXPECT_EQ(Sh("zfs rename tank/a tank/x/y"), "1 cannot rename to 'tank/x/y': parent does not exist");
  EXPECT_EQ(Sh("zfs rename -p tank/a tank/x/y"), "0");
  EXPECT_TRUE(Exists("tank/x/y/b"));
}

TEST_F(ZfsCommandTest, SnapshotsAreRenamedAlsoBelow) {
  Sh("zfs snapshot -r tank@daily");
  EXPECT_EQ(Sh("zfs rename -r tank@daily @yesterday"), "0");
  EXPECT_EQ(Txgs(), 1);
  EXPECT_TRUE(Exists("tank/a/b@yesterday"));
  Sh("zfs snapshot tank/a/b@old");
  EXPECT_EQ(Sh("zfs rename -r tank@yesterday @old"),
            "1 cannot rename 'tank@yesterday': a child dataset already has a snapshot with the new name");
  EXPECT_EQ(Sh("zfs rename tank/a@yesterday tank@x"),
            "1 cannot rename to 'tank@x': snapshots must be part of same dataset");
  EXPECT_THAT(Sh("zfs rename -r tank/a tank/c"),
              HasSubstr("2 source dataset for recursive rename must be a snapshot"));
  // The kernel would let it pass; user space looks first.
  EXPECT_EQ(Sh("zfs rename tank/a@none @x"), "1 cannot open 'tank/a@none': dataset does not exist");
}

TEST_F(ZfsCommandTest, BookmarksAreMadeOfSnapshotsAndOfBookmarks) {
  Sh("zfs snapshot tank/a@1");
  EXPECT_EQ(Sh("zfs bookmark tank/a@1 tank/a#1"), "0");
  EXPECT_EQ(Sh("zfs bookmark tank/a#1 #2"), "0");
  EXPECT_EQ(Sh("zfs bookmark tank/a@1 #1"), "1 cannot create bookmark 'tank/a#1': bookmark exists");
  EXPECT_EQ(Sh("zfs bookmark tank/a@1 tank/a/b#1"),
            "1 cannot create bookmark 'tank/a/b#1': source is not an ancestor of the new bookmark's dataset");
  EXPECT_THAT(Sh("zfs bookmark tank/a@none #3"), HasSubstr("2 cannot open 'tank/a@none'"));
  EXPECT_THAT(Sh("zfs bookmark tank/a #3"),
              HasSubstr("invalid source name 'tank/a': must contain a '@' or '#'"));
  EXPECT_EQ(Sh("zfs destroy tank/a#1"), "0");
  EXPECT_EQ(f_->pool->tree().DatasetOf(Id("tank/a")).bookmarks.size(), 1U);
}

// --- hold, release, set, inherit

TEST_F(ZfsCommandTest, HoldsAreTakenAndReleased) {
  Sh("zfs snapshot -r tank@1");
  EXPECT_EQ(Sh("zfs hold -r keep tank@1"), "0");
  EXPECT_EQ(Txgs(), 1);
  EXPECT_EQ(Sh("zfs hold keep tank/a@1"),
            "1 cannot hold snapshot 'tank/a@1': tag already exists on this dataset");
  EXPECT_EQ(Sh("zfs hold keep tank/a@none"), "1 cannot hold snapshot 'tank/a@none': dataset does not exist");
  EXPECT_THAT(Sh("zfs holds tank/a@1"),
              HasSubstr("0 NAME      TAG   TIMESTAMP\ntank/a@1  keep  Tue Nov 14 22:1"));
  EXPECT_THAT(Sh("zfs holds -p tank/a@1"), HasSubstr("\ntank/a@1  keep  17000000"));
  EXPECT_EQ(Sh("zfs release other tank/a@1"),
            "1 cannot release hold from snapshot 'tank/a@1': no such tag on this dataset");
  EXPECT_EQ(Sh("zfs release -r keep tank@1"), "0");
  EXPECT_EQ(Txgs(), 1);
}

TEST_F(ZfsCommandTest, SetTakesATxgForEachLimitAndOneForTheRest) {
  EXPECT_EQ(Sh("zfs set atime=off compression=lz4 tank/a"), "0");
  EXPECT_EQ(Txgs(), 1);
  EXPECT_EQ(Sh("zfs set quota=10G atime=on tank/a"), "0");
  EXPECT_EQ(Txgs(), 2);
  EXPECT_EQ(Sh("zfs get -H quota,atime tank/a"), "0 tank/a\tquota\t10G\tlocal\ntank/a\tatime\ton\tlocal");
}

TEST_F(ZfsCommandTest, SetSaysWhatIsWrong) {
  Fill("tank/a", 100 * kMiB);
  EXPECT_EQ(Sh("zfs set quota=50M tank/a"),
            "1 cannot set property for 'tank/a': size is less than current used or reserved space");
  EXPECT_EQ(Sh("zfs set reservation=2T tank/a"),
            "1 cannot set property for 'tank/a': size is greater than available space");
  EXPECT_EQ(Sh("zfs set quota=0 tank/a"), "1 cannot set property for 'tank/a': use 'none' to disable quota");
  EXPECT_EQ(Sh("zfs set quota=much tank/a"), "1 cannot set property for 'tank/a': bad numeric value 'much'");
  EXPECT_EQ(Sh("zfs set used=1 tank/a"), "1 cannot set property for 'tank/a': 'used' is readonly");
  EXPECT_EQ(Sh("zfs set color=red tank/a"), "1 cannot set property for 'tank/a': invalid property 'color'");
  EXPECT_EQ(Sh("zfs set volsize=1G tank/a"),
            "1 cannot set property for 'tank/a': 'volsize' does not apply to datasets of this type");
  Sh("zfs snapshot tank/a@1");
  EXPECT_EQ(Sh("zfs set atime=off tank/a@1"),
            "1 cannot set property for 'tank/a@1': this property can not be modified for snapshots");
  EXPECT_THAT(Sh("zfs set atime tank/a"), HasSubstr("2 missing property=value argument(s)"));
}

TEST_F(ZfsCommandTest, InheritGoesBackToWhatIsAbove) {
  Sh("zfs set compression=lz4 tank");
  Sh("zfs set compression=zstd tank/a");
  EXPECT_EQ(Sh("zfs get -H compression tank/a/b"), "0 tank/a/b\tcompression\tzstd\tinherited from tank/a");
  EXPECT_EQ(Sh("zfs inherit -r compression tank"), "0");
  EXPECT_EQ(Txgs(), 3);
  EXPECT_EQ(Sh("zfs get -H compression tank/a/b"), "0 tank/a/b\tcompression\ton\tdefault");
  EXPECT_EQ(Sh("zfs inherit used tank"), "1 used property is read-only");
  EXPECT_EQ(Sh("zfs inherit quota tank"),
            "1 'quota' property cannot be inherited\nuse 'zfs set quota=none' to clear");
  EXPECT_THAT(Sh("zfs inherit color tank"), HasSubstr("2 invalid property 'color'\nusage"));
}

// --- list, get, mount

TEST_F(ZfsCommandTest, ListShowsATable) {
  Fill("tank/a", 96 << 10);
  Sh("zfs snapshot tank/a@1");
  EXPECT_EQ(Sh("zfs list -o name,used,refer,mountpoint"),
            "0 NAME      USED  REFER  MOUNTPOINT\n"
            "tank       96K     0B  /tank\n"
            "tank/a     96K    96K  /tank/a\n"
            "tank/a/b    0B     0B  /tank/a/b");
  EXPECT_EQ(Sh("zfs list -Hp -o name,used -t snapshot tank/a"), "0 tank/a@1\t0");
  EXPECT_EQ(Sh("zfs list -H -o name -t all -r tank/a"), "0 tank/a\ntank/a@1\ntank/a/b");
  EXPECT_EQ(Sh("zfs list -H -o name -d 1 tank"), "0 tank\ntank/a");
  EXPECT_EQ(Sh("zfs list tank/none"), "1 cannot open 'tank/none': dataset does not exist");
  EXPECT_EQ(Sh("zfs list -t snapshot tank/a/b"), "0 no datasets available");
  EXPECT_THAT(Sh("zfs list -o color"), HasSubstr("2 bad property list: invalid property 'color'\nusage"));
}

// In the order of zfs_prop_t, with what only user space knows, and what the user has set.
TEST_F(ZfsCommandTest, GetAllShowsAllInTheOrderOfTheRealOne) {
  Sh("zfs set org:x=1 tank/a");
  const std::string text = Sh("zfs get -H all tank/a");
  EXPECT_THAT(text, HasSubstr("0 tank/a\ttype\tfilesystem\t-\ntank/a\tcreation\t"));
  EXPECT_THAT(text,
              HasSubstr("\tcompressratio\t1.00x\t-\ntank/a\tmounted\tno\t-\ntank/a\tquota\tnone\tdefault\n"));
  EXPECT_THAT(text, HasSubstr("\tspecial_small_blocks\t0\tdefault\n"));
  EXPECT_THAT(text, EndsWith("\ntank/a\torg:x\t1\tlocal"));
  EXPECT_THAT(Sh("zfs get -H all tank/a@none"), HasSubstr("dataset does not exist"));
}

// By figures, not by their texts; what has none comes last, both ways.
TEST_F(ZfsCommandTest, ListSortsByWhatItIsTold) {
  Sh("zfs create tank/b");
  Fill("tank/a", 9 * kMiB);
  Fill("tank/b", 80 * kMiB);
  EXPECT_EQ(Sh("zfs list -H -o name -s used -d 1 tank"), "0 tank/a\ntank/b\ntank");
  EXPECT_EQ(Sh("zfs list -H -o name -S used -d 1 tank"), "0 tank\ntank/b\ntank/a");
  Sh("zfs set org:k=1 tank/b");
  EXPECT_EQ(Sh("zfs list -H -o name -s org:k -d 1 tank"), "0 tank/b\ntank\ntank/a");
  EXPECT_EQ(Sh("zfs list -H -o name -S org:k -s name -d 1 tank"), "0 tank/b\ntank\ntank/a");
  EXPECT_THAT(Sh("zfs list -s none"), HasSubstr("2 invalid property 'none'"));
}

TEST_F(ZfsCommandTest, GetShowsTheColumnsAndSourcesAskedFor) {
  Sh("zfs set org:k=1 tank/a");
  EXPECT_EQ(Sh("zfs get -H -o value org:k tank/a"), "0 1");
  EXPECT_EQ(Sh("zfs get -H -o source,name compression tank/a"), "0 default\ttank/a");
  EXPECT_EQ(Sh("zfs get -H -o property -s local all tank/a"), "0 org:k");
  EXPECT_EQ(Sh("zfs get -H -o property -s none,default used,compression,org:k tank/a"),
            "0 used\ncompression");
  EXPECT_THAT(Sh("zfs get -o none used tank"), HasSubstr("2 invalid column name 'none'"));
  EXPECT_THAT(Sh("zfs get -s remote used tank"), HasSubstr("2 invalid source 'remote'"));
}

// Of a bookmark little is known; `-t all` has them too.
TEST_F(ZfsCommandTest, BookmarksAreListed) {
  Sh("zfs snapshot tank/a@1");
  Sh("zfs bookmark tank/a@1 #m");
  EXPECT_EQ(Sh("zfs list -H -t bookmark"), "0 tank/a#m\t-\t-\t-\t-");
  EXPECT_EQ(Sh("zfs list -H -o name -t all -r tank/a"), "0 tank/a\ntank/a@1\ntank/a#m\ntank/a/b");
  EXPECT_EQ(Sh("zfs get -H -o value type tank/a#m"), "0 bookmark");
  EXPECT_THAT(Sh("zfs get type tank/a#none"), HasSubstr("1 cannot open 'tank/a#none'"));
}

// libzfs_dataset.c:zfs_add_synthetic_resv; a sparse volume stays sparse.
TEST_F(ZfsCommandTest, AVolumeThatReservesItsSizeGoesOnToDoSo) {
  Sh("zfs create -V 10G tank/v");
  Sh("zfs create -s -V 10G tank/s");
  EXPECT_EQ(Sh("zfs set volsize=20G tank/v"), "0");
  EXPECT_EQ(Sh("zfs set volsize=20G tank/s"), "0");
  EXPECT_EQ(Sh("zfs get -H -o value refreservation tank/v tank/s"), "0 20G\nnone");
  EXPECT_EQ(Sh("zfs set volsize=30G refreservation=1G tank/v"), "0");
  EXPECT_EQ(Sh("zfs get -H -o value refreservation tank/v"), "0 1G");
}

// libzfs_changelist.c: a new mountpoint moves what inherits it too; legacy and canmount=off leave it
// unmounted.
TEST_F(ZfsCommandTest, ANewMountpointMovesMounts) {
  Sh("zfs create tank/m");
  Sh("zfs create tank/m/below");
  Sh("zfs create -o mountpoint=/own tank/m/own");
  EXPECT_EQ(Sh("zfs set mountpoint=/x tank/m"), "0");
  EXPECT_EQ(Sh("zfs get -H -r -o value mounted tank/m"), "0 yes\nyes\nyes");
  EXPECT_EQ(Sh("zfs set mountpoint=legacy tank/m"), "0");
  EXPECT_EQ(Sh("zfs get -H -r -o value mounted tank/m"), "0 no\nno\nyes");
  EXPECT_EQ(Sh("zfs set canmount=noauto tank/m/own"), "0");
  EXPECT_EQ(Sh("zfs get -H -o value mounted tank/m/own"), "0 yes");
  EXPECT_EQ(Sh("zfs set -u canmount=off tank/m/own"), "0");
  EXPECT_EQ(Sh("zfs get -H -o value mounted tank/m/own"), "0 yes");
  EXPECT_EQ(Sh("zfs set canmount=off tank/m/own"), "0");
  EXPECT_EQ(Sh("zfs get -H -o value mounted tank/m/own"), "0 no");
  EXPECT_EQ(Sh("zfs set mountpoint=x tank/m").substr(0, 1), "1");
}

TEST_F(ZfsCommandTest, MountingIsAState) {
  EXPECT_EQ(Sh("zfs get -H mounted tank/a"), "0 tank/a\tmounted\tno\t-");
  EXPECT_EQ(Sh("zfs mount tank/a"), "0");
  EXPECT_EQ(Sh("zfs get -H mounted tank/a"), "0 tank/a\tmounted\tyes\t-");
  EXPECT_EQ(Sh("zfs mount tank/a"), "1 cannot mount 'tank/a': filesystem already mounted");
  EXPECT_EQ(Sh("zfs unmount tank/a"), "0");
  EXPECT_EQ(Sh("zfs umount tank/a"), "1 cannot unmount 'tank/a': not currently mounted");
  Sh("zfs set mountpoint=none tank/a");
  EXPECT_EQ(Sh("zfs mount tank/a"), "1 cannot mount 'tank/a': no mountpoint set");
}

// --- the line itself

TEST_F(ZfsCommandTest, ALineThatMakesNoSenseExitsWith2) {
  EXPECT_THAT(Sh("zfs destroy -x tank/a"),
              HasSubstr("2 \"zfs destroy -x tank/a\": invalid option 'x'; usage: zfs destroy"));
  EXPECT_THAT(Sh("zfs create"), HasSubstr("missing argument; usage: zfs create"));
  EXPECT_THAT(Sh("zfs list -d many"), HasSubstr("-d many is not a number of levels"));
  EXPECT_THAT(Sh("zfs create -V"), HasSubstr("missing argument for 'V'"));
  EXPECT_THAT(Sh("zfs mount"), HasSubstr("missing filesystem argument"));
  EXPECT_THAT(Sh("zfs"), HasSubstr("usage: zfs COMMAND [OPTION]... NAME...; known are create destroy"));
  EXPECT_THAT(Sh("zpool"), HasSubstr("usage: zpool COMMAND [POOL]; known are sync clear"));
  EXPECT_THAT(Sh("zfs frobnicate"), HasSubstr("unknown subcommand \"frobnicate\"; known are create destroy"));
}

// dsl_synctask.c:dsl_sync_task_sync checks the room before the operation itself.
TEST_F(ZfsCommandTest, AFullPoolRefusesWhatTakesSpaceAndLetsGoOfWhatGivesIt) {
  Sh("zfs snapshot tank/a@1");
  const uint64_t tib = uint64_t{1} << 40;
  Fill("tank/a/b", tib - tib / 32);  // All but the slop.
  EXPECT_EQ(Sh("zfs snapshot tank/a@2"), "1 cannot create snapshots: out of space");
  EXPECT_EQ(Sh("zfs set atime=off tank/a"), "0");  // May use half of the slop.
  EXPECT_EQ(Sh("zfs destroy tank/a@1"), "0");
}

}  // namespace
}  // namespace model
