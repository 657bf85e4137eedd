// fake_server as a server that listens must be as gopls is, or what is proved with it is not true
// of gopls (design: FACTS of gopls v0.23 and v0.24, seen by experiment).
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>

#include "tests/rigs/socket_client.h"
#include "tests/rigs/stdio_child.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::rigs {
namespace {

const std::string kFakeServer = BRIDGE_TEST_PROGRAMS "/fake_server";

struct AsGopls : testing::Test {
  TempDir directory;
  std::string const socket = directory / "s1.sock";
  std::optional<StdioChild> server;

  void listen(const std::string& timeout, std::vector<std::string> options = {}) {
    options.insert(options.begin(), kFakeServer);
    for (auto const& own : {std::string("serve"), "-listen=unix;" + socket,
                            "-listen.timeout=" + timeout, std::string("-vv")})
      options.push_back(own);
    server.emplace(ChildSettings{.argv = options, .env = {"FAKE_SERVER_ARGS"}});
    while (!is_listening(socket))
      ASSERT_FALSE(server->process().wait_ended(std::chrono::milliseconds(1))) << server->errors();
  }
  static void expect_hover(SocketClient& client) {
    auto const answer =
        client.request("textDocument/hover", {{"textDocument", {{"uri", "file:///m/main.go"}}},
                                              {"position", {{"line", 3}, {"character", 5}}}});
    EXPECT_EQ(answer["result"]["contents"]["value"], "fake hover at 3:5");
  }
};

TEST_F(AsGopls, SessionsLiveBesideOneAnother) {
  listen("1m0s");
  SocketClient first(socket), second(socket), third(socket);
  EXPECT_EQ(third.initialize()["result"]["serverInfo"]["name"], "fake_server");
  first.initialize();
  second.initialize();
  second.close();
  expect_hover(first);
  // shutdown and exit end a session and no other.
  first.request("shutdown", nullptr);
  first.send_frame(R"({"jsonrpc":"2.0","method":"exit"})");
  EXPECT_EQ(first.read_frame(), std::nullopt);
  expect_hover(third);
}

TEST_F(AsGopls, ABareExitEndsItForAll) {
  listen("1m0s");
  SocketClient first(socket), second(socket);
  second.initialize();
  first.send_frame(R"({"jsonrpc":"2.0","method":"exit"})");
  EXPECT_EQ(second.read_frame(), std::nullopt);
  EXPECT_EQ(server->wait_exit(), (ExitStatus{1, 0}));
}

TEST_F(AsGopls, AConnectionThatSaysNothingKeepsItAndThenItEndsAfterItsTime) {
  listen("200ms");
  SocketClient holder(socket);
  EXPECT_FALSE(server->process().wait_ended(std::chrono::milliseconds(600)));
  holder.close();
  EXPECT_EQ(server->wait_exit(), (ExitStatus{2, 0}));
  struct stat status {};
  EXPECT_NE(::stat(socket.c_str(), &status), 0) << "its socket is removed";
}

TEST_F(AsGopls, APathThatIsThereIsRefusedAlsoWhereNobodyListens) {
  listen("1m0s");
  server->kill(SIGTERM);
  EXPECT_EQ(server->wait_exit(), (ExitStatus{-1, SIGTERM}));
  StdioChild const second(
      {.argv = {kFakeServer, "serve", "-listen=unix;" + socket}, .env = {"FAKE_SERVER_ARGS"}});
  EXPECT_TRUE(second.process().wait_ended());
}

}  // namespace
}  // namespace bridge::rigs
