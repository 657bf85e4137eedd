// What ends when nobody needs it, and what does not.
#include <filesystem>

#include "tests/broker/broker_fixture.h"

namespace bridge::broker {
namespace {

using std::chrono::milliseconds;

struct Idle : Broker {
  void with(const std::string& idle, const std::string& daemon_idle) {
    environment = {"GOPLS_BRIDGE_IDLE_TIMEOUT=" + idle,
                   "GOPLS_BRIDGE_DAEMON_IDLE_TIMEOUT=" + daemon_idle};
  }
  // Files of gopls in the runtime directory, but for what it wrote: that is kept for `logs`.
  std::vector<std::string> server_files() const {
    std::vector<std::string> names;
    for (auto const& entry : std::filesystem::directory_iterator(ours + "/servers"))
      if (auto name = entry.path().filename().string(); name.find(".log") == std::string::npos)
        names.push_back(std::move(name));
    return names;
  }
};

TEST_F(Idle, AServerWithoutSessionsEndsAndLeavesNothing) {
  with("300ms", "never");
  auto editor = open_editor();
  ProcessWatch const server(server_of(*editor));
  quit(editor);
  EXPECT_TRUE(server.wait_ended());
  auto const now = wait_for_status("no server", [](auto const& it) { return it.servers.empty(); });
  wait_until("its socket and record are gone", [&] { return server_files().empty(); });
  editor = open_editor();
  EXPECT_NE(server_of(*editor), server.pid());
  EXPECT_EQ(daemon_pid(), now.daemon_pid());
}

TEST_F(Idle, ASessionKeepsItHoweverQuietItIs) {
  with("100ms", "100ms");
  auto editor = open_editor();
  ProcessWatch const server(server_of(*editor));
  auto const daemon = daemon_pid();
  EXPECT_FALSE(server.wait_ended(milliseconds(1500)));
  EXPECT_EQ(daemon_pid(), daemon);
  expect_hover(*editor);
}

TEST_F(Idle, ASecondSessionInTimeKeepsIt) {
  with("2s", "never");
  auto editor = open_editor();
  ProcessWatch const server(server_of(*editor));
  for (int round = 0; round < 3; ++round) {
    quit(editor);
    EXPECT_FALSE(server.wait_ended(milliseconds(300)));
    editor = open_editor();
    EXPECT_EQ(server_of(*editor), server.pid());
  }
  quit(editor);
  EXPECT_TRUE(server.wait_ended());
}

TEST_F(Idle, TheDaemonEndsWithoutServersAndFronts) {
  with("100ms", "300ms");
  auto editor = open_editor();
  ProcessWatch const daemon(daemon_pid());
  quit(editor);
  EXPECT_TRUE(daemon.wait_ended());
  EXPECT_FALSE(std::filesystem::exists(control));
  editor = open_editor();
  EXPECT_NE(daemon_pid(), daemon.pid());
}

TEST_F(Idle, AConnectionThatIsNoSessionKeepsTheDaemonFromNothing) {
  with("100ms", "300ms");
  auto editor = open_editor();
  ProcessWatch const daemon(daemon_pid());
  ControlClient const watching(control);
  quit(editor);
  EXPECT_TRUE(daemon.wait_ended());
}

TEST_F(Idle, NeverIsNever) {
  with("never", "never");
  auto editor = open_editor();
  ProcessWatch const server(server_of(*editor)), daemon(daemon_pid());
  quit(editor);
  EXPECT_FALSE(server.wait_ended(milliseconds(1500)));
  EXPECT_FALSE(daemon.wait_ended(milliseconds(0)));
}

TEST_F(Idle, NothingEndsWhileASessionStarts) {
  with("100ms", "100ms");
  write_program("--delay-listen\n1500");
  auto editor = open_editor();
  EXPECT_EQ(servers(), std::vector<pid_t>{server_of(*editor)});
  EXPECT_TRUE(rigs::children_of(editor->child.pid()).empty()) << "not a private one";
}

// gopls' own time-out runs where no daemon is left to hold it.
TEST_F(Idle, AServerWhoseDaemonIsGoneEndsByItself) {
  with("never", "never");
  write_program("--listen-timeout\n500");
  auto editor = open_editor();
  ProcessWatch const server(server_of(*editor));
  environment.emplace_back("GOPLS_BRIDGE_START_DAEMON=false");
  EXPECT_FALSE(server.wait_ended(milliseconds(1000))) << "the daemon holds it";
  // Without a front there is nobody who would start the next one.
  ProcessWatch const daemon(daemon_pid());
  quit(editor);
  daemon.kill(SIGKILL);
  EXPECT_TRUE(server.wait_ended());
}

TEST_F(Idle, AHibernatingSessionGivesItsLeaseBackAndIsWoken) {
  with("300ms", "never");
  environment.emplace_back("GOPLS_BRIDGE_HIBERNATE_AFTER=200ms");
  auto editor = open_editor();
  ProcessWatch const server(server_of(*editor));
  EXPECT_TRUE(server.wait_ended()) << "its only session sleeps";
  wait_for_status("a session that sleeps",
                  [](auto const& it) { return it.count("hibernating") == 1; });
  expect_hover(*editor);
  EXPECT_NE(server_of(*editor), server.pid());
  auto const documents = editor->client.request("fake/documents", nullptr)["result"];
  EXPECT_EQ(documents.size(), 1U);
}

}  // namespace
}  // namespace bridge::broker
