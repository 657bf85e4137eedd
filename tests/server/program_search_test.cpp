// The search over real files. Whole starts of the executable, circles among them, are in
// tests/cli/pass_through_test.cpp.
#include "proxy/server/program_search.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "proxy/server/tried_programs.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::server {
namespace {

namespace fs = std::filesystem;

constexpr char kFakeGopls[] = BRIDGE_TEST_PROGRAMS "/fake_gopls";

class ProgramSearchTest : public testing::Test {
 protected:
  ProgramSearchTest() { set("HOME=" + directory_.path()); }
  void set(std::string entry) { variables_.push_back(std::move(entry)); }

  ProgramSearch gopls(const std::optional<ExplicitProgram>& chosen = {}) const {
    auto const entries = pointers();
    return find_gopls(chosen, Environment(entries.data()));
  }
  ProgramSearch go(const std::optional<ExplicitProgram>& chosen = {}) const {
    auto const entries = pointers();
    return find_go(chosen, Environment(entries.data()));
  }
  std::string program(std::string_view name) const {
    auto path = directory_.write(name, "#!/bin/sh\n");
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }

  rigs::TempDir directory_;

 private:
  std::vector<const char*> pointers() const {
    std::vector<const char*> entries;
    for (auto const& variable : variables_) entries.push_back(variable.c_str());
    entries.push_back(nullptr);
    return entries;
  }
  std::vector<std::string> variables_;
};

TEST_F(ProgramSearchTest, TheFirstInPathIsTaken) {
  auto const first = program("p1/gopls");
  program("p2/gopls");
  set("PATH=" + directory_ / "p0" + ":" + directory_ / "p1" + ":" + directory_ / "p2");
  auto const result = gopls();
  ASSERT_TRUE(result.found);
  EXPECT_EQ(result.found->path, first);
  EXPECT_EQ(result.found->place, "PATH");
  EXPECT_FALSE(result.found->is_true_gopls);
  EXPECT_EQ(result.searched, (std::vector<std::string>{directory_ / "p0", directory_ / "p1"}));
}

TEST_F(ProgramSearchTest, WithoutPathGoBinInTheHomeIsFound) {
  auto const path = program("go/bin/gopls");
  auto const result = gopls();
  ASSERT_TRUE(result.found);
  EXPECT_EQ(result.found->path, path);
  EXPECT_EQ(result.found->place, "a usual place");
}

TEST_F(ProgramSearchTest, ATrueGoplsIsKnownByItsBuildInformation) {
  fs::create_directories(directory_ / "bin");
  fs::create_symlink(kFakeGopls, directory_ / "bin/gopls");
  set("PATH=" + directory_ / "bin");
  auto const result = gopls();
  ASSERT_TRUE(result.found);
  EXPECT_EQ(result.found->path, directory_ / "bin/gopls") << "links are not resolved";
  EXPECT_TRUE(result.found->is_true_gopls);
}

TEST_F(ProgramSearchTest, WhatCannotBeExecutedIsPassedOver) {
  fs::create_directories(directory_ / "d/gopls");
  directory_.write("t/gopls", "text");
  fs::create_directories(directory_ / "l");
  fs::create_symlink(directory_ / "nowhere", directory_ / "l/gopls");
  fs::create_directories(directory_ / "loop");
  fs::create_symlink("gopls", directory_ / "loop/gopls");
  program("unreadable/gopls");
  fs::permissions(directory_ / "unreadable", fs::perms::none);
  auto const last = program("last/gopls");
  set("PATH=" + directory_ / "d" + ":" + directory_ / "t" + ":" + directory_ / "l" + ":" +
      directory_ / "loop" + ":" + (::geteuid() == 0 ? "" : directory_ / "unreadable" + ":") +
      directory_ / "t/gopls" + ":" + directory_ / "last");
  auto const result = gopls();
  fs::permissions(directory_ / "unreadable", fs::perms::owner_all);
  ASSERT_TRUE(result.found);
  EXPECT_EQ(result.found->path, last);
}

TEST_F(ProgramSearchTest, EveryInstallOfTheBridgeIsPassedOver) {
  fs::create_directories(directory_ / "p1");
  fs::copy_file(BRIDGE_BINARY, directory_ / "p1/gopls");
  fs::create_directories(directory_ / "p2");
  fs::create_symlink(BRIDGE_BINARY, directory_ / "p2/gopls");
  auto const real = program("p3/gopls");
  set("PATH=" + directory_ / "p1" + ":" + directory_ / "p2" + ":" + directory_ / "p3");
  auto const result = gopls();
  ASSERT_TRUE(result.found);
  EXPECT_EQ(result.found->path, real);
}

TEST_F(ProgramSearchTest, ThisVeryProgramIsPassedOverWhateverItIs) {
  fs::create_directories(directory_ / "p1");
  fs::create_symlink(fs::read_symlink("/proc/self/exe"), directory_ / "p1/gopls");
  auto const real = program("p2/gopls");
  set("PATH=" + directory_ / "p1" + ":" + directory_ / "p2");
  EXPECT_EQ(gopls().found->path, real);
}

TEST_F(ProgramSearchTest, WhatWasTriedIsPassedOver) {
  auto const shim = program("p1/gopls");
  auto const real = program("p2/gopls");
  set("PATH=" + directory_ / "p1" + ":" + directory_ / "p2");
  set("GOPLS_BRIDGE_TRIED=/other:" + shim);
  EXPECT_EQ(gopls().found->path, real);
}

TEST_F(ProgramSearchTest, AnExplicitChoiceIsTakenWhateverElseThereIs) {
  program("p1/gopls");
  auto const chosen = program("chosen");
  set("PATH=" + directory_ / "p1");
  auto const result = gopls(ExplicitProgram{.path = chosen, .source = "--gopls"});
  ASSERT_TRUE(result.found);
  EXPECT_EQ(result.found->path, chosen);
  EXPECT_EQ(result.found->place, "--gopls");
}

TEST_F(ProgramSearchTest, AnExplicitChoiceThatFailsIsNeverReplaced) {
  program("p1/gopls");
  set("PATH=" + directory_ / "p1");
  auto const missing =
      gopls(ExplicitProgram{.path = directory_ / "missing", .source = "/c.toml:3"});
  EXPECT_FALSE(missing.found);
  EXPECT_EQ(missing.complaint,
            "/c.toml:3 names " + directory_ / "missing" + ": No such file or directory");
  EXPECT_FALSE(gopls(ExplicitProgram{.path = BRIDGE_BINARY, .source = "x"}).found);
  EXPECT_EQ(go(ExplicitProgram{.path = directory_.path(), .source = "x"}).complaint,
            "x names " + directory_.path() + ": not a regular file");
}

TEST_F(ProgramSearchTest, ARelativeChoiceIsMadeAbsolute) {
  auto const result = gopls(ExplicitProgram{.path = "./missing", .source = "x"});
  EXPECT_EQ(result.complaint,
            "x names " + fs::current_path().string() + "/./missing: No such file or directory");
}

TEST_F(ProgramSearchTest, GoIsFoundWithoutPath) {
  auto const sdk = program("sdk/go1.26.8/bin/go");
  auto const result = go();
  ASSERT_TRUE(result.found);
  // A machine's own comes first where there is one.
  if (!fs::exists("/usr/local/go/bin/go")) {
    EXPECT_EQ(result.found->path, sdk);
  }
  set("GOROOT=" + directory_ / "sdk/go1.26.8");
  EXPECT_EQ(go().found->path, sdk);
}

TEST_F(ProgramSearchTest, NoDirectoryIsSearchedTwice) {
  set("PATH=/usr/bin:/usr/bin:/nowhere:/usr/bin");
  auto searched = gopls().searched;
  std::sort(searched.begin(), searched.end());
  EXPECT_EQ(std::adjacent_find(searched.begin(), searched.end()), searched.end());
}

TEST(MissingGopls, NamesWhatWasSearchedAndTheGoThatInstallsIt) {
  ProgramSearch gopls;
  gopls.searched = {"/a", "/b"};
  ProgramSearch go;
  EXPECT_EQ(describe_missing_gopls(gopls, go),
            "no gopls found; searched /a /b; no go found either (https://go.dev/dl); with it: go "
            "install golang.org/x/tools/gopls@latest");
  go.found = FoundProgram{.path = "/g/go", .place = "PATH"};
  EXPECT_EQ(describe_missing_gopls(gopls, go),
            "no gopls found; searched /a /b; install it with: /g/go install "
            "golang.org/x/tools/gopls@latest");
}

TEST(TriedPrograms, AreWholePathsBetweenColons) {
  EXPECT_TRUE(was_tried("/a", "/a"));
  EXPECT_TRUE(was_tried("/a:/b:/c", "/b"));
  EXPECT_TRUE(was_tried("/a:/b", "/b"));
  for (auto const* path : {"", "/", "/ab", "/a:/b", "b"})
    EXPECT_FALSE(was_tried("/a:/b::/c", path)) << path;
  EXPECT_FALSE(was_tried("", ""));
}

TEST(TriedPrograms, AreBounded) {
  std::string tried = "/x";
  for (std::size_t i = 1; i < kTriedPathsMax; ++i) {
    EXPECT_FALSE(too_many_tried(tried)) << i;
    tried += ":/x";
  }
  EXPECT_TRUE(too_many_tried(tried));
}

TEST(TriedPrograms, AreWrittenDownForAllButATrueGopls) {
  ::unsetenv(kTriedVariable);
  char** const untouched = environ;
  note_program_to_start("/true", true);
  EXPECT_EQ(environ, untouched);
  EXPECT_EQ(std::getenv(kTriedVariable), nullptr);
  note_program_to_start("/a", false);
  note_program_to_start("/b", false);
  EXPECT_STREQ(std::getenv(kTriedVariable), "/a:/b");
  note_program_to_start("/true", true);
  EXPECT_EQ(std::getenv(kTriedVariable), nullptr);
}

}  // namespace
}  // namespace bridge::server
