// install and uninstall in a home directory of the test's own, with a systemctl that writes down
// what it is asked. The true one is asked in tests/systemd.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "proxy/cli/install_units.h"
#include "proxy/server/go_build_info.h"
#include "tests/cli/bridge_home.h"
#include "tests/rigs/lsp_client.h"

namespace bridge::tests {
namespace {

namespace fs = std::filesystem;

constexpr char kFakeGopls[] = BRIDGE_TEST_PROGRAMS "/fake_gopls";
constexpr char kProgram[] = "home/.local/share/gopls-bridge/bin/gopls-bridge";
constexpr char kUnits[] = "home/.config/systemd/user/";
constexpr char kSettings[] = "home/.config/Code/User/settings.json";

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class Install : public testing::Test {
 protected:
  Install() {
    home_.copy(kFakeGopls, "bin/gopls");
    home_.set("XDG_RUNTIME_DIR", home_ / "run");
    fs::create_directories(home_ / "run");
    ::chmod((home_ / "run").c_str(), 0700);
    // Not on: nothing is enabled yet; afterwards all is.
    home_.write_program("bin/systemctl",
                        R"(#!/bin/sh
echo "$*" >>")" + (home_ / "asked") +
                            R"("
case "$*" in
  *" show --property=Version"*) exit 0 ;;
  *" show "*)
    /bin/grep -q enable ")" +
                            (home_ / "asked") +
                            R"(" && state=active file=enabled || state=inactive file=disabled
    printf 'ActiveState=%s\nUnitFileState=%s\n\nActiveState=%s\nUnitFileState=%s\n' $state $file $state $file ;;
esac
)");
  }

  RunResult install(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), "install");
    return home_.bridge(std::move(more));
  }
  RunResult uninstall(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), "uninstall");
    return home_.bridge(std::move(more));
  }
  std::string asked() const {
    return fs::exists(home_ / "asked") ? rigs::read_file(home_ / "asked") : std::string();
  }
  void no_systemd() const { fs::remove(home_ / "bin/systemctl"); }

  // Every file, link and folder below the home directory, with what it holds.
  std::vector<std::string> whole_home() const {
    std::vector<std::string> all;
    for (auto const& entry : fs::recursive_directory_iterator(home_ / "home")) {
      std::string line = entry.path();
      if (entry.is_symlink()) {
        line += " -> " + fs::read_symlink(entry.path()).string();
      } else if (entry.is_regular_file()) {
        line += ": " + std::to_string(std::hash<std::string>{}(read_large_file(entry.path()))) +
                " " + std::to_string(static_cast<unsigned>(entry.status().permissions()));
      }
      all.push_back(std::move(line));
    }
    std::sort(all.begin(), all.end());
    return all;
  }

  BridgeHome home_;
};

TEST_F(Install, PutsProgramLinksAndUnitsInTheirPlaces) {
  auto const run = install();
  EXPECT_EQ(run.status, (rigs::ExitStatus{0, 0})) << run.errors;
  auto const program = home_ / kProgram;
  EXPECT_EQ(::access(program.c_str(), X_OK), 0);
  EXPECT_EQ(server::read_build_info(program)->go_version, "go1.25.3");
  EXPECT_EQ(fs::canonical(home_ / "home/.local/bin/gopls-bridge"), fs::canonical(program));
  EXPECT_EQ(fs::canonical(home_ / "home/.local/share/gopls-bridge/bin/gopls"),
            fs::canonical(program));
  auto const service = rigs::read_file((home_ / kUnits) + "gopls-bridge.service");
  EXPECT_TRUE(contains(service, "\nExecStart=" + program + " daemon\n")) << service;
  EXPECT_TRUE(contains(rigs::read_file((home_ / kUnits) + "gopls-bridge@.service"),
                       "\nExecStart=" + program + " daemon --instance %i\n"));
  EXPECT_TRUE(contains(asked(), "daemon-reload\n"));
  EXPECT_TRUE(contains(asked(), "enable --now gopls-bridge.socket gopls-bridge-lsp.socket\n"));
  EXPECT_TRUE(contains(run.output, "\"go.alternateTools\": { \"gopls\": \"" +
                                       (home_ / "home/.local/share/gopls-bridge/bin/gopls") +
                                       "\" }"));
}

TEST_F(Install, TheSecondTimeChangesNothing) {
  install({"--vscode=" + (home_ / "settings.json")});
  auto const before = whole_home();
  auto const asked_before = asked();
  auto const run = install({"--vscode=" + (home_ / "settings.json")});
  EXPECT_EQ(run.output, "nothing to change: all is in its place\n") << run.errors;
  EXPECT_EQ(whole_home(), before);
  auto const more = asked().substr(asked_before.size());
  EXPECT_FALSE(contains(more, "enable") || contains(more, "reload") || contains(more, "start"))
      << more;
}

TEST_F(Install, OfTheInstalledProgramByItselfChangesNothing) {
  install();
  auto const run = home_.run({home_ / kProgram, "install"});
  EXPECT_TRUE(contains(run.output, "nothing to change")) << run.output;
}

TEST_F(Install, ADryRunChangesNothingAndSaysWhatWouldBe) {
  fs::create_directories(home_ / "home/.config/Code/User");
  auto const before = whole_home();
  auto const run = install({"--dry-run", "--vscode"});
  EXPECT_EQ(run.status.code, 0) << run.errors;
  EXPECT_EQ(whole_home(), before);
  for (auto const* const said : {"would copy", "would link", "would write", "would enable"})
    EXPECT_TRUE(contains(run.output, said)) << said << "\n" << run.output;
  EXPECT_FALSE(contains(asked(), "enable") || contains(asked(), "reload")) << asked();
}

TEST_F(Install, ReplacesAProgramThatRuns) {
  install();
  auto const program = home_ / kProgram;
  std::ofstream(program, std::ios::app) << "another build";
  rigs::StdioChild running({.argv = {program, "--gopls", BRIDGE_TEST_PROGRAMS "/fake_server"},
                            .env = home_.environment()});
  rigs::LspClient client(running);
  client.initialize(home_ / "home");
  EXPECT_TRUE(contains(install().output, "copied this program"));
  EXPECT_FALSE(read_large_file(program).ends_with("another build"));
  EXPECT_TRUE(client.hover(home_ / "home/a.go", 1, 2).contains("result"));
}

TEST_F(Install, WithoutSystemdSaysWhatWorksAllTheSame) {
  no_systemd();
  home_.set("PATH", home_ / "bin");
  auto const run = install();
  EXPECT_EQ(run.status.code, 0) << run.errors;
  EXPECT_TRUE(contains(run.output, "the first editor starts the daemon")) << run.output;
  EXPECT_FALSE(fs::exists(home_ / kUnits));
  EXPECT_TRUE(fs::exists(home_ / kProgram));
}

TEST_F(Install, LeavesWhatIsNotOursAndSaysSo) {
  home_.write("home/.local/bin/gopls-bridge", "mine");
  home_.write(std::string(kUnits) + "gopls-bridge.service", "[Service]\n");
  auto const run = install();
  EXPECT_EQ(run.status.code, 70);
  EXPECT_TRUE(contains(run.errors, "/.local/bin/gopls-bridge is there and not ours"));
  EXPECT_TRUE(contains(run.errors, "gopls-bridge.service is there and not ours")) << run.errors;
  uninstall();
  EXPECT_EQ(rigs::read_file(home_ / "home/.local/bin/gopls-bridge"), "mine");
  EXPECT_EQ(rigs::read_file((home_ / kUnits) + "gopls-bridge.service"), "[Service]\n");
}

TEST_F(Install, DoesNotOverwriteAProgramThatIsNotTheBridge) {
  home_.write(kProgram, "mine");
  auto const run = install();
  EXPECT_EQ(run.status.code, 70);
  EXPECT_EQ(rigs::read_file(home_ / kProgram), "mine");
  EXPECT_FALSE(fs::exists(home_ / "home/.local/bin/gopls-bridge"));
}

TEST_F(Install, OverAnOlderUnitRestartsTheDaemonAndOnlyThat) {
  install();
  home_.write(std::string(kUnits) + "gopls-bridge.service",
              std::string(cli::kUnitMark) + "[Service]\n");
  auto const before = asked().size();
  EXPECT_TRUE(contains(install().output, "restarted the daemon"));
  auto const more = asked().substr(before);
  EXPECT_TRUE(contains(more, "daemon-reload\n")) << more;
  EXPECT_TRUE(contains(more, "try-restart gopls-bridge.service\n")) << more;
  EXPECT_FALSE(contains(more, "stop") || contains(more, "enable")) << more;
}

TEST_F(Install, ThenUninstallLeavesTheHomeAsItWas) {
  home_.write(kSettings, "{\r\n    // mine\r\n    \"a\": 1,\r\n}\r\n");
  fs::create_directories(home_ / "home/.local/bin");
  fs::create_directories(home_ / "home/.local/share");
  fs::create_directories(home_ / kUnits);
  auto const before = whole_home();
  ASSERT_EQ(install({"--vscode"}).status.code, 0);
  EXPECT_NE(whole_home(), before);
  auto const run = uninstall();
  EXPECT_EQ(run.status.code, 0) << run.errors;
  EXPECT_EQ(whole_home(), before);
  EXPECT_TRUE(contains(asked(), "stop gopls-bridge*.socket gopls-bridge.service"));
  EXPECT_EQ(uninstall().output, "nothing to remove: nothing of ours is there\n");
}

TEST_F(Install, UninstallDryRunChangesNothing) {
  home_.write(kSettings, "{}");
  install({"--vscode"});
  auto const before = whole_home();
  auto const run = uninstall({"--dry-run"});
  EXPECT_EQ(whole_home(), before);
  EXPECT_TRUE(contains(run.output, "would remove")) << run.output;
  EXPECT_TRUE(contains(run.output, "would restore")) << run.output;
}

TEST_F(Install, KeepsSettingsThatChangedSinceButForItsLine) {
  home_.write(kSettings, "{\n    \"a\": 1\n}\n");
  install({"--vscode"});
  auto settings = rigs::read_file(home_ / kSettings);
  settings.insert(settings.size() - 2, "    // later\n");
  home_.write(kSettings, settings);
  uninstall();
  EXPECT_EQ(rigs::read_file(home_ / kSettings), "{\n    \"a\": 1\n    // later\n}\n");
}

TEST_F(Install, MakesSettingsThatAreNotThereAndRemovesThemAgain) {
  fs::create_directories(home_ / "home/.vscode-server/data/Machine");
  install({"--vscode"});
  EXPECT_TRUE(contains(rigs::read_file(home_ / "home/.vscode-server/data/Machine/settings.json"),
                       "go.alternateTools"));
  uninstall();
  EXPECT_FALSE(fs::exists(home_ / "home/.vscode-server/data/Machine/settings.json"));
}

TEST_F(Install, KeepsASettingsFileThatIsALinkALink) {
  home_.write("dotfiles/settings.json", "{}\n");
  home_.link(home_ / "dotfiles/settings.json", kSettings);
  install({"--vscode"});
  EXPECT_TRUE(fs::is_symlink(home_ / kSettings));
  EXPECT_TRUE(contains(rigs::read_file(home_ / "dotfiles/settings.json"), "go.alternateTools"));
}

TEST_F(Install, RefusesSettingsThatItCannotReadAndSettingsWithAnotherGopls) {
  home_.write(kSettings, "{ \"a\": 1 \"b\": 2 }");
  auto run = install({"--vscode"});
  EXPECT_EQ(run.status.code, 70);
  EXPECT_TRUE(contains(run.errors, "settings.json: line 1: a comma or } is expected"))
      << run.errors;
  EXPECT_EQ(rigs::read_file(home_ / kSettings), "{ \"a\": 1 \"b\": 2 }");
  std::string const other = R"({"go.alternateTools": {"gopls": "/usr/bin/gopls"}})";
  home_.write(kSettings, other);
  run = install({"--vscode"});
  EXPECT_EQ(run.status.code, 70);
  EXPECT_TRUE(contains(run.errors, "names another gopls, /usr/bin/gopls")) << run.errors;
  uninstall();
  EXPECT_EQ(rigs::read_file(home_ / kSettings), other);
}

TEST_F(Install, TakesOverALineOfAnotherInstall) {
  home_.copy(BRIDGE_BINARY, "older/gopls");
  home_.write(kSettings, R"({"go.alternateTools": {"gopls": ")" + (home_ / "older/gopls") + "\"}}");
  EXPECT_EQ(install({"--vscode"}).status.code, 0);
  EXPECT_TRUE(contains(rigs::read_file(home_ / kSettings),
                       home_ / "home/.local/share/gopls-bridge/bin/gopls"));
}

TEST_F(Install, WithAPrefixGoesThereAlsoIfItNeedsQuoting) {
  auto const prefix = home_ / "with space %h";
  EXPECT_EQ(install({"--prefix", prefix}).status.code, 0);
  EXPECT_TRUE(contains(rigs::read_file((home_ / kUnits) + "gopls-bridge.service"),
                       "\nExecStart=\"" + (home_ / "with space %%h/share/gopls-bridge/bin/") +
                           "gopls-bridge\" daemon\n"));
  EXPECT_EQ(uninstall({"--prefix", prefix}).status.code, 0);
  EXPECT_FALSE(fs::exists(prefix + "/share/gopls-bridge"));
}

TEST_F(Install, ReportsWhatSystemctlSays) {
  home_.write_program("bin/systemctl", R"(#!/bin/sh
case "$*" in *enable*) echo "Failed to enable unit: no"; exit 1 ;; esac
)");
  auto const run = install();
  EXPECT_EQ(run.status.code, 70);
  EXPECT_TRUE(contains(run.errors, "systemctl --user enable: Failed to enable unit: no"))
      << run.errors;
}

TEST_F(Install, WrongUseIsSaid) {
  EXPECT_EQ(install({"here"}).status.code, 64);
  EXPECT_EQ(install({"--prefix", "relative"}).status.code, 64);
  home_.set("HOME", "");
  EXPECT_EQ(install().status.code, 64);
}

}  // namespace
}  // namespace bridge::tests
