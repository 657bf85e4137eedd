// What the editor sees when its server cannot be had, or is lost.
#include <signal.h>

#include "proxy/exit_codes.h"
#include "tests/session/session_fixture.h"

namespace bridge::session {
namespace {

struct LostServer : Bridged {
  std::size_t starts() const {
    std::string const text = rigs::read_file(directory / "starts");
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  // A gopls that notes its start in a file, runs `first` at the first one, and is fake_server
  // later.
  void use_gopls_that_first(const std::string& first) {
    std::string const starts_file = directory / "starts";
    std::string const script = directory.write(
        "gopls", "#!/bin/sh\necho start >> " + starts_file + "\nif [ $(wc -l < " + starts_file +
                     ") = 1 ]; then " + first + "; fi\nexec " + kFakeServer + " \"$@\"\n");
    ASSERT_EQ(::chmod(script.c_str(), 0700), 0);
    args = {"--gopls", script};
  }
};

TEST_F(LostServer, AfterReadingButBeforeAnAnswerAnotherIsFedWithWhatWasRead) {
  // Takes the first line of `initialize` and dies: read, not answered.
  use_gopls_that_first("head -c 10 >/dev/null; exit 3");
  start();
  client->initialize("/m");
  expect_hover();
  shut_down();
  EXPECT_EQ(starts(), 2U);
}

TEST_F(LostServer, WithoutReadingAnythingAnotherIsFedWithWhatWasRead) {
  use_gopls_that_first("exec 0<&-; exit 3");
  start();
  client->initialize("/m");
  expect_hover();
  shut_down();
  EXPECT_GE(starts(), 2U);
}

TEST_F(LostServer, WhereNothingWasReadTheProcessBecomesGopls) {
  use_gopls_that_first("exit 3");
  start();
  // Nothing is sent before the first gopls has ended and the second one is there: by then it is
  // this very process.
  rigs::ProcessWatch const bridge(child->pid());
  while (rigs::command_line(child->pid()).find("fake_server") == std::string::npos) {
    ASSERT_FALSE(bridge.wait_ended(std::chrono::milliseconds(5))) << child->errors();
  }
  client->initialize("/m");
  expect_hover();
  shut_down();
  EXPECT_EQ(starts(), 2U);
}

TEST_F(LostServer, ThatDiesTwiceBeforeAnsweringIsAnErrorThatSaysHow) {
  fake_server_args = "--exit-when\ninitialize\n--stderr\nthe real reason";
  start();
  client->send_request("initialize", Json::object());
  EXPECT_EQ(child->wait_exit(), (ExitStatus{kExitNoServer, 0}));
  EXPECT_NE(child->errors().find("the real reason"), std::string::npos) << child->errors();
  EXPECT_NE(child->errors().find("exit status 3"), std::string::npos) << child->errors();
}

// With replay on: tests/outlive.
TEST_F(LostServer, InTheMiddleEndsTheSessionWithNoHalfFrame) {
  args.emplace_back("-replay=false");
  for (int const bytes : {1, 5, 17, 20, 23, 24, 60}) {
    fake_server_args = "--die-in-frame\n" + std::to_string(bytes);
    start();
    client->initialize("/m");
    client->send_request("textDocument/hover", {{"textDocument", {{"uri", "file:///m/a.go"}}},
                                                {"position", {{"line", 0}, {"character", 0}}}});
    EXPECT_EQ(child->read_to_end(), "") << "died after " << bytes << " bytes of its answer";
    EXPECT_EQ(child->wait_exit(), (ExitStatus{kExitNoServer, 0}));
    EXPECT_NE(child->errors().find("killed by signal 9"), std::string::npos) << child->errors();
  }
}

TEST_F(LostServer, TextBetweenItsFramesIsSkipped) {
  fake_server_args = "--print-garbage";
  start();
  client->initialize("/m");
  expect_hover();
  shut_down();
}

TEST_F(LostServer, ItsDeathAfterShutdownIsNotSeenBeforeTheEditorsExit) {
  fake_server_args = "--exit-when\nshutdown";
  start();
  client->initialize("/m");
  rigs::ProcessWatch const server(rigs::children_of(child->pid()).at(0));
  EXPECT_TRUE(client->request("shutdown", nullptr)["result"].is_null());
  ASSERT_TRUE(server.wait_ended());
  EXPECT_FALSE(child->process().wait_ended(std::chrono::milliseconds(100)));
  client->notify("exit", nullptr);
  EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0}));
}

TEST_F(LostServer, ConnectToNobodyFallsBackToGoplsAndSaysSo) {
  args.insert(args.end(), {"--connect", directory / "nobody.sock"});
  start();
  client->initialize("/m");
  expect_hover();
  shut_down();
  EXPECT_NE(child->errors().find("nobody.sock: No such file or directory; running " + kFakeServer),
            std::string::npos)
      << child->errors();
}

// However few descriptors there are, the editor gets its gopls.
TEST_F(LostServer, WhereDescriptorsRunOutTheProcessBecomesGopls) {
  if (kSanitized) GTEST_SKIP() << "the sanitizers need descriptors themselves";
  for (int limit = 4; limit <= 24; ++limit) {
    // What the test runner left open does not count.
    start_shell("exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; ulimit -n " + std::to_string(limit) +
                "; exec \"$0\" \"$@\"");
    client->initialize("/m");
    expect_hover();
    shut_down();
  }
}

}  // namespace
}  // namespace bridge::session
