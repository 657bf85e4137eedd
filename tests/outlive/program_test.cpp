// A server's program that goes, comes back or is another one; a server that is not ours to start;
// and a session that is to be as plain gopls'.
#include <signal.h>

#include "proxy/exit_codes.h"
#include "tests/outlive/outlive_fixture.h"

namespace bridge::outlive {
namespace {

using Program = Outlive;

TEST_F(Program, ThatIsGoneIsSaidAndTheSessionGoesOnWhenItIsBack) {
  begin({""}, {"--replay-wait=300ms"});
  ASSERT_EQ(::unlink(program.c_str()), 0);
  panic();
  EXPECT_EQ(error_code(client->hover(a_go, 3, 5)), kContentModified);
  auto const shown = client->wait_notification("window/showMessage");
  EXPECT_NE(shown["message"].get<std::string>().find(program), std::string::npos) << shown;
  change(a_go, 2, "package second");
  write_program({""});
  wait_for_starts(2);
  Json answer;
  do answer = client->hover(a_go, 3, 5);
  while (error_code(answer) == kContentModified);
  EXPECT_TRUE(answer.contains("result")) << answer;
  EXPECT_EQ(documents()["file:///m/a.go"]["text"], "package second");
  shut_down();
  EXPECT_EQ(messages_shown(), 1U);
}

TEST_F(Program, ThatIsGoneDoesNotKeepTheEditorFromLeaving) {
  begin({""});
  ASSERT_EQ(::unlink(program.c_str()), 0);
  panic();
  shut_down();
  EXPECT_EQ(starts(), 1U);
}

TEST_F(Program, AnotherOneTakesOverWhenTheEditorIsQuiet) {
  begin({"--version\n1"});
  auto const first = server();
  write_program({"--version\n2\n--keep"});
  EXPECT_TRUE(first.wait_ended());
  EXPECT_EQ(documents(), (Json{{"file:///m/a.go", {{"version", 1}, {"text", "package a"}}}}));
  EXPECT_EQ(received("textDocument/didOpen"), 1U);
  expect_hover();
  shut_down();
  EXPECT_EQ(messages_shown(), 0U);
}

TEST_F(Program, OneThatDoesNotInitializeDoesNotTakeOver) {
  begin({""});
  auto const first = server();
  write_program({"--exit-when\ninitialize"});
  wait_for_starts(2);  // the trial
  expect_hover();
  // One that takes over does so after 2 s of quiet.
  EXPECT_FALSE(first.wait_ended(std::chrono::seconds(3)));
  EXPECT_EQ(server().pid(), first.pid());
  shut_down();
}

TEST_F(Program, AListeningServerMayBeRestartedBehindTheSession) {
  auto const socket = directory / "lsp.sock";
  auto const listen = [&] {
    // It takes the name when it listens, also from one that listens there already.
    struct stat before {
    }, now{};
    ::stat(socket.c_str(), &before);
    auto server = std::make_unique<StdioChild>(
        rigs::ChildSettings{.argv = {session::kFakeServer, "--listen-unix", socket, "--keep"}});
    while (::stat(socket.c_str(), &now) != 0 || now.st_ino == before.st_ino)
      EXPECT_FALSE(server->process().wait_ended(std::chrono::milliseconds(1)));
    return server;
  };
  auto const first = listen();
  args = {"--gopls", "/bin/false", "--connect", socket};
  start();
  client->initialize("/m");
  client->open(a_go, "package a");
  expect_hover();
  auto const second = listen();
  first->kill(SIGKILL);
  expect_hover();
  EXPECT_EQ(server().pid(), second->pid());
  EXPECT_EQ(documents().size(), 1U);
  shut_down();
  EXPECT_FALSE(second->process().wait_ended(std::chrono::milliseconds(0))) << "others share it";
}

TEST_F(Program, WithReplayOffALostServerEndsTheSession) {
  begin({""}, {"--replay=false"});
  client->send_request("fake/never", nullptr);
  panic();
  EXPECT_EQ(child->wait_exit(), (ExitStatus{kExitNoServer, 0}));
  EXPECT_EQ(starts(), 1U);
}

}  // namespace
}  // namespace bridge::outlive
