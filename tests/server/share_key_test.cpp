#include "proxy/server/share_key.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "proxy/server/environment_class.h"
#include "tests/server/share_key_world.h"

namespace bridge::server {
namespace {

constexpr int kCannot = 77;

class ShareKeyTest : public ShareKeyWorld {
 protected:
  ShareKeyTest() {
    std::filesystem::create_directory(at("tools"));
    std::filesystem::copy_file(BRIDGE_TEST_PROGRAMS "/fake_gopls", at("tools/gopls"));
    input_.gopls = {.path = at("tools/gopls"), .place = "PATH", .is_true_gopls = true};
    input_.go = go_tree("go");
    input_.working_directory = directory_.path();
    set("HOME=/home/u");
    set("PATH=" + at("go/bin") + ":/usr/bin:/bin");
  }

  ShareKey key() const {
    return with_environment(
        [this](const Environment& environment) { return make_share_key(input_, environment); });
  }
  // The digest of a key that must exist.
  std::string digest() const {
    auto const made = key();
    EXPECT_EQ(made.own_reason, "");
    EXPECT_EQ(made.digest.size(), 16U);
    return made.digest;
  }
  std::string own_reason() const {
    auto const made = key();
    EXPECT_EQ(made.text + made.digest, "") << "there must be no key to share by";
    return made.own_reason;
  }
  std::map<std::string, std::string> session() const {
    auto const made = key();
    std::map<std::string, std::string> result(made.session_environment.begin(),
                                              made.session_environment.end());
    EXPECT_EQ(result.size(), made.session_environment.size()) << "a name comes twice";
    return result;
  }

  ShareKeyInput input_;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(ShareKeyTest, EqualSurroundingsShare) {
  auto const one = key();
  auto const other = key();
  EXPECT_EQ(one.own_reason, "");
  EXPECT_EQ(one.text, other.text);
  EXPECT_EQ(one.digest, other.digest);
  EXPECT_EQ(one.gopls, at("tools/gopls"));
  EXPECT_EQ(one.go, at("go/bin/go"));
  EXPECT_EQ(one.go_version, "go1.26.8");
}

TEST_F(ShareKeyTest, EachKeyedVariableSeparates) {
  for (auto const name : keyed_variables()) {
    if (name == "GOROOT") continue;  // below
    unset(name);
    auto const without = digest();
    set(std::string(name) + "=");
    EXPECT_EQ(digest(), without) << "empty and missing are the same: " << name;
    set(std::string(name) + "=one");
    auto const one = digest();
    EXPECT_NE(one, without) << name;
    set(std::string(name) + "=two");
    EXPECT_NE(digest(), one) << name;
    EXPECT_EQ(session().count(std::string(name)), 0U) << name;
    unset(name);
  }
}

// All that is started for one key is the same, whoever asks for it.
TEST_F(ShareKeyTest, GoplsIsStartedWithTheKeyedValuesAndTheKeyedGo) {
  set("GOGC=50");
  set("GOFLAGS=-tags=x");
  set("SSH_AUTH_SOCK=/s");
  EXPECT_EQ(key().server_environment,
            (std::vector<std::string>{"PATH=" + at("go/bin") + ":/usr/local/bin:/usr/bin:/bin",
                                      "GOGC=50", "HOME=/home/u"}));
}

TEST_F(ShareKeyTest, TheRestIsToldToEachSessionAndSharesAllTheSame) {
  auto const before = digest();
  set("GOFLAGS=-tags=x");
  set("SSH_AUTH_SOCK=/s");
  set("GOPROXY=");
  set("TMPDIR=/run/user/7/tmp");
  set("TERM=xterm");
  set("VSCODE_PID=7");
  set("GOMOD=/x/go.mod");
  EXPECT_EQ(digest(), before);
  EXPECT_EQ(session(), (std::map<std::string, std::string>{
                           {"GOFLAGS", "-tags=x"},
                           {"GOPROXY", ""},
                           {"PATH", at("go/bin") + ":/usr/bin:/bin"},
                           {"SSH_AUTH_SOCK", "/s"},
                           {"TMPDIR", "/run/user/7/tmp"},
                       }));
}

TEST_F(ShareKeyTest, ValuesOfTheSessionAreNotInTheKeyNorInWhatGoplsIsStartedWith) {
  set("GITHUB_TOKEN=hunter2");
  auto const made = key();
  EXPECT_FALSE(has(made.text, "hunter2"));
  for (auto const& entry : made.server_environment) EXPECT_FALSE(has(entry, "hunter2"));
}

TEST_F(ShareKeyTest, OfAVariableThatIsThereTwiceTheFirstCounts) {
  add("GOFLAGS=-first");
  add("GOFLAGS=-second");
  EXPECT_EQ(session()["GOFLAGS"], "-first");
}

TEST_F(ShareKeyTest, EntriesThatAreNoVariablesAreNobodys) {
  auto const before = session();
  add("no equals sign");
  add("=C:=C:\\");
  EXPECT_EQ(session(), before);
}

TEST_F(ShareKeyTest, NoValueCanBeTakenForAnothersName) {
  set("HOME=/h\nGOGC=50");
  auto const forged = key().text;
  set("HOME=/h");
  set("GOGC=50");
  auto const true_one = key().text;
  EXPECT_NE(forged, true_one);
  EXPECT_TRUE(has(true_one, "\nGOGC=50\n"));
  EXPECT_FALSE(has(forged, "\nGOGC=50\n"));

  set("HOME=/h\nx");
  auto const with_newline = key().text;
  set("HOME=/h\\nx");
  EXPECT_NE(key().text, with_newline);
}

// --- go ------------------------------------------------------------------------------------------

TEST_F(ShareKeyTest, TheSameGoByAnotherNameAndAnotherPathShares) {
  auto const before = digest();
  input_.go = link(at("go/bin/go"), "links/go");
  set("PATH=" + at("links") + ":/bin");
  EXPECT_EQ(digest(), before);
  // Found first on PATH by itself: nothing is put before it.
  EXPECT_EQ(session()["PATH"], at("links") + ":/bin");
}

TEST_F(ShareKeyTest, AnotherGoSeparates) {
  auto const before = digest();
  input_.go = go_tree("other", "go1.27.0");
  auto const made = key();
  EXPECT_NE(made.digest, before);
  EXPECT_EQ(made.go_version, "go1.27.0");
}

TEST_F(ShareKeyTest, ANewerGoInTheSamePlaceSeparates) {
  auto const before = digest();
  directory_.write("go/VERSION", "go1.27.0\n");
  auto const with_version = digest();
  EXPECT_NE(with_version, before);
  std::filesystem::last_write_time(
      at("go/bin/go"), std::filesystem::file_time_type::clock::now() + std::chrono::seconds(7));
  EXPECT_NE(digest(), with_version);
}

TEST_F(ShareKeyTest, WhereAnotherGoIsFirstOnPathTheKeyedOneGoesBeforeIt) {
  go_tree("other");
  set("PATH=" + at("other/bin") + ":/bin");
  EXPECT_EQ(session()["PATH"], at("go/bin") + ":" + at("other/bin") + ":/bin");
  set("PATH=/nonexistent");
  EXPECT_EQ(session()["PATH"], at("go/bin") + ":/nonexistent");
  unset("PATH");
  EXPECT_EQ(session()["PATH"], at("go/bin"));
}

TEST_F(ShareKeyTest, BehindAShimItsGoIsKeyedAndWhatItTellsItIsTold) {
  auto const direct = digest();
  input_.patience = std::chrono::seconds(20);
  input_.go = program("shims/go", "#!/bin/sh\nprintf '%s\\n' " + at("go") + " /packages ''\n");
  set("PATH=" + at("shims") + ":/usr/bin:/bin");
  set("GOPATH=/mine");
  set("GOBIN=/bin-of-mine");
  EXPECT_EQ(digest(), direct);
  auto told = session();
  EXPECT_EQ(told["PATH"], at("go/bin") + ":" + at("shims") + ":/usr/bin:/bin");
  EXPECT_EQ(told["GOPATH"], "/packages");
  EXPECT_EQ(told["GOBIN"], "/bin-of-mine");
}

// golang/go#50991: the go command of one tree over the library of another, without a word.
TEST_F(ShareKeyTest, AGorootOfTheKeyedGoIsKeyedAndOneOfAnotherIsNotShared) {
  auto const without = digest();
  set("GOROOT=" + at("go"));
  EXPECT_NE(digest(), without);
  EXPECT_EQ(session().count("GOROOT"), 0U);
  auto const server = key().server_environment;
  EXPECT_EQ(std::count(server.begin(), server.end(), "GOROOT=" + at("go")), 1);

  go_tree("other");
  set("GOROOT=" + at("other"));
  EXPECT_TRUE(has(own_reason(), "GOROOT")) << own_reason();
}

TEST_F(ShareKeyTest, WithoutGoThereIsNothingToShare) {
  input_.go.clear();
  EXPECT_EQ(own_reason(), "no go command was found");
}

TEST_F(ShareKeyTest, AShimThatDoesNotTellItsGoIsTheReason) {
  input_.patience = std::chrono::seconds(20);
  input_.go = program("shims/go", "#!/bin/sh\nexit 1\n");
  EXPECT_TRUE(has(own_reason(), at("shims/go"))) << own_reason();
}

// --- gopls ---------------------------------------------------------------------------------------

TEST_F(ShareKeyTest, ALinkToTheSameGoplsSharesAndAReplacedOneDoesNot) {
  auto const before = digest();
  input_.gopls.path = link(at("tools/gopls"), "links/gopls");
  EXPECT_EQ(digest(), before);
  // As an installer does: a copy of it, renamed into its place.
  std::filesystem::copy_file(at("tools/gopls"), at("tools/new"));
  std::filesystem::rename(at("tools/new"), at("tools/gopls"));
  EXPECT_NE(digest(), before);
}

TEST_F(ShareKeyTest, InodeAndTimeEachTellAReplacedGopls) {
  auto const before = digest();
  auto const time = std::filesystem::last_write_time(at("tools/gopls"));
  std::filesystem::last_write_time(at("tools/gopls"), time + std::chrono::seconds(1));
  EXPECT_NE(digest(), before) << "written to in place";
  std::filesystem::last_write_time(at("tools/gopls"), time);
  EXPECT_EQ(digest(), before);
  std::filesystem::copy_file(at("tools/gopls"), at("tools/new"));
  std::filesystem::last_write_time(at("tools/new"), time);
  std::filesystem::rename(at("tools/new"), at("tools/gopls"));
  EXPECT_NE(digest(), before) << "another file, as old and as large";
}

TEST_F(ShareKeyTest, AScriptInItsPlaceIsNotShared) {
  input_.gopls.is_true_gopls = false;
  EXPECT_TRUE(has(own_reason(), "is not gopls itself")) << own_reason();
}

TEST_F(ShareKeyTest, AGoplsThatIsGoneIsTheReason) {
  input_.gopls.path = at("nothing");
  EXPECT_TRUE(has(own_reason(), "is gone")) << own_reason();
}

TEST_F(ShareKeyTest, FlagsOfOneSessionAreNotShared) {
  for (auto const& args : std::vector<std::vector<std::string>>{{"-rpc.trace"},
                                                                {"--rpc.trace=true"},
                                                                {"serve", "-logfile=/x"},
                                                                {"-logfile", "/x"},
                                                                {"-debug", "localhost:0"},
                                                                {"-v"},
                                                                {"-vv", "serve"},
                                                                {"-something.new"},
                                                                {"-listen.timeout=1s", "-v"},
                                                                {"-listen.timeout", "1s", "-v"}}) {
    input_.args = args;
    EXPECT_TRUE(has(own_reason(), "for one session alone")) << args[0] << ": " << own_reason();
    EXPECT_FALSE(has(own_reason(), "/x")) << "the value is not for the log";
  }
}

TEST_F(ShareKeyTest, FlagsThatMeanNothingToASharedGoplsAreAbsorbed) {
  auto const before = digest();
  for (auto const& args : std::vector<std::vector<std::string>>{
           {"serve"}, {"-listen.timeout=1s"}, {"serve", "--listen.timeout", "1s"}}) {
    input_.args = args;
    EXPECT_EQ(digest(), before);
    EXPECT_TRUE(key().server_args.empty());
  }
}

// --- the rest of the key -------------------------------------------------------------------------

TEST_F(ShareKeyTest, AnotherUmaskSeparatesAndIsLeftAsItIs) {
  mode_t const own = ::umask(022);
  auto const before = digest();
  ::umask(077);
  auto const narrow = digest();
  EXPECT_EQ(::umask(own), 077U);
  EXPECT_NE(narrow, before);
}

TEST_F(ShareKeyTest, APackagesDriverOnPathSeparatesUnlessTheSessionNamesOne) {
  auto const before = digest();
  auto const driver = program("driver/gopackagesdriver", "#!/bin/sh\n");
  set("PATH=" + at("go/bin") + ":" + at("driver"));
  auto const made = key();
  EXPECT_NE(made.digest, before);
  EXPECT_EQ(made.server_environment[0],
            "PATH=" + at("go/bin") + ":" + at("driver") + ":/usr/local/bin:/usr/bin:/bin");
  set("GOPACKAGESDRIVER=off");
  EXPECT_EQ(digest(), before);
}

// In a mount namespace of its own, where /tmp is read-only.
TEST_F(ShareKeyTest, WhereThereIsNoTmpToWriteToTheTemporaryDirectoryIsKeyed) {
  set("TMPDIR=/somewhere");
  auto const with_tmp = digest();
  pid_t const child = ::fork();
  if (child == 0) {
    constexpr unsigned long kReadOnly = MS_BIND | MS_REMOUNT | MS_RDONLY;
    if ((::geteuid() == 0 ? ::unshare(CLONE_NEWNS) : ::unshare(CLONE_NEWUSER | CLONE_NEWNS)) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("/tmp", "/tmp", nullptr, MS_BIND | MS_REC, nullptr) != 0 ||
        ::mount(nullptr, "/tmp", nullptr, kReadOnly, nullptr) != 0)
      ::_exit(kCannot);
    auto const made = key();
    auto const& server = made.server_environment;
    bool const started_with = std::count(server.begin(), server.end(), "TMPDIR=/somewhere") == 1;
    ::_exit(made.digest != with_tmp && started_with ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == kCannot) GTEST_SKIP() << "no mount namespace to be had here";
  EXPECT_EQ(status, 0);
}

TEST_F(ShareKeyTest, FoldersSeparateInWhateverOrder) {
  auto const before = digest();
  input_.folders = {"/a", "/b"};
  auto const two = digest();
  EXPECT_NE(two, before);
  input_.folders = {"/b", "/a", "/b"};
  EXPECT_EQ(digest(), two);
  input_.folders = {"/a"};
  EXPECT_NE(digest(), two);
}

TEST_F(ShareKeyTest, WhatJsonCannotCarryIsNotShared) {
  for (auto const* bad :
       {"\xff", "latin\xe9", "\xc0\xaf", "\xe2\x82", "\xe0\x80\xaf", "\xed\xa0\x80",
        "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80"}) {
    set(std::string("NOTE=") + bad);
    EXPECT_TRUE(has(own_reason(), "NOTE")) << own_reason();
    EXPECT_FALSE(has(own_reason(), bad)) << "the value is not for the log";
  }
  set("NOTE=\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \x01");
  EXPECT_EQ(key().own_reason, "");
  unset("NOTE");
  set("LS_COLORS=\xff");  // ignored, so it need not be told
  EXPECT_EQ(key().own_reason, "");
  set("NA\xffME=x");
  EXPECT_NE(own_reason(), "");
}

TEST_F(ShareKeyTest, WhatDoesNotFitAControlMessageIsNotShared) {
  set("GODEBUG=" + std::string(70000, 'x'));
  EXPECT_TRUE(has(own_reason(), "too large")) << own_reason();
  unset("GODEBUG");
  set("NOTE=" + std::string(100000, 'x'));
  EXPECT_EQ(session()["NOTE"].size(), 100000U);
}

}  // namespace
}  // namespace bridge::server
