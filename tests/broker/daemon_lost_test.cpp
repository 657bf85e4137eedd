// The daemon is killed, stopped or locked out of its directory: live windows do not notice, and
// what comes after finds everything.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <filesystem>

#include "tests/broker/broker_fixture.h"

namespace bridge::broker {
namespace {

struct DaemonLost : Broker {
  // As `kill -9` does it; returns once it is dead.
  pid_t kill_daemon() const {
    ProcessWatch const daemon(daemon_pid());
    daemon.kill(SIGKILL);
    EXPECT_TRUE(daemon.wait_ended());
    return daemon.pid();
  }
};

TEST_F(DaemonLost, LiveWindowsDoNotNotice) {
  write_program("--keep");
  auto first = open_editor();
  auto second = open_editor();
  auto const server = server_of(*first);
  // In flight across the death: asked before, answered after.
  auto const asked = first->client.send_request("fake/large", {{"bytes", 3'000'000}});
  kill_daemon();
  EXPECT_EQ(first->client.wait_answer(asked)["result"].get<std::string>().size(), 3'000'000U);
  for (auto* const editor : {first.get(), second.get()}) {
    expect_hover(*editor);
    EXPECT_EQ(server_of(*editor), server);
    // The same session: its server was initialized once.
    auto const received = editor->client.request("fake/received", nullptr)["result"];
    EXPECT_EQ(std::count_if(
                  received.begin(), received.end(),
                  [](auto const& message) { return message.value("method", "") == "initialize"; }),
              1);
  }
  quit(first);
  expect_hover(*second);
}

TEST_F(DaemonLost, TheNextOneAdoptsTheServerAndTheFrontsReport) {
  auto first = open_editor();
  auto const server = server_of(*first);
  auto const before = kill_daemon();
  // Which makes the next daemon.
  auto second = open_editor();
  EXPECT_EQ(server_of(*second), server);
  EXPECT_EQ(servers(), std::vector<pid_t>{server});
  auto const now = wait_for_status("both sessions of one server", [](auto const& it) {
    return it.count("live") == 2 && it.servers.size() == 1 && it.servers[0].number("sessions") == 2;
  });
  EXPECT_NE(now.daemon_pid(), before);
  EXPECT_EQ(now.server_pids(), std::vector<pid_t>{server});
  EXPECT_EQ(now.servers.at(0).get("adopted"), "1");
  EXPECT_EQ(now.daemon.number("adopted"), 1U);
  for (auto const& session : now.sessions)
    EXPECT_EQ(session.get("server"), now.servers[0].get("server")) << now.text();
  quit(first);
  quit(second);
}

TEST_F(DaemonLost, AgainAndAgain) {
  auto first = open_editor();
  auto const server = server_of(*first);
  for (int round = 0; round < 5; ++round) {
    kill_daemon();
    auto next = open_editor();
    EXPECT_EQ(server_of(*next), server) << "round " << round;
    quit(next);
    expect_hover(*first);
  }
  EXPECT_EQ(servers(), std::vector<pid_t>{server});
}

TEST_F(DaemonLost, AServerThatDiesMeanwhileIsFollowedByAnother) {
  auto first = open_editor();
  auto second = open_editor();
  auto const server = server_of(*first);
  kill_daemon();
  ProcessWatch(server).kill(SIGKILL);
  expect_hover(*first);
  expect_hover(*second);
  EXPECT_EQ(server_of(*first), server_of(*second));
  EXPECT_NE(server_of(*first), server);
  wait_until("one server", [&] { return servers().size() == 1; });
  auto const now =
      wait_for_status("two sessions", [](auto const& it) { return it.count("live") == 2; });
  EXPECT_EQ(now.server_pids(), servers());
}

// `stop`, as an upgrade or the end of the daemon by its own will.
TEST_F(DaemonLost, OneThatSaysGoodbyeIsFollowedWhenItIsNeeded) {
  auto first = open_editor();
  auto const server = server_of(*first);
  ProcessWatch const daemon(daemon_pid());
  ControlClient(control).send({.verb = "stop", .fields = {}});
  EXPECT_TRUE(daemon.wait_ended(kBound));
  expect_hover(*first);
  EXPECT_EQ(server_of(*first), server);
  auto second = open_editor();
  EXPECT_EQ(server_of(*second), server);
  wait_for_status("both sessions", [](auto const& it) { return it.count("live") == 2; });
}

// WSL deletes the user's runtime directory minutes after boot.
TEST_F(DaemonLost, TheDirectoryDeletedWithLiveSessionsIsMadeAnewAndLeadsToTheSameServer) {
  auto first = open_editor();
  auto second = open_editor();
  auto const server = server_of(*first);
  auto const daemon = daemon_pid();
  std::filesystem::remove_all(ours);
  expect_hover(*first);
  expect_hover(*second);
  auto const now = wait_for_status("the sockets are there again",
                                   [](auto const& it) { return it.count("live") == 2; });
  EXPECT_EQ(now.daemon_pid(), daemon);
  auto third = open_editor();
  EXPECT_EQ(server_of(*third), server);
  EXPECT_EQ(processes().size(), 5U) << describe(processes());
  // Only this daemon can still reach that one: its file is gone, and none can be made for it. The
  // sessions on it go on until they leave.
  kill_daemon();
  auto fourth = open_editor();
  expect_hover(*fourth);
  for (auto* const editor : {first.get(), second.get(), third.get()})
    EXPECT_EQ(server_of(*editor), server);
  quit(first);
  expect_hover(*second);
}

TEST_F(DaemonLost, TheWholeRuntimeDirectoryDeletedAndMadeAgainLater) {
  auto first = open_editor();
  auto const server = server_of(*first);
  auto const daemon = daemon_pid();
  std::filesystem::remove_all(runtime);
  expect_hover(*first);
  ASSERT_EQ(::mkdir(runtime.c_str(), 0700), 0);
  auto const now = wait_for_status("the sockets are there again",
                                   [](auto const& it) { return it.count("live") == 1; });
  EXPECT_EQ(now.daemon_pid(), daemon);
  auto second = open_editor();
  EXPECT_EQ(server_of(*second), server);
}

// --- what lies there when a daemon starts --------------------------------------------------------

struct Leftovers : DaemonLost {
  // A dead daemon's files: its sockets, its locks (free), records of nobody.
  void leave_dead() const {
    ASSERT_EQ(::mkdir(ours.c_str(), 0700), 0);
    ASSERT_EQ(::mkdir((ours + "/servers").c_str(), 0700), 0);
    for (auto const* const name : {"/daemon.sock", "/daemon-lsp.sock", "/servers/s1.sock"}) {
      kernel::UniqueFd const socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      (ours + name).copy(address.sun_path, sizeof address.sun_path - 1);
      ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    for (auto const* const name : {"start.lock", "daemon.lock", "here"})
      directory.write(std::string("run/gopls-bridge/") + name, "999999\n");
  }
};

TEST_F(Leftovers, OfADeadDaemonAreCleanedAway) {
  leave_dead();
  auto first = open_editor();
  auto second = open_editor();
  EXPECT_EQ(server_of(*first), server_of(*second));
  EXPECT_EQ(status().servers.size(), 1U);
  quit(first);
}

// Its pid is now another process's: only pid and start time together say who it was.
TEST_F(Leftovers, ARecordOfAnotherProcessEndsNobody) {
  leave_dead();
  StdioChild bystander({.argv = {"/bin/cat"}, .env = {"HOME=" + home}});
  lease::ControlMessage record{.verb = "record", .fields = {}};
  record.add("pid", static_cast<std::uint64_t>(bystander.pid()))
      .add("start", std::uint64_t{1})
      .add("socket", std::uint64_t{1})
      .add("key", "k")
      .add("program", program);
  directory.write("run/gopls-bridge/servers/s1.record", lease::encode(record));
  directory.write("run/gopls-bridge/servers/s2.record", "garbage");
  auto first = open_editor();
  EXPECT_EQ(status().servers.size(), 1U) << status().text();
  EXPECT_FALSE(bystander.process().wait_ended(std::chrono::milliseconds(0)));
  bystander.close_stdin();
  bystander.wait_exit();
}

// Who holds the lock lives, whatever its socket says.
TEST_F(Leftovers, ALiveDaemonIsNotStolenFrom) {
  auto first = open_editor();
  auto const daemon = daemon_pid();
  ASSERT_EQ(::unlink(control.c_str()), 0);
  // It binds its sockets again; meanwhile nobody else may.
  auto second = open_editor();
  auto const now =
      wait_for_status("two sessions", [](auto const& it) { return it.count("live") == 2; });
  EXPECT_EQ(now.daemon_pid(), daemon);
  EXPECT_EQ(server_of(*second), server_of(*first));
}

TEST_F(Leftovers, ASecondDaemonEndsAtOnce) {
  auto first = open_editor();
  auto const daemon = daemon_pid();
  StdioChild second({.argv = {BRIDGE_BINARY, "daemon"}, .env = editor_environment()});
  EXPECT_EQ(second.wait_exit(), (ExitStatus{0, 0})) << second.errors();
  EXPECT_EQ(daemon_pid(), daemon);
}

TEST_F(Leftovers, ADaemonThatNeverAnswersMeansAPrivateServerInTime) {
  ASSERT_EQ(::mkdir(ours.c_str(), 0700), 0);
  kernel::UniqueFd const silent(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  control.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(silent.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(silent.get(), 16), 0);
  environment = {"GOPLS_BRIDGE_LEASE_DEADLINE=300ms"};
  auto const began = std::chrono::steady_clock::now();
  auto editor = open_editor();
  auto const took = std::chrono::steady_clock::now() - began;
  EXPECT_LT(took, std::chrono::seconds(20));
  EXPECT_TRUE(servers().empty()) << "none that listens";
  EXPECT_NE(editor->child.errors().find("did not answer within"), std::string::npos)
      << editor->child.errors();
  quit(editor);
}

TEST_F(Leftovers, ADirectoryThatIsALinkOrOpenToOthersIsNotUsed) {
  // Another place is taken in its stead, below TMPDIR: one of the test's.
  ASSERT_EQ(::mkdir((directory / "tmp").c_str(), 0700), 0);
  ASSERT_EQ(::mkdir((directory / "elsewhere").c_str(), 0700), 0);
  ASSERT_EQ(::symlink((directory / "elsewhere").c_str(), ours.c_str()), 0);
  environment = {"TMPDIR=" + (directory / "tmp"), "GOPLS_BRIDGE_START_DAEMON=false"};
  auto editor = open_editor();
  EXPECT_TRUE(std::filesystem::is_empty(directory / "elsewhere"));
  quit(editor);
}

}  // namespace
}  // namespace bridge::broker
