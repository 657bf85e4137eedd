// What breaks socket activation for good elsewhere, and what an install meets.
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "proxy/lease/control_socket.h"
#include "tests/rigs/temp_dir.h"
#include "tests/systemd/systemd_fixture.h"

namespace bridge::systemd_tests {
namespace {

namespace fs = std::filesystem;

class Traps : public UnderSystemd {};

// With systemd's defaults the fifth start within ten seconds fails service and sockets, until
// somebody runs reset-failed; without any bound a loop of starts takes a processor.
TEST_F(Traps, ADaemonThatCannotStartIsTriedSlowlyAndForEver) {
  auto const starts = home + "/starts";
  drop_in(kService,
          "[Service]\nExecStart=\nExecStart=/bin/sh -c 'echo >>" + starts + "; exit 70'\n");
  auto editor = start({"GOPLS_BRIDGE_LEASE_DEADLINE=1s"});
  editor->client.initialize("/m");  // privately, after the deadline
  auto const count = [&] { return fs::exists(starts) ? fs::file_size(starts) : 0; };
  wait_until("it was tried more often than the limit", [&] { return count() > 6; });
  auto const began = std::chrono::steady_clock::now();
  auto const first = count();
  wait_until("and goes on being tried", [&] { return count() >= first + 10; });
  // RestartSec=100ms: ten starts are not possible in less than 900 ms, whatever the machine.
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(900));
  quit(editor);
  EXPECT_EQ(property(kControl, "ActiveState"), "active");

  fs::remove(home + "/.config/systemd/user/gopls-bridge.service.d/test.conf");
  systemctl({"daemon-reload"});  // and nothing else
  editor = open_editor();
  EXPECT_EQ(property(kService, "ActiveState"), "active");
  quit(editor);
}

// On an address in use systemd unlinks and binds: a daemon that was there first must not lie there.
TEST_F(Traps, ADaemonOnDemandIsNotStolenFromAndMakesRoom) {
  systemctl({"stop", kControl, kLsp, kService});
  EXPECT_FALSE(fs::exists(runtime + "/gopls-bridge/control.sock"));
  auto first = open_editor({"GOPLS_BRIDGE_START_DAEMON=true"});
  auto const server = server_of(*first);
  auto const path = runtime + "/gopls-bridge/daemon.sock";
  ASSERT_TRUE(fs::exists(path));
  systemctl({"start", kControl, kLsp});
  EXPECT_TRUE(lease::connect_control(path).socket) << "the daemon on demand has lost its socket";
  type_and_wait(*first);

  auto second = open_editor();  // systemd's daemon takes over, the server stays
  EXPECT_EQ(property(kService, "ActiveState"), "active") << daemon_log();
  EXPECT_EQ(server_of(*second), server);
  type_and_wait(*first);
  EXPECT_EQ(server_of(*first), server);
  quit(first);
  quit(second);
}

TEST_F(Traps, InstallMakesRoomForSystemdsDaemon) {
  EXPECT_EQ(run({bridge, "uninstall"}).code, 0);
  bridge = programs + "/gopls-bridge";
  auto editor = open_editor({"GOPLS_BRIDGE_START_DAEMON=true"});
  auto const server = server_of(*editor);
  auto const installed = run({bridge, "install"});
  EXPECT_EQ(installed.code, 0) << installed.text;
  EXPECT_NE(installed.text.find("stopped the daemon that ran on demand"), std::string::npos)
      << installed.text;
  type_and_wait(*editor);
  auto second = open_editor();
  EXPECT_EQ(property(kService, "ActiveState"), "active");
  EXPECT_EQ(server_of(*second), server);
  quit(editor);
  quit(second);
}

TEST_F(Traps, ASecondInstallChangesNothingAndUninstallLeavesNothing) {
  auto const again = run({bridge, "install"}, {"GOPLS_BRIDGE_GOPLS=" + home + "/bin/gopls"});
  EXPECT_NE(again.text.find("nothing to change"), std::string::npos) << again.text;
  systemctl({"enable", "--now", "gopls-bridge@other.socket"});
  auto editor = open_editor();
  auto const removed = run({bridge, "uninstall"});
  EXPECT_EQ(removed.code, 0) << removed.text;
  type_and_wait(*editor);  // what lives goes on
  quit(editor);
  EXPECT_FALSE(fs::exists(bridge));
  EXPECT_FALSE(fs::exists(home + "/.config/systemd/user/sockets.target.wants"));
  auto const left = systemctl({"list-units", "--all", "--plain", "--no-legend",
                               "gopls-bridge*socket", "gopls-bridge*service"});
  EXPECT_EQ(left, "");
  EXPECT_FALSE(fs::exists(runtime + "/gopls-bridge/control.sock"));
}

// The daemon's own pieces are gone with /run/user (WSL does that); systemd's notify socket too.
TEST_F(Traps, ADaemonWhoseRuntimeDirectoryIsGoneLivesOn) {
  drop_in(kService, "[Service]\nWatchdogSec=1s\n");
  auto editor = open_editor();
  auto const pid = daemon_pid();
  rigs::ProcessWatch const daemon(pid);
  fs::remove_all(runtime + "/gopls-bridge");
  fs::remove(runtime + "/systemd/notify");
  EXPECT_FALSE(daemon.wait_ended(std::chrono::milliseconds(2500)))
      << "systemd has heard no sign of life: " << daemon_log();
  type_and_wait(*editor);
  quit(editor);
}

// What the service was given, gopls and all that it starts have too: it must be what an editor's
// child has.
TEST_F(Traps, AServerUnderTheUnitMayDoWhatOneUnderAnEditorMay) {
  auto shared = open_editor();
  auto own = open_editor({"GOPLS_BRIDGE_SHARE=false"});
  auto const facts = [](pid_t pid) {
    auto const proc = "/proc/" + std::to_string(pid);
    std::string text;
    std::ifstream status(proc + "/status");
    for (std::string line; std::getline(status, line);)
      for (auto const* const name :
           {"Umask", "NoNewPrivs", "Seccomp", "Cap", "Sig", "Shd", "Groups", "Cpus_allowed"})
        if (line.starts_with(name) && !line.starts_with("SigQ")) text += line + "\n";
    for (auto const* const name : {"mnt", "user", "pid", "net", "ipc", "uts", "cgroup"})
      text += fs::read_symlink(proc + "/ns/" + name).string() + "\n";
    return text + rigs::read_file(proc + "/limits");
  };
  EXPECT_EQ(facts(server_of(*shared)), facts(server_of(*own)));
  quit(shared);
  quit(own);
}

}  // namespace
}  // namespace bridge::systemd_tests
