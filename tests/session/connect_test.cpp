// Sessions on a server that listens already, and that others share.
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/session/session_fixture.h"

namespace bridge::session {
namespace {

struct Connected : Bridged {
  std::string socket = directory / "lsp.sock";
  std::optional<StdioChild> server;

  void SetUp() override {
    server.emplace(
        rigs::ChildSettings{.argv = {kFakeServer, "--listen-unix", socket, "--record", record()}});
    // Ready when connect() succeeds: the probe's own session ends with its close.
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "%s", socket.c_str());
    for (;;) {
      kernel::UniqueFd const probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (::connect(probe.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) break;
      ASSERT_FALSE(server->process().wait_ended(std::chrono::milliseconds(2)));
    }
    args = {"--gopls", "/bin/false", "--connect", socket};
  }

  void expect_server_alive() {
    start();
    client->initialize("/m");
    expect_hover();
    shut_down();
  }
};

TEST_F(Connected, HoverAndShutdown) { expect_server_alive(); }

TEST_F(Connected, GoplsRemoteFlagMeansTheSame) {
  args = {"--gopls", "/bin/false", "-remote=unix;" + socket};
  expect_server_alive();
}

TEST_F(Connected, NoSpellingOfExitReachesTheServer) {
  std::string const far(400, 'x');
  for (std::string const& body :
       {std::string(R"({"jsonrpc":"2.0","method":"exit"})"),
        R"({"jsonrpc":"2.0","params":{"text":")" + far + R"("},"method":"exit"})",
        std::string(R"({"jsonrpc":"2.0","Method":"exit"})"),
        R"({"jsonrpc":"2.0","method":"initialized","params":{"text":")" + far +
            R"("},"method":"exit"})",
        std::string(R"({"jsonrpc":"2.0","method":"\u0065xit"})"),
        std::string(R"({"jsonrpc":"2.0","id":5,"method":"exit"})")}) {
    start();
    client->initialize("/m");
    std::string const frame = rigs::frame(body);
    for (char const& byte : frame) child->send(std::string_view(&byte, 1));
    EXPECT_EQ(child->wait_exit(), (ExitStatus{1, 0})) << body;
  }
  EXPECT_EQ(rigs::read_file(record()).find("xit\""), std::string::npos);
  expect_server_alive();
}

TEST_F(Connected, TheAnswerToALateRequestSurvivesTheEditorsEndOfFile) {
  start();
  client->initialize("/m");
  auto const id = client->send_request("fake/large", {{"bytes", 3'000'000}});
  child->close_stdin();
  EXPECT_TRUE(client->wait_answer(id).contains("result"));
  EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0}));
  expect_server_alive();
}

TEST_F(Connected, AHostNameIsRefusedWithTheReason) {
  args = {"--gopls", "/bin/false", "--connect", "example.org:4389"};
  start();
  EXPECT_NE(child->wait_exit().code, 0);
  EXPECT_NE(child->errors().find("example.org"), std::string::npos) << child->errors();
}

}  // namespace
}  // namespace bridge::session
