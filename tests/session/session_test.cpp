// Sessions from their first byte to their exit code.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "tests/session/session_fixture.h"

namespace bridge::session {
namespace {

struct SessionOver : Bridged {
  void SetUp() override { stdio = GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Stdio, SessionOver,
                         testing::Values(StdioKind::socketpair, StdioKind::fifo),
                         [](auto const& test) {
                           return test.param == StdioKind::fifo ? "Fifos" : "Socketpairs";
                         });

TEST_P(SessionOver, InitializeHoverShutdownExit) {
  start();
  client->initialize("/m");
  expect_hover();
  shut_down();
  EXPECT_EQ(child->errors(), "") << "silent unless something is wrong";
}

TEST_P(SessionOver, AServerThatWritesHeaderAndBodyApartAndAsksBack) {
  fake_server_args = "--two-writes\n--ask";
  start();
  client->initialize("/m");
  expect_hover();
  shut_down();
}

TEST_P(SessionOver, LargeMessagesBothWaysAtOnce) {
  start();
  client->initialize("/m");
  // TSan is a hundred times slower here.
  Json const large = {{"text", std::string(kSanitized ? 1 << 20 : 8 << 20, 'x')}};
  auto const flood = client->send_request("fake/flood", {{"count", 2000}, {"bytes", 4000}});
  auto const echo = client->send_request("fake/echo", large);
  EXPECT_EQ(client->wait_answer(echo)["result"], large);
  EXPECT_TRUE(client->wait_answer(flood).contains("result"));
  shut_down();
}

TEST_P(SessionOver, TheDescriptorsFlagsStayAsTheyWereAlsoAfterKillInTheMiddleOfTraffic) {
  keep_child_ends = true;
  start();
  auto const before = child->child_end_flags();
  client->initialize("/m");
  client->send_request("fake/flood", {{"count", 2000}, {"bytes", 4000}});
  client->wait_notification("fake/drop");
  EXPECT_EQ(child->child_end_flags(), before);
  child->kill(SIGKILL);
  EXPECT_EQ(child->wait_exit(), (ExitStatus{-1, SIGKILL}));
  EXPECT_EQ(child->child_end_flags(), before);
}

struct Session : Bridged {};

TEST_F(Session, VsCodesReloadIsShutdownThenEndOfFileAndEndsWithZero) {
  start();
  client->initialize("/m");
  client->request("shutdown", nullptr);
  child->close_stdin();
  EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0}));
}

TEST_F(Session, EndOfFileEndsWithZero) {
  start();
  client->initialize("/m");
  child->close_stdin();
  EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0}));
}

TEST_F(Session, ExitWithoutShutdownEndsWithOne) {
  start();
  client->initialize("/m");
  client->notify("exit", nullptr);
  EXPECT_EQ(child->wait_exit(), (ExitStatus{1, 0}));
}

TEST_F(Session, TheAnswerToShutdownArrivesAlsoWhenExitFollowsAtOnce) {
  fake_server_args = "--record\n" + record();
  start();
  client->initialize("/m");
  child->send(rigs::frame(R"({"jsonrpc":"2.0","id":77,"method":"shutdown"})") +
              rigs::frame(R"({"jsonrpc":"2.0","method":"exit"})"));
  EXPECT_TRUE(client->wait_answer(77)["result"].is_null());
  EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0}));
  EXPECT_NE(rigs::read_file(record()).find(R"("method":"exit")"), std::string::npos)
      << "a server of our own gets its exit";
}

// 20 s is far beyond what the test waits for: only the bridge can have answered.
TEST_F(Session, ASlowShutdownIsAnsweredByTheBridgeAndTheSessionEnds) {
  fake_server_args = "--delay-shutdown\n20000";
  start();
  client->initialize("/m");
  shut_down();
}

TEST_F(Session, AnswersInFlightSurviveTheEditorsEndOfFile) {
  for (std::string const delay : {"0", "400", "2000"}) {
    fake_server_args = "--delay\ntextDocument/hover=" + delay;
    start();
    client->initialize("/m");
    auto const id = client->send_request("textDocument/hover",
                                         {{"textDocument", {{"uri", "file:///m/main.go"}}},
                                          {"position", {{"line", 3}, {"character", 5}}}});
    child->close_stdin();
    EXPECT_EQ(client->wait_answer(id)["result"]["contents"]["value"], "fake hover at 3:5")
        << "delayed by " << delay << " ms";
    EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0}));
  }
}

TEST_F(Session, AServerThatNeverAnswersDoesNotKeepUsAfterEndOfFile) {
  fake_server_args = "--delay\ntextDocument/hover=60000\n--stay-after-eof";
  environment = {"GOPLS_BRIDGE_DRAIN_TIMEOUT_MS=100"};
  start();
  client->initialize("/m");
  client->send_request("textDocument/hover", {{"textDocument", {{"uri", "file:///m/a.go"}}},
                                              {"position", {{"line", 0}, {"character", 0}}}});
  child->close_stdin();
  EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0}));
}

TEST_F(Session, SignalsEndItInOrder) {
  for (int const signal : {SIGTERM, SIGINT, SIGHUP}) {
    start();
    client->initialize("/m");
    rigs::ProcessWatch const server(rigs::children_of(child->pid()).at(0));
    child->kill(signal);
    EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0})) << "signal " << signal;
    EXPECT_TRUE(server.wait_ended());
  }
}

TEST_F(Session, ASignalEndsItAlsoWhenTheServerDoesNot) {
  fake_server_args = "--stay-after-eof";
  start();
  client->initialize("/m");
  rigs::ProcessWatch const server(rigs::children_of(child->pid()).at(0));
  child->kill(SIGTERM);
  EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0}));
  EXPECT_TRUE(server.wait_ended());
}

TEST_F(Session, TheServerEndsWithUsAlsoAfterKillNine) {
  fake_server_args = "--stay-after-eof";
  start();
  client->initialize("/m");
  rigs::ProcessWatch const server(rigs::children_of(child->pid()).at(0));
  child->kill(SIGKILL);
  EXPECT_TRUE(server.wait_ended());
  EXPECT_EQ(child->read_to_end(), "") << "the editor's stdout ends: no child holds it";
}

TEST_F(Session, TheServerHasThreeDescriptorsOfOursAndNoOther) {
  start_shell("exec \"$0\" \"$@\" 7</dev/null");
  client->initialize("/m");
  auto const server = std::to_string(rigs::children_of(child->pid()).at(0));
  StdioChild list({.argv = {"/bin/ls", "/proc/" + server + "/fd"}});
  EXPECT_EQ(list.read_to_end(), "0\n1\n2\n");
  shut_down();
}

// The flags of the descriptor as /proc tells them, in octal.
bool is_nonblocking(pid_t process, int fd) {
  std::ifstream info("/proc/" + std::to_string(process) + "/fdinfo/" + std::to_string(fd));
  std::string word;
  while (info >> word) {
    if (word != "flags:") continue;
    info >> word;
    return (std::stoul(word, nullptr, 8) & O_NONBLOCK) != 0;
  }
  ADD_FAILURE() << "no such descriptor: " << fd;
  return false;
}

TEST_F(Session, AServerThatIsNoGoplsGetsStdioThatBlocks) {
  start();
  client->initialize("/m");
  pid_t const server = rigs::children_of(child->pid()).at(0);
  for (int const fd : {0, 1, 2}) EXPECT_FALSE(is_nonblocking(server, fd)) << fd;
  shut_down();
}

TEST_F(Session, ATrueGoplsGetsStdioThatItsPollerCanWaitFor) {
  std::string const gopls = BRIDGE_TOOLS_DIR "/gopls-v0.24.0/gopls";
  if (::access(gopls.c_str(), X_OK) != 0) GTEST_SKIP() << gopls << " is not there";
  args = {"--gopls", gopls};
  environment.push_back("HOME=" + (directory / "home"));
  start();
  client->initialize(directory / "");
  pid_t const server = rigs::children_of(child->pid()).at(0);
  EXPECT_TRUE(is_nonblocking(server, 0));
  EXPECT_TRUE(is_nonblocking(server, 1));
  EXPECT_FALSE(is_nonblocking(server, 2)) << "a panic is written in one go";
  for (int const fd : {STDIN_FILENO, STDOUT_FILENO}) {
    EXPECT_FALSE(is_nonblocking(child->pid(), fd)) << "the editor's own";
  }
  shut_down();
}

TEST_F(Session, AnEditorThatStopsReadingIsTheEnd) {
  start();
  client->initialize("/m");
  child->close_stdout();
  EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0}));
}

TEST_F(Session, BytesThatAreNoFramesEndItWithAClearMessage) {
  start();
  client->initialize("/m");
  child->send("hello\r\n\r\n");
  EXPECT_EQ(child->wait_exit(), (ExitStatus{65, 0}));
  EXPECT_NE(child->errors().find("bad framing ("), std::string::npos) << child->errors();
}

TEST_F(Session, AFrameAboveTheLimitIsRefusedByName) {
  args.insert(args.end(), {"--frame-limit", "100000"});
  start();
  client->initialize("/m");
  child->send("Content-Length: 100001\r\n\r\n");
  EXPECT_EQ(child->wait_exit(), (ExitStatus{65, 0}));
  EXPECT_NE(child->errors().find("over the limit"), std::string::npos) << child->errors();
  EXPECT_NE(child->errors().find("--frame-limit"), std::string::npos) << "what to do about it";
}

TEST_F(Session, AnAnnouncedLengthIsNotBelieved) {
  start();
  client->initialize("/m");
  child->send("Content-Length: 60000000\r\n\r\n{");
  child->close_stdin();
  EXPECT_EQ(child->wait_exit(), (ExitStatus{65, 0})) << "closed inside a frame";
}

TEST_F(Session, RegularFilesServeAsStdio) {
  std::string const in = directory.write(
      "in", rigs::frame(R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{}})") +
                rigs::frame(R"({"jsonrpc":"2.0","id":2,"method":"shutdown"})") +
                rigs::frame(R"({"jsonrpc":"2.0","method":"exit"})"));
  start_shell("exec \"$0\" \"$@\" <" + in + " >" + (directory / "out"));
  EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0}));
  std::string const out = rigs::read_file(directory / "out");
  EXPECT_NE(out.find("capabilities"), std::string::npos) << out;
  EXPECT_NE(out.find("\"id\":2"), std::string::npos) << out;
}

TEST_F(Session, ClosedStandardDescriptorsAreNotTakenForOthers) {
  start_shell("exec \"$0\" \"$@\" <&- 2>&-");
  EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0})) << "a closed stdin is an end of file";
}

TEST_F(Session, TheServersStderrReachesOursLineByLine) {
  fake_server_args = "--stderr\nfirst line\n--stderr\nsecond line";
  start();
  client->initialize("/m");
  shut_down();
  EXPECT_EQ(child->errors(), "first line\nsecond line\n");
}

}  // namespace
}  // namespace bridge::session
