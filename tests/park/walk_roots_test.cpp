// Where a walk goes beside the folders, and what it makes of changes that no file event repairs.
#include "proxy/session/park/workspace_roots.h"
#include "tests/park/walk_ground.h"

namespace bridge::session {
namespace {

class WalkRoots : public WalkGround {
 protected:
  void expect_useless(const SnapshotChanges& changes, const std::string& why) {
    EXPECT_EQ(changes.useless, why) << changes;
  }
  const std::string kAbove = "a go.mod or go.work appeared or vanished above a folder";
  const std::string kLess = "a directory outside the folders is no longer part of the workspace";
};

TEST_F(WalkRoots, TheModuleThatAFolderLiesInIsWalked) {
  request.folders = {at("ws/sub")};
  WorkspaceSnapshot const before = walk();
  write("ws/a.go", "package n\n");
  write("ws/beside/x.go", "package beside\n");
  expect(since(before), {"ws/beside/x.go"}, {"ws/a.go"}, {});
}

TEST_F(WalkRoots, TwoFoldersOneInTheOtherAreToldOnce) {
  request.folders = {at("ws"), at("ws/sub/")};
  WorkspaceSnapshot const before = walk();
  write("ws/sub/b.go", "package bus\n");
  expect(since(before), {}, {"ws/sub/b.go"}, {});
}

TEST_F(WalkRoots, AFolderThatIsALinkIsToldByItsOwnName) {
  link("ws", "by-link");
  request.folders = {at("by-link")};
  WorkspaceSnapshot const before = walk();
  write("ws/sub/b.go", "package bus\n");
  expect(since(before), {}, {"by-link/sub/b.go"}, {});
}

TEST_F(WalkRoots, TwoNamesOfOneFolderAreBothTold) {
  link("ws", "by-link");
  request.folders = {at("by-link"), at("ws")};
  WorkspaceSnapshot const before = walk();
  write("ws/sub/b.go", "package bus\n");
  expect(since(before), {}, {"by-link/sub/b.go", "ws/sub/b.go"}, {});
}

TEST_F(WalkRoots, LocalReplacementsAreWalkedAndTheirsToo) {
  write("ws/go.mod", "module m\nreplace (\n\tx => ../x // beside\n\ty v1.0.0 => ../y/y\n)\n");
  write("x/go.mod", "module x\nreplace \"z\" => \"../z\"\n");
  write("x/x.go", "package x\n");
  write("y/y/y.go", "package y\n");
  write("z/z.go", "package z\n");
  WorkspaceSnapshot const before = walk();
  write("x/x.go", "package xx\n");
  write("y/y/y.go", "package yy\n");
  write("z/z.go", "package zz\n");
  expect(since(before), {}, {"x/x.go", "y/y/y.go", "z/z.go"}, {});
}

TEST_F(WalkRoots, AReplacementThatIsNamedNewlyIsCreated) {
  write("x/x.go", "package x\n");
  WorkspaceSnapshot const before = walk();
  write("ws/go.mod", "module example.com/m\n\ngo 1.24\n\nreplace x => ../x\n");
  expect(since(before), {"x/x.go"}, {"ws/go.mod"}, {});
}

TEST_F(WalkRoots, AReplacementThatIsNamedNoMoreIsUseless) {
  write("x/x.go", "package x\n");
  write("ws/go.mod", "module example.com/m\n\ngo 1.24\n\nreplace x => ../x\n");
  WorkspaceSnapshot const before = walk();
  write("ws/go.mod", "module example.com/m\n\ngo 1.24\n");
  expect_useless(since(before), kLess);
}

TEST_F(WalkRoots, ANestedReplacementMayComeAndGo) {
  write("ws/nested/go.mod", "module nested\n");
  write("ws/go.mod", "module example.com/m\n\ngo 1.24\n\nreplace nested => ./nested\n");
  WorkspaceSnapshot const before = walk();
  write("ws/go.mod", "module example.com/m\n\ngo 1.24\n");
  expect(since(before), {}, {"ws/go.mod"}, {});
}

TEST_F(WalkRoots, TheGoWorkInEffectIsFoundAboveWithWhatItUses) {
  write("go.work", "go 1.24\n\nuse (\n\t./ws\n\t./other\n)\n");
  write("other/go.mod", "module other\n");
  write("other/o.go", "package other\n");
  write("third/t.go", "package third\n");
  WorkspaceSnapshot const before = walk();
  write("other/o.go", "package o\n");
  write("third/t.go", "package t\n");
  write("go.work", "go 1.24\n\nuse (\n\t./ws\n\t./other\n)\n\n// more\n");
  write("go.work.sum", "");
  write("vendor/v/v.go", "package v\n");
  expect(since(before), {"go.work.sum", "vendor/v/v.go"}, {"go.work", "other/o.go"}, {});
}

TEST_F(WalkRoots, AGoWorkThatUsesItsOwnDirectoryHasItWalked) {
  write("go.work", "go 1.24\n\nuse .\nuse ./ws\n");
  write("top.go", "package top\n");
  WorkspaceSnapshot const before = walk();
  write("top.go", "package pot\n");
  expect(since(before), {}, {"top.go"}, {});
}

TEST_F(WalkRoots, AGoWorkAboveThatAppearsOrVanishesIsUseless) {
  WorkspaceSnapshot const before = walk();
  write("go.work", "go 1.24\n");
  WorkspaceSnapshot const with = walk();
  expect_useless(with.changes_since(before), kAbove);
  remove("go.work");
  expect_useless(since(with), kAbove);
}

TEST_F(WalkRoots, AGoModAboveThatAppearsIsUselessOnlyToAFolderWithoutOne) {
  WorkspaceSnapshot const before = walk();
  request.folders = {at("plain")};
  write("plain/p.go", "package p\n");
  WorkspaceSnapshot const plain = walk();
  write("go.mod", "module above\n");
  expect_useless(since(plain), kAbove);
  request.folders = {at("ws")};
  EXPECT_TRUE(since(before).none()) << since(before);
}

TEST_F(WalkRoots, GoworkOffSeesNoGoWorkAbove) {
  request.gowork = "off";
  WorkspaceSnapshot const before = walk();
  write("go.work", "go 1.24\n");
  EXPECT_TRUE(since(before).none()) << since(before);
}

TEST_F(WalkRoots, AFileThatGoworkNamesIsUselessWhenItChanges) {
  write("elsewhere/my.workspace", "go 1.24\n\nuse ../other\n");
  write("other/o.go", "package other\n");
  request.gowork = at("elsewhere/my.workspace");
  WorkspaceSnapshot const before = walk();
  write("other/o.go", "package o\n");
  expect(since(before), {}, {"other/o.go"}, {});
  write("elsewhere/my.workspace", "go 1.24\n\nuse ../other // 2\n");
  expect_useless(since(before), "GOWORK's " + at("elsewhere/my.workspace") + " changed");
  remove("elsewhere/my.workspace");
  request.folders = {at("ws")};
  EXPECT_NE(since(before).useless, "");
}

TEST_F(WalkRoots, AFileThatGoworkNamesInsideTheFolderIsSeenToo) {
  write("ws/my.workspace", "go 1.24\n");
  request.gowork = at("ws/my.workspace");
  WorkspaceSnapshot const before = walk();
  write("ws/my.workspace", "go 1.24 \n");
  expect_useless(since(before), "GOWORK's " + at("ws/my.workspace") + " changed");
}

TEST_F(WalkRoots, AGoOrToolchainLineThatChangesIsUseless) {
  WorkspaceSnapshot const before = walk();
  write("ws/go.mod", "module example.com/m\n\ngo 1.25\n");
  expect_useless(since(before), "the go or toolchain line of " + at("ws/go.mod") + " changed");
  write("ws/go.mod", "module example.com/m\n\ngo 1.24\ntoolchain go1.26.1\n");
  expect_useless(since(before), "the go or toolchain line of " + at("ws/go.mod") + " changed");
  write("ws/go.mod", "module example.com/m\n\n// go 1.25\ngo    1.24 // as before\n");
  expect(since(before), {}, {"ws/go.mod"}, {});
}

TEST_F(WalkRoots, AGoLineIsNotTrustedThatMayHaveChangedDuringTheWalk) {
  std::string error;
  auto const racy = WorkspaceSnapshot::take(request, error, {.since_ns = 1});
  ASSERT_TRUE(racy) << error;
  expect_useless(since(*racy), "the go or toolchain line of " + at("ws/go.mod") + " changed");
  // That it may change later is no matter when it is compared with what was.
  WorkspaceSnapshot const before = walk();
  EXPECT_TRUE(racy->changes_since(before).none()) << racy->changes_since(before);
}

TEST_F(WalkRoots, VendorsListIsUselessWhenItChanges) {
  WorkspaceSnapshot const before = walk();
  write("ws/vendor/modules.txt", "# x\n");
  expect_useless(since(before), at("ws/vendor/modules.txt") + " changed");
  WorkspaceSnapshot const with = walk();
  remove("ws/vendor/modules.txt");
  expect_useless(since(with), at("ws/vendor/modules.txt") + " changed");
}

TEST_F(WalkRoots, FilesOfCgoAreUselessWhenTheyChangeBesideGo) {
  write("ws/sub/x.h", "int x;\n");
  write("ws/c/y.h", "int y;\n");
  WorkspaceSnapshot const before = walk();
  write("ws/c/y.h", "int yy;\n");
  EXPECT_TRUE(since(before).none()) << since(before);
  write("ws/sub/x.h", "int xx;\n");
  expect_useless(since(before), at("ws/sub/x.h") + " changed, which is no Go");
}

TEST_F(WalkRoots, AModuleThatComesIntoTheCacheOrLeavesItIsUseless) {
  request.gomodcache = at("cache");
  write("cache/github.com/!burnt!sushi/toml@v1.0.0/x.go", "package toml\n");
  write("ws/go.mod",
        "module example.com/m\n\ngo 1.24\n\nrequire github.com/BurntSushi/toml v1.0.0\n"
        "require y.org/y v2.0.0+incompatible // indirect\n");
  std::string const why =
      "modules that " + at("ws/go.mod") + " names came into the module cache or left it";
  WorkspaceSnapshot const before = walk();
  EXPECT_TRUE(since(before).none()) << since(before);
  write("cache/y.org/y@v2.0.0+incompatible/y.go", "package y\n");
  WorkspaceSnapshot const with = walk();
  expect_useless(with.changes_since(before), why);
  rename("cache/github.com/!burnt!sushi/toml@v1.0.0", "gone");
  expect_useless(since(with), why);
}

TEST_F(WalkRoots, AnEditedGoModMayNameOtherModules) {
  request.gomodcache = at("cache");
  write("cache/x.org/x@v1.0.0/x.go", "package x\n");
  WorkspaceSnapshot const before = walk();
  write("ws/go.mod", "module example.com/m\n\ngo 1.24\n\nrequire x.org/x v1.0.0\n");
  expect(since(before), {}, {"ws/go.mod"}, {});
}

TEST_F(WalkRoots, AModuleCacheInTheWorkspaceIsNotWalked) {
  request.gomodcache = at("ws/cache/mod");
  write("ws/cache/mod/x.org/x@v1.0.0/x.go", "package x\n");
  WorkspaceSnapshot const before = walk();
  write("ws/cache/mod/x.org/x@v1.0.0/x.go", "package y\n");
  EXPECT_TRUE(since(before).none()) << since(before);
}

TEST(WalkPaths, AreCleanedAsGoCleansThem) {
  EXPECT_EQ(clean_path("/a//b/./c/"), "/a/b/c");
  EXPECT_EQ(clean_path("/a/../../b"), "/b");
  EXPECT_EQ(clean_path("/"), "/");
  EXPECT_EQ(clean_path(""), "/");
  EXPECT_EQ(joined_path("/a/b", "../c"), "/a/c");
  EXPECT_EQ(joined_path("/a/b", "/c/./d"), "/c/d");
  EXPECT_EQ(joined_path("/", "x"), "/x");
  EXPECT_EQ(parent_of("/a/b"), "/a");
  EXPECT_EQ(parent_of("/a"), "/");
  EXPECT_EQ(parent_of("/"), "/");
}

}  // namespace
}  // namespace bridge::session
