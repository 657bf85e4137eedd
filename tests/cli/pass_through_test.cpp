// A command of gopls' own through the executable: the program that runs must not be able to tell
// that the bridge was there.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "proxy/exit_codes.h"
#include "tests/cli/bridge_home.h"

namespace bridge::tests {
namespace {

constexpr char kFakeGopls[] = BRIDGE_TEST_PROGRAMS "/fake_gopls";

class PassThrough : public testing::Test {
 protected:
  PassThrough() {
    home_.copy(kFakeGopls, "bin/gopls");
    home_.set("FAKE_GOPLS_RECORD", record_);
  }
  std::vector<std::string> args_seen() const { return recorded(record_, "arg"); }
  // What was set by someone in between.
  bool was_in_environment(std::string_view prefix) const {
    auto const entries = recorded(record_, "env");
    return std::any_of(entries.begin(), entries.end(),
                       [&](const std::string& entry) { return entry.starts_with(prefix); });
  }

  BridgeHome home_;
  std::string record_ = home_ / "record";
};

TEST_F(PassThrough, GoplsGetsTheArgumentsAndAnAbsoluteArgvZero) {
  for (auto const& args : {std::vector<std::string>{"version", "-json"},
                           {"version"},
                           {"vulncheck", "--", "-mode=convert", "-show=color"},
                           {"check", "", "a b", "--gopls", "x"},
                           {"-listen=unix;/nowhere", "serve"},
                           {"serve", "extra"},
                           {"-bogus"}}) {
    std::filesystem::remove(record_);
    auto const run = home_.bridge(args);
    EXPECT_EQ(run.status, (rigs::ExitStatus{0, 0})) << run.errors;
    EXPECT_EQ(run.errors, "");
    auto expected = args;
    expected.insert(expected.begin(), home_ / "bin/gopls");
    EXPECT_EQ(args_seen(), expected);
  }
}

TEST_F(PassThrough, EnvironmentDescriptorsAndSignalsAreThoseOfADirectStart) {
  // A shell that leaves what an editor might: an extra descriptor and signals ignored.
  auto const start = [&](const std::string& program) {
    std::filesystem::remove(record_);
    auto const run = home_.run(
        {"/bin/sh", "-c", "trap '' PIPE USR1; exec 7</dev/null 9>>/dev/null; exec \"$0\" version",
         program});
    EXPECT_EQ(run.errors, "");
    auto const whole = rigs::read_file(record_);
    return whole.substr(whole.find('\n') + 1);  // without argv[0]
  };
  auto const direct = start(home_ / "bin/gopls");
  auto const bridged = start(BRIDGE_BINARY);
  EXPECT_EQ(bridged, direct);
  EXPECT_NE(direct.find("fd 7 /dev/null flags"), std::string::npos);
  EXPECT_NE(direct.find("SigIgn:\t0000000000001200"), std::string::npos) << direct;
}

TEST_F(PassThrough, StdinStdoutAndStderrAreGopls) {
  home_.set("FAKE_GOPLS_CAT", "1");
  std::string input(1'000'000, 'x');
  input += "\n{\"osv\":1}";
  auto const run = home_.bridge({"vulncheck", "--", "-mode=convert"}, input);
  EXPECT_EQ(run.output, input);
  EXPECT_EQ(run.errors, "to stderr\n");
}

TEST_F(PassThrough, ExitCodeAndSignalAreGopls) {
  home_.set("FAKE_GOPLS_EXIT", "42");
  EXPECT_EQ(home_.bridge({"check"}).status, (rigs::ExitStatus{42, 0}));
  home_.set("FAKE_GOPLS_SIGNAL", std::to_string(SIGKILL));
  EXPECT_EQ(home_.bridge({"check"}).status, (rigs::ExitStatus{-1, SIGKILL}));
}

TEST_F(PassThrough, UnderTheNameGoplsHelpAndOurCommandsAreGopls) {
  auto const as_gopls = home_.link(BRIDGE_BINARY, "editor/gopls");
  for (auto const* argument : {"--help", "-h", "config", "stamp", "--version", "--stdio"}) {
    std::filesystem::remove(record_);
    auto const run = home_.run({as_gopls, argument});
    EXPECT_EQ(run.status, (rigs::ExitStatus{0, 0})) << run.errors;
    EXPECT_EQ(args_seen(), (std::vector<std::string>{home_ / "bin/gopls", argument}));
  }
}

TEST_F(PassThrough, OwnFlagsChooseTheProgramAndStayHere) {
  auto const other = home_.copy(kFakeGopls, "other/gopls");
  auto const run = home_.bridge({"--gopls", other, "-v", "check"});
  EXPECT_EQ(run.status.code, 0) << run.errors;
  EXPECT_EQ(args_seen(), (std::vector<std::string>{other, "-v", "check"}));
  EXPECT_FALSE(was_in_environment("GOPLS_BRIDGE_TRIED"));
}

// ---- Never itself, never in a circle -----------------------------------------------------------

TEST_F(PassThrough, NoInstallOfTheBridgeIsTakenForGopls) {
  home_.copy(BRIDGE_BINARY, "copy/gopls");
  home_.link(BRIDGE_BINARY, "link/gopls");
  std::filesystem::create_directories(home_ / "hard");
  std::filesystem::create_hard_link(home_ / "copy/gopls", home_ / "hard/gopls");
  std::filesystem::create_directories(home_ / "directory/gopls");
  home_.write("text/gopls", "not executable");
  home_.set("PATH", home_ / "copy" + ":" + home_ / "link" + ":" + home_ / "hard" + ":" +
                        home_ / "directory" + ":" + home_ / "text" + ":" + home_ / "missing" + ":" +
                        home_ / "bin");
  for (auto const& program : {std::string(BRIDGE_BINARY), home_ / "copy/gopls",
                              home_ / "link/gopls", home_ / "hard/gopls"}) {
    std::filesystem::remove(record_);
    auto const run = home_.run({program, "version"});
    EXPECT_EQ(run.status.code, 0) << program << ": " << run.errors;
    EXPECT_EQ(args_seen(), (std::vector<std::string>{home_ / "bin/gopls", "version"})) << program;
  }
}

TEST_F(PassThrough, EmptyAndRelativeEntriesOfPathArePassedOver) {
  home_.write_program("here/gopls", "#!/bin/sh\nexit 9\n");
  home_.write_program("here/relative/gopls", "#!/bin/sh\nexit 9\n");
  home_.set("PATH", ":relative:.::" + home_ / "bin" + ":");
  auto const run = home_.run(
      {"/bin/sh", "-c", "cd " + home_ / "here" + " && exec \"$0\" version", BRIDGE_BINARY});
  EXPECT_EQ(run.status.code, 0) << run.errors;
  EXPECT_EQ(args_seen(), (std::vector<std::string>{home_ / "bin/gopls", "version"}));
}

TEST_F(PassThrough, AWrapperScriptIsRunAndMarked) {
  auto const script = home_.write_program(
      "wrapped/gopls", "#!/bin/sh\nexec " + home_ / "bin/gopls" + " \"$@\" --wrapped\n");
  home_.set("PATH", home_ / "wrapped");
  EXPECT_EQ(home_.bridge({"version"}).status.code, 0);
  EXPECT_EQ(args_seen(), (std::vector<std::string>{home_ / "bin/gopls", "version", "--wrapped"}));
  EXPECT_TRUE(was_in_environment("GOPLS_BRIDGE_TRIED=" + script));
}

TEST_F(PassThrough, AShimThatLeadsBackIsPassedOverAndTheTrueGoplsFound) {
  auto const body = std::string("#!/bin/sh\nexec ") + BRIDGE_BINARY + " \"$@\"\n";
  home_.write_program("shim1/gopls", body);
  // Not by exec: another process, as some version managers do.
  home_.write_program("shim2/gopls",
                      std::string("#!/bin/sh\n") + BRIDGE_BINARY + " \"$@\"\nexit $?\n");
  home_.set("PATH", home_ / "shim1" + ":" + home_ / "shim2" + ":" + home_ / "bin");
  home_.set("FAKE_GOPLS_EXIT", "5");
  EXPECT_EQ(home_.bridge({"version"}).status, (rigs::ExitStatus{5, 0}));
  EXPECT_EQ(args_seen(), (std::vector<std::string>{home_ / "bin/gopls", "version"}));
  EXPECT_FALSE(was_in_environment("GOPLS_BRIDGE_TRIED"))
      << "the true gopls' environment is as it came";
}

TEST_F(PassThrough, AnExplicitWrapperThatLeadsBackIsRefusedByName) {
  auto const script =
      home_.write_program("w", std::string("#!/bin/sh\nexec ") + BRIDGE_BINARY + " \"$@\"\n");
  home_.set("GOPLS_BRIDGE_GOPLS", script);
  auto const run = home_.bridge({"version"});
  EXPECT_EQ(run.status.code, kExitNoServer);
  EXPECT_EQ(run.errors, "gopls-bridge: GOPLS_BRIDGE_GOPLS names " + script +
                            ": that starts gopls-bridge again\n");
}

TEST_F(PassThrough, ACircleWhosePathCannotBeWrittenDownEnds) {
  // A colon separates the marked paths, so this one is never found again among them.
  auto const script = home_.write_program(
      "go:bin/gopls", std::string("#!/bin/sh\nexec ") + BRIDGE_BINARY + " \"$@\"\n");
  home_.set("GOBIN", home_ / "go:bin");
  std::filesystem::remove(home_ / "bin/gopls");
  auto const run = home_.bridge({"version"});
  // GOBIN is a list here, so the directory is not even looked at; by name it is.
  EXPECT_EQ(run.status.code, kExitNoServer) << run.errors;
  home_.set("GOPLS_BRIDGE_GOPLS", script);
  auto const circle = home_.bridge({"version"});
  EXPECT_EQ(circle.status.code, kExitNoServer);
  EXPECT_NE(circle.errors.find("started in a circle"), std::string::npos) << circle.errors;
}

// ---- What cannot be run ------------------------------------------------------------------------

TEST_F(PassThrough, AnExplicitChoiceThatCannotBeUsedIsNamed) {
  std::filesystem::create_directories(home_ / "directory");
  home_.write("text", "no x bit");
  auto const expect = [&](const std::string& path, const std::string& why) {
    auto const run = home_.bridge({"--gopls", path, "version"});
    EXPECT_EQ(run.status.code, kExitNoServer);
    EXPECT_EQ(run.errors, "gopls-bridge: --gopls names " + path + ": " + why + "\n");
  };
  expect(home_ / "missing", "No such file or directory");
  expect(home_ / "directory", "not a regular file");
  expect(home_ / "text", "not executable");
  expect(home_.copy(BRIDGE_BINARY, "copy"), "that is gopls-bridge itself");
}

TEST_F(PassThrough, AProgramThatTheKernelRefusesIsNamed) {
  auto const broken = home_.write_program("broken",
                                          "\x7f"
                                          "ELF and nothing more");
  auto const run = home_.bridge({"--gopls", broken, "version"});
  EXPECT_EQ(run.status.code, kExitNoServer);
  EXPECT_EQ(run.errors,
            "gopls-bridge: cannot run " + broken + " (from --gopls): Exec format error\n");
}

TEST_F(PassThrough, ABrokenConfigurationIsSaidAndNothingRuns) {
  auto const file = home_.write("home/.config/gopls-bridge/config.toml", "goplss = 'x'\n");
  auto const run = home_.bridge({"version"});
  EXPECT_EQ(run.status.code, kExitConfig);
  EXPECT_EQ(run.errors, "gopls-bridge: " + file + ":1: unknown key \"goplss\"\n");
  EXPECT_FALSE(std::filesystem::exists(record_));
}

}  // namespace
}  // namespace bridge::tests
