// Each way in which files may change between two walks.
#include "tests/park/walk_ground.h"

namespace bridge::session {
namespace {

class WalkChanges : public WalkGround {};

TEST_F(WalkChanges, NothingChangedIsNothingSaid) {
  WorkspaceSnapshot const before = walk();
  EXPECT_TRUE(since(before).none()) << since(before);
  EXPECT_EQ(before.directories(), 2U);
}

TEST_F(WalkChanges, ANewFileIsCreated) {
  WorkspaceSnapshot const before = walk();
  write("ws/sub/aa.go", "package sub\n");
  expect(since(before), {"ws/sub/aa.go"}, {}, {});
}

TEST_F(WalkChanges, AnEditIsSeen) {
  WorkspaceSnapshot const before = walk();
  write("ws/sub/b.go", "package sub // other\n");
  expect(since(before), {}, {"ws/sub/b.go"}, {});
}

TEST_F(WalkChanges, AnEditThatKeepsTheSizeIsSeen) {
  WorkspaceSnapshot const before = walk();
  write("ws/sub/b.go", "package bus\n");
  expect(since(before), {}, {"ws/sub/b.go"}, {});
}

TEST_F(WalkChanges, AnEditThatKeepsTheTimeNeedsAnotherGopls) {
  WorkspaceSnapshot const before = walk();
  rewrite_keeping_time("ws/sub/b.go", "package bus\n");
  SnapshotChanges const changes = since(before);
  EXPECT_EQ(changes.useless, at("ws/sub/b.go") + " changed and kept its time");
  EXPECT_TRUE(changes.needs_another_gopls);
}

TEST_F(WalkChanges, AnotherFileOfTheSameTimeInItsPlaceIsToldAndEnough) {
  WorkspaceSnapshot const before = walk();
  struct stat was {};
  ASSERT_EQ(::stat(at("ws/sub/b.go").c_str(), &was), 0);
  write("ws/sub/new", "package bus\n");
  timespec const times[2] = {was.st_atim, was.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, at("ws/sub/new").c_str(), times, 0), 0);
  rename("ws/sub/new", "ws/sub/b.go");
  expect(since(before), {}, {"ws/sub/b.go"}, {});
}

TEST_F(WalkChanges, ADeletedFileIsDeleted) {
  WorkspaceSnapshot const before = walk();
  remove("ws/sub/b.go");
  expect(since(before), {}, {}, {"ws/sub/b.go"});
}

TEST_F(WalkChanges, TheLastFileOfADirectoryIsDeleted) {
  WorkspaceSnapshot const before = walk();
  remove("ws/sub/b.go");
  remove("ws/sub/c.go");
  expect(since(before), {}, {}, {"ws/sub/b.go", "ws/sub/c.go"});
}

TEST_F(WalkChanges, ARenamedFileIsDeletedAndCreated) {
  WorkspaceSnapshot const before = walk();
  rename("ws/sub/b.go", "ws/sub/z.go");
  expect(since(before), {"ws/sub/z.go"}, {}, {"ws/sub/b.go"});
}

TEST_F(WalkChanges, ARenamedDirectoryIsDeletedAndCreatedWithAllBelowIt) {
  write("ws/sub/deep/d.go", "package deep\n");
  WorkspaceSnapshot const before = walk();
  rename("ws/sub", "ws/other");
  expect(since(before), {"ws/other/b.go", "ws/other/c.go", "ws/other/deep/d.go"}, {},
         {"ws/sub/b.go", "ws/sub/c.go", "ws/sub/deep/d.go"});
}

TEST_F(WalkChanges, ADirectoryMovedIntoPlaceWithOldFilesIsCreated) {
  write("elsewhere/deep/d.go", "package deep\n");
  write("elsewhere/e.go", "package elsewhere\n");
  WorkspaceSnapshot const before = walk();
  rename("elsewhere", "ws/here");
  expect(since(before), {"ws/here/deep/d.go", "ws/here/e.go"}, {}, {});
}

TEST_F(WalkChanges, ADirectoryReplacedByAnotherIsComparedFileByFile) {
  write("elsewhere/b.go", "package sub\n");
  write("elsewhere/d.go", "package sub\n");
  WorkspaceSnapshot const before = walk();
  rename("ws/sub", "old");
  rename("elsewhere", "ws/sub");
  expect(since(before), {"ws/sub/d.go"}, {"ws/sub/b.go"}, {"ws/sub/c.go"});
}

TEST_F(WalkChanges, ADirectoryInAFilesPlaceIsTheFileDeleted) {
  WorkspaceSnapshot const before = walk();
  remove("ws/sub/b.go");
  write("ws/sub/b.go/x.go", "package x\n");
  expect(since(before), {"ws/sub/b.go/x.go"}, {}, {"ws/sub/b.go"});
}

TEST_F(WalkChanges, OtherFilesAreNotLookedAt) {
  write("ws/notes.txt", "1");
  WorkspaceSnapshot const before = walk();
  write("ws/notes.txt", "2");
  write("ws/modules.txt", "not below vendor");
  write("ws/noext", "");
  write("ws/.git/x.go", "package git\n");
  write("ws/node_modules/n/x.go", "package n\n");
  EXPECT_TRUE(since(before).none()) << since(before);
}

TEST_F(WalkChanges, HiddenAndUnderscoredAndTestdataDirectoriesAreWalked) {
  WorkspaceSnapshot const before = walk();
  write("ws/.x/a.go", "package x\n");
  write("ws/_x/a.go", "package x\n");
  write("ws/testdata/a.go", "package x\n");
  write("ws/vendor/v/a.go", "package x\n");
  expect(since(before), {"ws/.x/a.go", "ws/_x/a.go", "ws/testdata/a.go", "ws/vendor/v/a.go"}, {},
         {});
}

TEST_F(WalkChanges, ModAndSumAndWorkAndAssemblyAreTold) {
  WorkspaceSnapshot const before = walk();
  write("ws/go.mod", "module example.com/m\n\ngo 1.24\n\n// edited\n");
  write("ws/go.sum", "");
  write("ws/go.work.sum", "");
  write("ws/sub/asm.s", "");
  expect(since(before), {"ws/go.sum", "ws/go.work.sum", "ws/sub/asm.s"}, {"ws/go.mod"}, {});
}

TEST_F(WalkChanges, ANestedModuleThatAppearsIsCreatedWithItsFiles) {
  WorkspaceSnapshot const before = walk();
  write("ws/nested/go.mod", "module example.com/nested\n\ngo 1.20\n");
  write("ws/nested/n.go", "package nested\n");
  expect(since(before), {"ws/nested/go.mod", "ws/nested/n.go"}, {}, {});
}

TEST_F(WalkChanges, NewPackagesAndModulesThatComeOrGoAskForAReload) {
  WorkspaceSnapshot before = walk();
  write("ws/sub/d.go", "package sub\n");
  write("ws/a.go", "package n\n");
  remove("ws/sub/b.go");
  EXPECT_EQ(since(before).reload, "");
  write("ws/new/d.go", "package new\n");
  EXPECT_EQ(since(before).reload, at("ws/vendor/modules.txt"));
  before = walk();
  write("ws/sub/go.mod", "module sub\n");
  EXPECT_EQ(since(before).reload, at("ws/vendor/modules.txt"));
  before = walk();
  write("ws/sub/go.mod", "module bus\n");
  EXPECT_EQ(since(before).reload, "");
  remove("ws/sub/go.mod");
  EXPECT_EQ(since(before).reload, at("ws/vendor/modules.txt"));
}

TEST_F(WalkChanges, ALinkThatIsTurnedElsewhereChanges) {
  write("one.txt", "package sub\n");
  write("two.txt", "package sub\n");
  link("../../one.txt", "ws/sub/l.go");
  WorkspaceSnapshot const before = walk();
  remove("ws/sub/l.go");
  link("../../two.txt", "ws/sub/l.go");
  expect(since(before), {}, {"ws/sub/l.go"}, {});
}

TEST_F(WalkChanges, AnEditBehindALinkIsSeen) {
  write("one.txt", "package sub\n");
  link("../../one.txt", "ws/sub/l.go");
  WorkspaceSnapshot const before = walk();
  write("one.txt", "package bus\n");
  expect(since(before), {}, {"ws/sub/l.go"}, {});
}

TEST_F(WalkChanges, ALinkToNothingChangesWhenThereIsSomething) {
  link("../../one.txt", "ws/sub/l.go");
  WorkspaceSnapshot const before = walk();
  EXPECT_TRUE(since(before).none()) << since(before);
  write("one.txt", "package sub\n");
  expect(since(before), {}, {"ws/sub/l.go"}, {});
}

TEST_F(WalkChanges, FilesBehindADirectorysLinkAreToldUnderBothNames) {
  link("sub", "ws/alias");
  WorkspaceSnapshot const before = walk();
  write("ws/sub/b.go", "package bus\n");
  expect(since(before), {}, {"ws/alias/b.go", "ws/sub/b.go"}, {});
}

TEST_F(WalkChanges, ADirectorysLinkThatIsTurnedElsewhereChangesAllBelow) {
  write("out/b.go", "package sub\n");
  write("out/d.go", "package sub\n");
  link("sub", "ws/alias");
  WorkspaceSnapshot const before = walk();
  remove("ws/alias");
  link("../out", "ws/alias");
  expect(since(before), {"ws/alias/d.go"}, {"ws/alias/b.go"}, {"ws/alias/c.go"});
}

TEST_F(WalkChanges, LinksInCirclesEnd) {
  link("..", "ws/sub/up");
  link(".", "ws/sub/self");
  link("../other", "ws/sub/there");
  write("ws/other/o.go", "package other\n");
  link("../sub", "ws/other/back");
  WorkspaceSnapshot const before = walk();
  EXPECT_TRUE(since(before).none());
  write("ws/other/o.go", "package o\n");
  expect(since(before), {}, {"ws/other/o.go", "ws/sub/there/o.go"}, {});
}

TEST_F(WalkChanges, AnUnreadableDirectoryIsEmptyAndItsFilesAppearWhenItIsReadable) {
  // Root reads everything; nobody (65534, as every Linux has it) does not.
  bool const is_root = ::geteuid() == 0;
  ASSERT_EQ(::chmod(ground.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(at("ws").c_str(), 0755), 0);
  ASSERT_EQ(::chmod(at("ws/sub").c_str(), 0), 0);
  if (is_root) {
    ASSERT_EQ(::seteuid(65534), 0);
  }
  WorkspaceSnapshot const before = walk();
  if (is_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ASSERT_EQ(::chmod(at("ws/sub").c_str(), 0700), 0);
  expect(since(before), {"ws/sub/b.go", "ws/sub/c.go"}, {}, {});
}

TEST_F(WalkChanges, AFileAsYoungAsTheWalkCountsAsChangedNextTime) {
  struct stat youngest {};
  ASSERT_EQ(::stat(at("ws/sub/c.go").c_str(), &youngest), 0);
  std::int64_t const too_soon = nanoseconds(youngest.st_ctim) + kTickNs;
  std::string error;
  auto const racy = WorkspaceSnapshot::take(request, error, {.since_ns = too_soon});
  ASSERT_TRUE(racy) << error;
  expect(since(*racy), {}, {"ws/sub/c.go"}, {});
  // Nothing is wrong with comparing it with what was.
  EXPECT_TRUE(racy->changes_since(walk()).none());
  auto const calm = WorkspaceSnapshot::take(request, error, {.since_ns = too_soon + 1});
  ASSERT_TRUE(calm) << error;
  EXPECT_TRUE(since(*calm).none()) << since(*calm);
}

TEST_F(WalkChanges, ALinkIsAsYoungAsItsTarget) {
  link("../../one.txt", "ws/sub/l.go");
  write("one.txt", "package sub\n");
  struct stat youngest {};
  ASSERT_EQ(::stat(at("one.txt").c_str(), &youngest), 0);
  std::string error;
  auto const racy = WorkspaceSnapshot::take(request, error,
                                            {.since_ns = nanoseconds(youngest.st_ctim) + kTickNs});
  ASSERT_TRUE(racy) << error;
  SnapshotChanges const changes = since(*racy);
  EXPECT_NE(std::find(changes.changed.begin(), changes.changed.end(), at("ws/sub/l.go")),
            changes.changed.end())
      << changes;
}

TEST_F(WalkChanges, WhereTimesAreWholeSecondsYoungIsLonger) {
  struct stat status {};
  status.st_ctim = {1000, 0};
  EXPECT_TRUE(is_racy(status, 1002 * std::int64_t{1'000'000'000}));
  EXPECT_FALSE(is_racy(status, 1002 * std::int64_t{1'000'000'000} + 1));
  status.st_ctim = {1000, 1};
  EXPECT_FALSE(is_racy(status, 1001 * std::int64_t{1'000'000'000}));
}

TEST_F(WalkChanges, AFileThatChangedAfterTheWalkBeganIsRacy) {
  std::string error;
  auto const old = WorkspaceSnapshot::take(request, error, {.since_ns = 1});
  ASSERT_TRUE(old) << error;
  SnapshotChanges const changes = since(*old);
  EXPECT_EQ(changes.changed.size(), 4U) << changes;
}

}  // namespace
}  // namespace bridge::session
