// Another bridge or gopls on disk; and clients that come without a front of their own.
#include <sys/stat.h>

#include <filesystem>

#include "tests/broker/broker_fixture.h"

namespace bridge::broker {
namespace {

struct Upgrade : Broker {
  std::string const bridge = directory / "bin/gopls-bridge";

  // As an installer does it: by rename.
  void install_bridge() const {
    std::filesystem::create_directories(directory / "bin");
    std::filesystem::copy_file(BRIDGE_BINARY, bridge + "~");
    std::filesystem::rename(bridge + "~", bridge);
  }
  std::unique_ptr<Editor> open_installed() {
    auto editor = std::make_unique<Editor>(rigs::ChildSettings{
        .argv = {bridge, "--gopls", program}, .env = editor_environment(), .wait_max = kBound});
    editor->client.initialize("/m");
    editor->client.open("/m/a.go", "package a");
    expect_hover(*editor);
    return editor;
  }
  static ino_t inode_of(const std::string& path) {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0 ? facts.st_ino : 0;
  }
  bool daemon_runs_what_is_installed() const {
    try {
      return inode_of("/proc/" + std::to_string(daemon_pid()) + "/exe") == inode_of(bridge);
    } catch (const std::exception&) {
      return false;
    }
  }
};

TEST_F(Upgrade, OfTheBridgeIsFoundByTheDaemonAndNotFeltByLiveWindows) {
  install_bridge();
  auto first = open_installed();
  auto const server = server_of(*first);
  ASSERT_TRUE(daemon_runs_what_is_installed());
  for (int round = 0; round < 2; ++round) {
    auto const asked = first->client.send_request("fake/large", {{"bytes", 3'000'000}});
    install_bridge();
    EXPECT_TRUE(first->client.wait_answer(asked).contains("result"));
    wait_until("the daemon is the new one", [&] { return daemon_runs_what_is_installed(); });
    expect_hover(*first);
    EXPECT_EQ(server_of(*first), server);
    wait_for_status("the window is known again",
                    [](auto const& it) { return it.count("live") == 1; });
    auto second = open_installed();
    EXPECT_EQ(server_of(*second), server);
    quit(second);
  }
  EXPECT_EQ(servers(), std::vector<pid_t>{server});
  quit(first);
}

TEST_F(Upgrade, AFrontWhoseFileWasReplacedStartsTheNextDaemonFromTheNewOne) {
  install_bridge();
  auto const editor = open_installed();
  ProcessWatch const daemon(daemon_pid());
  install_bridge();
  wait_until("the new program", [&] { return daemon_runs_what_is_installed(); });
  daemon.kill(SIGKILL);
  ASSERT_TRUE(daemon.wait_ended());
  wait_until("the next daemon, of the new program",
             [&] { return daemon_runs_what_is_installed(); });
  EXPECT_NE(daemon_pid(), daemon.pid());
  expect_hover(*editor);
}

TEST_F(Upgrade, OfGoplsGivesNewSessionsTheNewOneAndTheOldOnesWhenAsked) {
  environment = {"GOPLS_BRIDGE_IDLE_TIMEOUT=300ms"};
  write_program("--version\n1");
  auto first = open_editor();
  ProcessWatch const old(server_of(*first));
  write_program("--version\n2");
  auto second = open_editor();
  EXPECT_NE(server_of(*second), old.pid());
  expect_hover(*first);
  EXPECT_EQ(server_of(*first), old.pid()) << "it has not been asked to move";
  ControlClient const client(control);
  client.send({.verb = "restart-server", .fields = {}});
  EXPECT_EQ(client.read().message.number("sessions"), 2U);
  EXPECT_TRUE(old.wait_ended(kBound));
  expect_hover(*first);
  expect_hover(*second);
  EXPECT_EQ(server_of(*first), server_of(*second));
}

// --- lsp.sock ------------------------------------------------------------------------------------

// A client that only knows the socket: another bridge, which takes it for a gopls that listens. It
// is started with the environment from which its front is to find everything.
struct RawClient : Broker {
  std::string const lsp = ours + "/daemon-lsp.sock";
  std::unique_ptr<Editor> open_raw() {
    auto environment_of_it = editor_environment();
    environment_of_it.push_back("GOPLS_BRIDGE_GOPLS=" + program);
    environment_of_it.emplace_back("RAW_CLIENT=its own");
    auto editor = std::make_unique<Editor>(
        rigs::ChildSettings{.argv = {BRIDGE_BINARY, "--gopls", "/bin/false", "--connect", lsp},
                            .env = environment_of_it,
                            .wait_max = kBound});
    editor->client.initialize("/m");
    editor->client.open("/m/a.go", "package a");
    expect_hover(*editor);
    return editor;
  }
};

TEST_F(RawClient, SharesTheServerOfItsKeyAndHasItsOwnEnvironment) {
  auto first = open_editor();
  auto raw = open_raw();
  EXPECT_EQ(server_of(*raw), server_of(*first));
  auto const environment_seen =
      raw->client.request("fake/environment", {{"names", Json::array({"RAW_CLIENT"})}})["result"];
  EXPECT_EQ(environment_seen["session"]["RAW_CLIENT"], "its own") << environment_seen;
  EXPECT_FALSE(environment_seen["process"].contains("RAW_CLIENT"));
  wait_for_status("two sessions", [](auto const& it) { return it.count("live") == 2; });
  quit(raw);
  wait_for_status("one session", [](auto const& it) { return it.count() == 1; });
  expect_hover(*first);
}

TEST_F(RawClient, LivesOnWhenTheDaemonIsKilled) {
  auto first = open_editor();
  auto raw = open_raw();
  ProcessWatch const daemon(daemon_pid());
  daemon.kill(SIGKILL);
  ASSERT_TRUE(daemon.wait_ended());
  expect_hover(*raw);
  expect_hover(*first);
  quit(raw);
}

TEST_F(RawClient, ThatSendsGarbageEndsOnlyItself) {
  auto first = open_editor();
  auto raw = open_raw();
  raw->child.kill(SIGKILL);
  raw->child.wait_exit();
  wait_for_status("one session", [](auto const& it) { return it.count() == 1; });
  expect_hover(*first);
}

}  // namespace
}  // namespace bridge::broker
