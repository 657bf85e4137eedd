// What `go version -m` reads from the executable, as it is built, stripped, stamped and renamed;
// and the stamping itself. VS Code's Go extension asks that at every start.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <regex>

#include "proxy/cli/version.h"
#include "proxy/exit_codes.h"
#include "proxy/server/elf_file.h"
#include "proxy/server/go_build_info.h"
#include "tests/cli/bridge_home.h"
#include "tests/rigs/lsp_client.h"

namespace bridge::tests {
namespace {

namespace fs = std::filesystem;

constexpr char kFakeGopls[] = BRIDGE_TEST_PROGRAMS "/fake_gopls";
constexpr char kGoOfFakeGopls[] = "go1.25.3";

class Stamp : public testing::Test {
 protected:
  Stamp() { home_.copy(kFakeGopls, "bin/gopls"); }

  std::string copy_of_bridge(std::string_view name = "gopls-bridge") const {
    return home_.copy(BRIDGE_BINARY, name);
  }
  std::vector<std::string> names_in(const std::string& directory) const {
    std::vector<std::string> names;
    for (auto const& entry : fs::directory_iterator(directory))
      names.push_back(entry.path().filename());
    return names;
  }

  BridgeHome home_;
};

class GoVersion : public Stamp {
 protected:
  void SetUp() override {
    if (::access(go_.c_str(), X_OK) != 0) GTEST_SKIP() << go_ << " is not there";
    home_.set("GOTOOLCHAIN", "local");
  }

  // inspectGoToolVersion of vscode-go, as regular expressions: the Go version and the module's.
  struct Seen {
    std::string go;
    std::string module_version;
    std::string text;
  };
  Seen ask(const std::string& file) const {
    auto const run = home_.run({go_, "version", "-m", file});
    EXPECT_EQ(run.status, (rigs::ExitStatus{0, 0})) << run.errors;
    Seen seen{.go = {}, .module_version = {}, .text = run.output};
    std::smatch match;
    std::string const first = run.output.substr(0, run.output.find('\n'));
    if (std::regex_search(first, match, std::regex(R"(\s+(go\d+.\d+\S*))"))) seen.go = match[1];
    // lines[2].split(/\s+/)[3]
    static std::regex const third_line(R"([^\n]*\n[^\n]*\n\s+\S+\s+\S+\s+(\S+))");
    if (std::regex_search(run.output, match, third_line)) seen.module_version = match[1];
    EXPECT_EQ(run.output.find("golang.org"), std::string::npos) << run.output;
    return seen;
  }
  void expect_answers(const std::string& file, const std::string& go) const {
    auto const seen = ask(file);
    EXPECT_EQ(seen.go, go) << seen.text;
    EXPECT_EQ(seen.module_version, "v" BRIDGE_VERSION) << seen.text;
    EXPECT_NE(seen.text.find("\tpath\tgopls-bridge\n"), std::string::npos) << seen.text;
  }

  std::string go_ = BRIDGE_TOOLS_DIR "/bin/go";
};

TEST_F(GoVersion, ReadsTheExecutableAsBuilt) {
  expect_answers(BRIDGE_BINARY, BRIDGE_DEFAULT_GO_VERSION);
}

TEST_F(GoVersion, ReadsItRenamedLinkedAndNotExecutable) {
  auto const copy = copy_of_bridge("renamed");
  fs::permissions(copy, fs::perms::owner_read);
  expect_answers(copy, BRIDGE_DEFAULT_GO_VERSION);
  expect_answers(home_.link(BRIDGE_BINARY, "link/gopls"), BRIDGE_DEFAULT_GO_VERSION);
}

TEST_F(GoVersion, ReadsItStrippedAndStampedInEitherOrder) {
  auto const file = copy_of_bridge();
  ASSERT_EQ(home_.run({"/usr/bin/strip", "--strip-all", file}).status.code, 0);
  expect_answers(file, BRIDGE_DEFAULT_GO_VERSION);
  auto const stamped = home_.run({file, "stamp"});
  EXPECT_EQ(stamped.status.code, 0) << stamped.errors;
  expect_answers(file, kGoOfFakeGopls);
  ASSERT_EQ(home_.run({"/usr/bin/strip", "--strip-all", file}).status.code, 0);
  expect_answers(file, kGoOfFakeGopls);
  EXPECT_EQ(home_.run({file, "--version"}).output, "gopls-bridge " BRIDGE_VERSION "\n");
}

TEST_F(GoVersion, OfTheStampedBridgeIsThatOfTheRealGopls) {
  std::string const gopls = BRIDGE_TOOLS_DIR "/gopls-v0.23.0/gopls";
  if (::access(gopls.c_str(), X_OK) != 0) GTEST_SKIP() << gopls << " is not there";
  auto const file = copy_of_bridge();
  auto const stamped = home_.run({file, "stamp", "--gopls", gopls});
  EXPECT_EQ(stamped.status.code, 0) << stamped.errors;
  auto const real = home_.run({go_, "version", gopls}).output;  // "PATH: go1.26.8\n"
  expect_answers(file, real.substr(gopls.size() + 2, real.size() - gopls.size() - 3));
}

TEST_F(Stamp, ChangesTheReservedBlockAndNothingElse) {
  auto const file = copy_of_bridge();
  auto const run = home_.run({file, "stamp"});
  EXPECT_EQ(run.status, (rigs::ExitStatus{0, 0})) << run.errors;
  EXPECT_EQ(run.output,
            file + " now says " + kGoOfFakeGopls + ", as " + (home_ / "bin/gopls") + "\n");
  auto before = read_large_file(BRIDGE_BINARY);
  auto after = read_large_file(file);
  ASSERT_EQ(before.size(), after.size());
  EXPECT_NE(before, after);
  auto const block = server::read_elf_facts(file).go_build_info;
  ASSERT_TRUE(block);
  for (auto* content : {&before, &after}) content->erase(block->offset, block->bytes);
  // Code and exception tables lie where they lay.
  EXPECT_TRUE(before == after);
}

TEST_F(Stamp, ASecondTimeSaysThatNothingIsToBeDone) {
  auto const file = copy_of_bridge();
  ASSERT_EQ(home_.run({file, "stamp"}).status.code, 0);
  struct stat first;
  ASSERT_EQ(::stat(file.c_str(), &first), 0);
  auto const run = home_.run({file, "stamp"});
  EXPECT_EQ(run.status.code, 0);
  EXPECT_EQ(run.output,
            file + " already says " + kGoOfFakeGopls + ", as " + (home_ / "bin/gopls") + "\n");
  struct stat second;
  ASSERT_EQ(::stat(file.c_str(), &second), 0);
  EXPECT_EQ(first.st_ino, second.st_ino);
}

TEST_F(Stamp, ARunningExecutableCanBeStampedAndRunsOn) {
  auto const file = copy_of_bridge();
  auto const server = home_.copy(BRIDGE_TEST_PROGRAMS "/fake_server", "server/fake_server");
  rigs::StdioChild child({.argv = {file, "--gopls", server}, .env = home_.environment()});
  rigs::LspClient client(child);
  client.initialize("/m");
  // From outside, by another executable, and by the same file itself.
  auto const run = home_.run({file, "stamp"});
  EXPECT_EQ(run.status.code, 0) << run.errors;
  EXPECT_EQ(server::read_build_info(file)->go_version, kGoOfFakeGopls);
  EXPECT_FALSE(client.hover("/m/main.go", 1, 1).contains("error"));
  client.request("shutdown", nullptr);
  client.notify("exit", nullptr);
  EXPECT_EQ(child.wait_exit(), (rigs::ExitStatus{0, 0})) << child.errors();
}

TEST_F(Stamp, KeepsTheModeAndLeavesNothingBehind) {
  auto const file = copy_of_bridge("own/gopls-bridge");
  ASSERT_EQ(::chmod(file.c_str(), 0751), 0);
  ASSERT_EQ(home_.bridge({"stamp", file}).status.code, 0);
  struct stat status;
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0751u);
  EXPECT_EQ(names_in(home_ / "own"), (std::vector<std::string>{"gopls-bridge"}));
}

TEST_F(Stamp, ThroughALinkTheFileIsReplacedAndTheLinkStays) {
  auto const file = copy_of_bridge();
  auto const link = home_.link(file, "link/gopls");
  ASSERT_EQ(home_.bridge({"stamp", link}).status.code, 0);
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(server::read_build_info(file)->go_version, kGoOfFakeGopls);
}

TEST_F(Stamp, RefusesWhatIsNoBridge) {
  auto const other = home_.copy(kFakeGopls, "other");
  auto const run = home_.bridge({"stamp", other});
  EXPECT_EQ(run.status.code, kExitInternal);
  EXPECT_EQ(run.errors, "gopls-bridge: stamp: " + other + " is no gopls-bridge\n");
  EXPECT_TRUE(read_large_file(other) == read_large_file(kFakeGopls));
}

TEST_F(Stamp, SaysWhatIsMissing) {
  auto const missing = home_.bridge({"stamp", home_ / "missing"});
  EXPECT_EQ(missing.status.code, kExitUsage);
  EXPECT_EQ(missing.errors,
            "gopls-bridge: stamp: " + (home_ / "missing") + ": No such file or directory\n");
  auto const two = home_.bridge({"stamp", "a", "b"});
  EXPECT_EQ(two.status.code, kExitUsage);
  EXPECT_EQ(two.errors, "gopls-bridge: stamp: unexpected argument: b\n");
}

TEST_F(Stamp, AScriptInFrontOfGoplsIsNamed) {
  auto const script = home_.write_program("script", "#!/bin/sh\n");
  auto const file = copy_of_bridge();
  auto const run = home_.run({file, "stamp", "--gopls", script});
  EXPECT_EQ(run.status.code, kExitNoServer);
  EXPECT_NE(run.errors.find(script + " holds no Go build information"), std::string::npos)
      << run.errors;
  EXPECT_TRUE(read_large_file(file) == read_large_file(BRIDGE_BINARY));
}

TEST_F(Stamp, ACopyThatCannotBeWrittenLeavesTheFileAndNothingBeside) {
  auto const file = copy_of_bridge("own/gopls-bridge");
  // A full disk in small: no file may grow beyond 100 blocks.
  auto const run =
      home_.run({"/bin/sh", "-c", "trap '' XFSZ; ulimit -f 100; exec \"$0\" stamp", file});
  EXPECT_EQ(run.status.code, kExitInternal);
  EXPECT_EQ(run.errors,
            "gopls-bridge: stamp: cannot write a copy of " + file + ": File too large\n");
  EXPECT_EQ(names_in(home_ / "own"), (std::vector<std::string>{"gopls-bridge"}));
  EXPECT_TRUE(read_large_file(file) == read_large_file(BRIDGE_BINARY));
}

}  // namespace
}  // namespace bridge::tests
