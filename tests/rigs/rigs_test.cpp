// The rigs must be right before anything is measured with them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/rigs/lsp_client.h"
#include "tests/rigs/process.h"
#include "tests/rigs/stdio_child.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::rigs {
namespace {

const std::string kFakeServer = BRIDGE_TEST_PROGRAMS "/fake_server";

class EachStdio : public testing::TestWithParam<StdioKind> {
 protected:
  ChildSettings fake(std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), kFakeServer);
    return {.argv = arguments, .stdio = GetParam()};
  }
};

TEST_P(EachStdio, ASessionEndsWithExitCodeZero) {
  TempDir const directory;
  StdioChild child(fake({"--record", directory / "received"}));
  LspClient client(child);
  EXPECT_EQ(client.initialize("/m")["result"]["serverInfo"]["name"], "fake_server");
  client.open("/m/main.go", "package main\n");
  EXPECT_EQ(client.wait_notification("textDocument/publishDiagnostics")["uri"],
            "file:///m/main.go");
  EXPECT_EQ(client.hover("/m/main.go", 3, 5)["result"]["contents"]["value"], "fake hover at 3:5");
  EXPECT_TRUE(client.request("shutdown", nullptr)["result"].is_null());
  client.notify("exit", nullptr);
  EXPECT_EQ(child.wait_exit(), (ExitStatus{0, 0}));
  EXPECT_EQ(read_file(directory / "received"), child.sent());
}

TEST_P(EachStdio, BothDirectionsFullDoNotDeadlock) {
  StdioChild child(fake({"--two-writes"}));
  LspClient client(child);
  constexpr std::size_t kBytes = 1'000'000;  // beyond any socket or pipe buffer
  auto const first = client.send_request("fake/large", {{"bytes", kBytes}});
  auto const second = client.send_request("fake/echo", {{"text", std::string(kBytes, 'y')}});
  EXPECT_EQ(client.wait_answer(first)["result"].get<std::string>().size(), kBytes);
  EXPECT_EQ(client.wait_answer(second)["result"]["text"].get<std::string>().size(), kBytes);
}

TEST_P(EachStdio, EndOfFileIsExitCodeZeroAndABareExitIsOne) {
  StdioChild ends(fake());
  ends.close_stdin();
  EXPECT_EQ(ends.wait_exit(), (ExitStatus{0, 0}));
  EXPECT_EQ(ends.read_frame(), std::nullopt);
  StdioChild exits(fake());
  LspClient(exits).notify("exit", nullptr);
  EXPECT_EQ(exits.wait_exit(), (ExitStatus{1, 0}));
}

TEST_P(EachStdio, DiesInsideAFrame) {
  StdioChild child(fake({"--die-in-frame", "30"}));
  LspClient client(child);
  client.send_request("textDocument/hover", {{"position", {{"line", 0}, {"character", 0}}}});
  EXPECT_EQ(child.read_to_end().size(), 30U);
  EXPECT_EQ(child.wait_exit(), (ExitStatus{-1, SIGKILL}));
}

TEST_P(EachStdio, AsksAndTakesTheAnswer) {
  TempDir const directory;
  StdioChild child(fake({"--ask", "--record", directory / "received"}));
  LspClient client(child);
  client.initialize("/m");
  client.hover("/m/main.go", 0, 0);
  ASSERT_EQ(client.server_requests().size(), 1U);
  EXPECT_EQ(client.server_requests()[0]["method"], "workspace/configuration");
  client.request("shutdown", nullptr);
  EXPECT_NE(read_file(directory / "received").find(R"("result":[null])"), std::string::npos);
}

TEST_P(EachStdio, ADelayedAnswerStillComes) {
  StdioChild child(fake({"--delay-shutdown", "1"}));
  LspClient client(child);
  auto const slow = client.send_request("shutdown", nullptr);
  client.hover("/m/main.go", 0, 0);
  EXPECT_TRUE(client.wait_answer(slow).contains("result"));
}

TEST_P(EachStdio, TheChildsFlagsCanBeSeen) {
  auto settings = fake();
  settings.keep_child_ends = true;
  StdioChild const child(settings);
  EXPECT_EQ(child.child_end_flags(), child.first_child_end_flags());
  for (int const flags : child.child_end_flags()) EXPECT_EQ(flags & O_NONBLOCK, 0);
}

INSTANTIATE_TEST_SUITE_P(Rigs, EachStdio, testing::Values(StdioKind::socketpair, StdioKind::fifo),
                         [](auto const& kind) {
                           return kind.param == StdioKind::fifo ? "Fifo" : "Socketpair";
                         });

TEST(StdioChild, ArgumentsCanComeByTheEnvironment) {
  TempDir const directory;
  StdioChild child(
      {.argv = {kFakeServer, "serve", "-rpc.trace"},
       .env = {"FAKE_SERVER_ARGS=--stderr\na line\n--record-argv\n" + (directory / "argv")}});
  child.wait_for_error_text("a line\n");
  child.close_stdin();
  EXPECT_EQ(child.wait_exit(), (ExitStatus{0, 0}));
  EXPECT_EQ(read_file(directory / "argv"), kFakeServer + "\nserve\n-rpc.trace\n");
}

TEST(StdioChild, AProgramThatIsMissingIsAnError) {
  EXPECT_THROW(StdioChild({.argv = {"/nonexistent/program"}}), std::system_error);
}

TEST(StdioChild, AWaitThatEndsSaysWhatTheProgramWrote) {
  StdioChild child({.argv = {kFakeServer, "--stderr", "its last words"},
                    .wait_max = std::chrono::milliseconds(50)});
  child.wait_for_error_text("words");
  try {
    child.read_frame();
    FAIL() << "nothing was sent, nothing can come";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("its last words"), std::string::npos);
  }
}

TEST(StdioChild, LeavesNoDescriptorAndNoProcess) {
  auto const before = open_descriptors();
  {
    StdioChild const child({.argv = {kFakeServer, "--stay-after-eof"}});
    EXPECT_EQ(children_of(::getpid()), (std::vector<pid_t>{child.pid()}));
    EXPECT_NE(command_line(child.pid()).find("fake_server --stay"), std::string::npos);
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(children_of(::getpid()).empty());
}

TEST(FrameReader, RefusesAnythingElse) {
  for (auto const* const text : {"hello\r\n\r\n", "content-length: 1\r\n\r\nx",
                                 "Content-Length:1\r\n\r\nx", "Content-Length: x\r\n\r\n"}) {
    FrameReader reader;
    reader.feed(text);
    EXPECT_THROW(reader.next(), std::runtime_error) << text;
  }
}

}  // namespace
}  // namespace bridge::rigs
