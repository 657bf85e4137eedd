#include "proxy/server/share_key_go.h"

#include <gtest/gtest.h>

#include "tests/rigs/process.h"
#include "tests/server/share_key_world.h"

namespace bridge::server {
namespace {

using std::chrono::milliseconds;

// For shims that answer: a bound, not a measure.
constexpr milliseconds kPatient = rigs::kWaitMax;

class ShareKeyGo : public ShareKeyWorld {
 protected:
  ShareKeyGo() {
    set("PATH=/usr/bin:/bin");
    std::filesystem::create_directory(at("work"));
  }
  GoCommand resolve(const std::string& go, milliseconds patience = kPatient) const {
    return with_environment([&](const Environment& environment) {
      return resolve_go(go, at("work"), environment, patience);
    });
  }
  std::string shim(std::string_view script) const {
    return program("shims/go", "#!/bin/sh\n" + std::string(script));
  }
};

TEST_F(ShareKeyGo, AGoCommandIsKnownByItsBuildInformationAndItsVersionFile) {
  auto const go = go_tree("go");
  auto const command = resolve(go);
  EXPECT_EQ(command.complaint, "");
  EXPECT_EQ(command.path, go);
  EXPECT_EQ(command.root, at("go"));
  EXPECT_EQ(command.version, "go1.26.8");
}

TEST_F(ShareKeyGo, LinksAreFollowed) {
  auto const go = go_tree("lib/go-1.26");
  link("go-1.26", "lib/go");
  EXPECT_EQ(resolve(link("../lib/go/bin/go", "bin/go")).path, go);
}

TEST_F(ShareKeyGo, WithoutAVersionFileTheBuildInformationSaysIt) {
  auto const go = go_tree("go");
  std::filesystem::remove(at("go/VERSION"));
  EXPECT_EQ(resolve(go).version, "go1.99-built");
}

TEST_F(ShareKeyGo, AShimIsAskedInTheWorkingDirectory) {
  auto const old = go_tree("old", "go1.20.1");
  auto const go =
      shim("read -r version <.tool-versions; echo " + at("$version") + "; echo; echo\n");
  directory_.write("work/.tool-versions", "old\n");
  auto const command = resolve(go);
  EXPECT_EQ(command.complaint, "");
  EXPECT_EQ(command.path, old);
  EXPECT_EQ(command.version, "go1.20.1");

  // Another answer at once: nothing is kept.
  auto const newer = go_tree("new");
  directory_.write("work/.tool-versions", "new\n");
  EXPECT_EQ(resolve(go).path, newer);
}

TEST_F(ShareKeyGo, AMultiCallShimIsRunByTheNameItIsCalled) {
  auto const go = go_tree("go");
  program("bin/mise", "#!/bin/sh\n[ \"${0##*/}\" = go ] && echo " + at("go") + "\n");
  EXPECT_EQ(resolve(link("../bin/mise", "shims/go")).path, go);
}

TEST_F(ShareKeyGo, WhatAShimTellsItsGoIsKept) {
  go_tree("go");
  auto const command = resolve(shim("[ \"$*\" = 'env GOROOT GOPATH GOBIN' ] && printf '%s\\n' " +
                                    at("go") + " /packages /packages/bin\n"));
  EXPECT_EQ(command.gopath, "/packages");
  EXPECT_EQ(command.gobin, "/packages/bin");
}

TEST_F(ShareKeyGo, AShimIsAskedForItsOwnChoiceAndDownloadsNothing) {
  go_tree("go");
  set("GOROOT=/elsewhere");
  set("GOTOOLCHAIN=go1.99.0");
  set("ASDF_GOLANG_VERSION=1.26");
  set("PWD=/elsewhere");
  auto const go = shim("echo \"${GOROOT-none} $GOTOOLCHAIN $ASDF_GOLANG_VERSION $PWD\" >" +
                       at("asked") + "; echo " + at("go") + "\n");
  EXPECT_EQ(resolve(go).complaint, "");
  EXPECT_EQ(rigs::read_file(at("asked")), "none local 1.26 " + at("work") + "\n");
}

TEST_F(ShareKeyGo, AGoProgramThatIsNotTheGoCommandIsNotTakenForIt) {
  std::filesystem::create_directories(at("other/bin"));
  std::filesystem::copy_file(BRIDGE_TEST_PROGRAMS "/fake_gopls", at("other/bin/go"));
  auto const command = resolve(at("other/bin/go"));
  EXPECT_EQ(command.path, "");
  EXPECT_NE(command.complaint, "");
}

TEST_F(ShareKeyGo, AShimThatFailsIsSaid) {
  go_tree("go");
  auto const command = resolve(shim("echo " + at("go") + "; exit 1\n"));
  EXPECT_EQ(command.path, "");
  EXPECT_NE(command.complaint.find("failed"), std::string::npos) << command.complaint;
}

// It would sleep beyond ctest's limit.
TEST_F(ShareKeyGo, AShimThatIsLateIsEnded) {
  auto const command = resolve(shim("exec sleep 60\n"), milliseconds(50));
  EXPECT_NE(command.complaint.find("took more than 50 ms"), std::string::npos) << command.complaint;
  EXPECT_TRUE(rigs::children_of(::getpid()).empty());
}

TEST_F(ShareKeyGo, AShimThatHasAnsweredButStaysIsLeft) {
  go_tree("go");
  auto const go = shim("echo " + at("go") + "; exec >/dev/null sleep 60\n");
  EXPECT_NE(resolve(go, milliseconds(1000)).complaint, "");
}

TEST_F(ShareKeyGo, AShimThatTalksWithoutEndIsLeft) {
  EXPECT_NE(resolve(shim("exec yes\n")).complaint, "");
}

TEST_F(ShareKeyGo, AnAnswerThatLeadsToNoGoIsSaid) {
  for (auto const* answer : {"", "relative", "/nonexistent", "warning: something"}) {
    auto const command = resolve(shim("echo " + std::string(answer) + "\n"));
    EXPECT_EQ(command.path, "");
    EXPECT_NE(command.complaint.find("GOROOT has no bin/go"), std::string::npos)
        << command.complaint;
  }
}

TEST_F(ShareKeyGo, AShimThatLeadsToAShimIsSaid) {
  program("root/bin/go", "#!/bin/sh\n");
  EXPECT_NE(resolve(shim("echo " + at("root") + "\n")).complaint, "");
}

TEST_F(ShareKeyGo, NothingIsLeftOpenOrRunning) {
  auto const before = rigs::open_descriptors();
  go_tree("go");
  resolve(shim("echo " + at("go") + "\n"));
  resolve(shim("exit 1\n"));
  EXPECT_EQ(rigs::open_descriptors(), before);
  EXPECT_TRUE(rigs::children_of(::getpid()).empty());
}

}  // namespace
}  // namespace bridge::server
