// The life of the service: started by the first front, restarted, killed, stopped, and never in the
// way of a session.
#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "tests/systemd/systemd_fixture.h"

namespace bridge::systemd_tests {
namespace {

class Activation : public UnderSystemd {};

TEST_F(Activation, TheFirstFrontStartsTheDaemonAndIsServed) {
  EXPECT_EQ(property(kService, "ActiveState"), "inactive");
  EXPECT_EQ(property(kControl, "ActiveState"), "active");
  EXPECT_EQ(property(kLsp, "ActiveState"), "active");
  auto editor = open_editor();
  EXPECT_EQ(property(kService, "ActiveState"), "active");  // Type=notify: it has said READY
  EXPECT_NE(property(kService, "StatusText"), "");
  EXPECT_NE(daemon_pid(), 0);
  auto const status = run({bridge, "status", "--json"});
  EXPECT_NE(status.text.find("systemd"), std::string::npos) << status.text;
  quit(editor);
}

TEST_F(Activation, TheServerHasAScopeOfItsOwnWithItsWeight) {
  auto editor = open_editor();
  auto const pid = server_of(*editor);
  auto const scope = "gopls-bridge-gopls-" + std::to_string(pid) + ".scope";
  wait_until("the scope is there", [&] { return property(scope, "ActiveState") == "active"; });
  EXPECT_EQ(property(scope, "CPUWeight"), "100");
  EXPECT_EQ(property(scope, "CPUQuotaPerSecUSec"), "infinity");
  EXPECT_EQ(property(scope, "MemoryHigh"), "infinity");
  EXPECT_EQ(processes_of(scope), std::vector<pid_t>{pid});
  EXPECT_EQ(processes_of(kService), std::vector<pid_t>{daemon_pid()});
  quit(editor);
}

TEST_F(Activation, AStopLeavesNothingBehindButTheServersOfLiveSessions) {
  auto first = open_editor();
  auto const server = server_of(*first);
  rigs::ProcessWatch const daemon(daemon_pid());
  systemctl({"stop", kService});
  EXPECT_TRUE(daemon.wait_ended(kBound));
  EXPECT_EQ(property(kService, "Result"), "success");
  EXPECT_TRUE(processes_of(kService).empty());
  EXPECT_EQ(property(kControl, "ActiveState"), "active");
  type_and_wait(*first);
  EXPECT_EQ(server_of(*first), server);

  auto second = open_editor();  // starts the next daemon, which knows the server
  EXPECT_EQ(server_of(*second), server);
  quit(first);
  quit(second);
}

TEST_F(Activation, RestartsUnderTypingWindowsAreNotNoticed) {
  std::vector<std::unique_ptr<Editor>> editors(3);
  for (auto& editor : editors) editor = open_editor();
  auto const server = server_of(*editors[0]);
  for (int round = 0; round < 5; ++round) {
    std::vector<std::int64_t> asked(editors.size());
    for (std::size_t i = 0; i < editors.size(); ++i) asked[i] = type(*editors[i]);
    systemctl({"restart", kService});
    for (std::size_t i = 0; i < editors.size(); ++i) wait_hover(*editors[i], asked[i]);
  }
  for (auto& editor : editors) EXPECT_EQ(server_of(*editor), server);
  for (auto& editor : editors) quit(editor);
}

TEST_F(Activation, FiftyKillsUnderATypingWindowAreNotNoticed) {
  auto editor = open_editor();
  auto const server = server_of(*editor);
  for (int kills = 0; kills < 50; ++kills) {
    pid_t pid = 0;
    wait_until("a daemon runs", [&] { return (pid = daemon_pid()) != 0; });
    rigs::ProcessWatch const daemon(pid);
    auto const asked = type(*editor);
    daemon.kill(SIGKILL);
    wait_hover(*editor, asked);
    ASSERT_TRUE(daemon.wait_ended(kBound));
  }
  EXPECT_EQ(server_of(*editor), server);
  EXPECT_EQ(property(kControl, "ActiveState"), "active");
  auto second = open_editor();
  EXPECT_EQ(server_of(*second), server);
  quit(editor);
  quit(second);
}

TEST_F(Activation, ADaemonThatHangsIsReplacedAndNobodyNotices) {
  drop_in(kService, "[Service]\nWatchdogSec=1s\nTimeoutAbortSec=1s\n");
  auto editor = open_editor();
  auto const server = server_of(*editor);
  rigs::ProcessWatch const daemon(daemon_pid());
  daemon.kill(SIGSTOP);
  auto const asked = type(*editor);
  EXPECT_TRUE(daemon.wait_ended(kBound));
  wait_hover(*editor, asked);
  wait_until("the next one serves", [&] { return property(kService, "ActiveState") == "active"; });
  EXPECT_EQ(property(kService, "NRestarts"), "1");
  auto second = open_editor();
  EXPECT_EQ(server_of(*second), server);
  quit(editor);
  quit(second);
}

TEST_F(Activation, AnIdleDaemonEndsAndIsStartedAgain) {
  drop_in(kService,
          "[Service]\nEnvironment=GOPLS_BRIDGE_DAEMON_IDLE_TIMEOUT=200ms "
          "GOPLS_BRIDGE_IDLE_TIMEOUT=200ms\n");
  auto editor = open_editor();
  rigs::ProcessWatch const daemon(daemon_pid()), server(server_of(*editor));
  quit(editor);
  EXPECT_TRUE(server.wait_ended(kBound));
  EXPECT_TRUE(daemon.wait_ended(kBound));
  wait_until("the service rests", [&] { return property(kService, "ActiveState") == "inactive"; });
  EXPECT_EQ(property(kService, "Result"), "success");
  editor = open_editor();
  quit(editor);
}

TEST_F(Activation, AnInstanceHasItsOwnSocketsDaemonAndServer) {
  systemctl({"start", "gopls-bridge@other.socket", "gopls-bridge-lsp@other.socket"});
  auto here = open_editor();
  auto there = open_editor({"GOPLS_BRIDGE_INSTANCE=other"});
  EXPECT_NE(server_of(*here), server_of(*there));
  EXPECT_EQ(property("gopls-bridge@other.service", "ActiveState"), "active");
  EXPECT_NE(property("gopls-bridge@other.service", "MainPID"), property(kService, "MainPID"));
  systemctl({"stop", "gopls-bridge@other.service"});
  type_and_wait(*here);
  type_and_wait(*there);
  quit(here);
  quit(there);
}

}  // namespace
}  // namespace bridge::systemd_tests
