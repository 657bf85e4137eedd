// What sessions must be equal in for one to take up what the other has parked.
#include "proxy/lease/session_fingerprint.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "proxy/lease/state_file.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::lease {
namespace {

struct Fingerprint : testing::Test {
  rigs::TempDir directory;
  std::vector<std::string> environment;
  SessionNeeds needs;
  server::ShareKey key;

  void SetUp() override {
    environment = {"HOME=" + directory.path(), "PATH=/usr/bin"};
    needs.folders = {"file:///m"};
    needs.identity = "identity";
    needs.parker = "1:1";
    key.go = directory / "go/bin/go";
    key.session_environment = {{"GOFLAGS", "-mod=mod"}, {"PATH", "/usr/bin"}};
    directory.write("go/VERSION", "go1.26.8\n");
    directory.write("go/go.env", "GOPROXY=off\n");
  }
  SessionFingerprint made() const {
    std::vector<const char*> entries;
    for (std::string const& entry : environment) entries.push_back(entry.c_str());
    entries.push_back(nullptr);
    return session_fingerprint(needs, key, server::Environment(entries.data()));
  }
  std::string digest() const {
    auto const got = made();
    EXPECT_EQ(got.why_not, "");
    EXPECT_EQ(got.digest.size(), 32U);
    return got.digest;
  }
  std::string why_not() const {
    auto const got = made();
    EXPECT_EQ(got.digest, "");
    return got.why_not;
  }
};

TEST_F(Fingerprint, WhereASocketOfTheConnectionLiesDoesNotCount) {
  key.session_environment.emplace_back("SSH_AUTH_SOCK", "/tmp/ssh-1/agent.1");
  auto const one = digest();
  key.session_environment.back().second = "/tmp/ssh-2/agent.2";
  EXPECT_EQ(digest(), one);
  key.session_environment.pop_back();
  EXPECT_NE(digest(), one) << "whether there is one does";
}

TEST_F(Fingerprint, EqualSessionsHaveEqualOnes) {
  auto const one = digest();
  EXPECT_EQ(digest(), one);
  std::swap(key.session_environment.front(), key.session_environment.back());
  EXPECT_EQ(digest(), one) << "in whatever order variables come";
  needs.parker = "2:2";
  EXPECT_EQ(digest(), one) << "whoever asks";
}

TEST_F(Fingerprint, EachOfTheseMakesAnother) {
  std::vector<std::string> seen{digest()};
  auto const expect_another = [&](const char* what) {
    auto const got = digest();
    for (auto const& one : seen) EXPECT_NE(got, one) << what;
    seen.push_back(got);
  };
  needs.identity = "another identity";
  expect_another("what the editor wants");
  needs.folders.emplace_back("file:///n");
  expect_another("a folder more");
  needs.folders = {"file:///mfile:///n"};
  expect_another("folders that are one text");
  key.session_environment.front().second = "-mod=vendor";
  expect_another("a value");
  key.session_environment.front() = {"GOFLAGS-mod", "=vendor"};
  expect_another("where a name ends");
  key.session_environment.emplace_back("CGO_ENABLED", "");
  expect_another("a variable more");
  directory.write("go/VERSION", "go1.26.9\n");
  expect_another("the go command");
  directory.write("go/go.env", "GOPROXY=on\n");
  expect_another("what all who use this go have set");
  directory.write(".config/go/env", "GOFLAGS=-race\n");
  expect_another("go env -w, the first");
  directory.write(".config/go/env", "GOFLAGS=-msan\n");
  expect_another("go env -w, of equal length");
  environment.emplace_back("XDG_CONFIG_HOME=" + directory.path() + "/elsewhere");
  expect_another("another place for it");
  directory.write("elsewhere/go/env", "GOFLAGS=-msan\n");
  expect_another("what lies there");
  environment.emplace_back("GOENV=" + directory.path() + "/named");
  expect_another("one that is named");
  directory.write("named", "GOFLAGS=-asan\n");
  expect_another("what is in it");
  environment.back() = "GOENV=off";
  expect_another("none");
  directory.write("named", "GOFLAGS=-race\n");
  EXPECT_EQ(digest(), seen.back()) << "it is off";
}

TEST_F(Fingerprint, WhereSomethingCannotBeComparedThereIsNone) {
  needs.identity.clear();
  EXPECT_EQ(why_not(), "what the editor wants is not known");
  needs.identity = "identity";
  needs.parker.clear();
  EXPECT_EQ(why_not(), "which process the editor is is not known");
  needs.parker = "1:1";
  environment.emplace_back("GOPACKAGESDRIVER=/usr/bin/driver");
  EXPECT_EQ(why_not(), "a packages driver is in use");
  environment.back() = "GOPACKAGESDRIVER=off";
  EXPECT_NE(digest(), "");
  key.text = "uid=0\ndriver=/usr/bin/gopackagesdriver\n";
  EXPECT_NE(digest(), "") << "it is off";
  environment.pop_back();
  EXPECT_EQ(why_not(), "a packages driver is in use");
}

// --- the state on its way ------------------------------------------------------------------------

TEST(StateFile, WhatWasWrittenIsReadAndCanBeAppendedTo) {
  std::string const state(100'000, 's');
  auto const file = make_state_file(state);
  ASSERT_TRUE(file);
  EXPECT_EQ(MappedState(file.get()).bytes(), state);
  ASSERT_TRUE(write_state(file.get(), state.size(), "more"));
  EXPECT_EQ(MappedState(file.get()).bytes(), state + "more");
  EXPECT_NE(::ftruncate(file.get(), 10), 0) << "what is mapped stays there";
  EXPECT_EQ(::fcntl(file.get(), F_GETFD), FD_CLOEXEC);
}

TEST(StateFile, NothingAndTooMuchIsNone) {
  EXPECT_FALSE(make_state_file(""));
  MappedState const none(-1);
  EXPECT_FALSE(none.ok());
  EXPECT_NE(none.complaint(), "");
}

// Not even the daemon's core may have what an editor was told.
TEST(StateFile, WhatIsMappedIsInNoCoreDump) {
  auto const file = make_state_file(std::string(8192, 's'));
  ASSERT_TRUE(file);
  MappedState const mapped(file.get());
  auto const maps = rigs::read_file("/proc/self/smaps");
  auto const at = maps.find("gopls-bridge-parked");
  ASSERT_NE(at, std::string::npos) << maps;
  auto const flags = maps.find("VmFlags:", at);
  ASSERT_NE(flags, std::string::npos);
  auto const line = maps.substr(flags, maps.find('\n', flags) - flags);
  EXPECT_NE(line.find(" dd"), std::string::npos) << line;
}

}  // namespace
}  // namespace bridge::lease
