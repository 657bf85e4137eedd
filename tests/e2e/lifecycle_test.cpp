// How sessions end, with the real binary: as VS Code, Neovim, Helix, a shell and the OOM killer end
// them. Each with fake_server and with the pinned gopls, over socketpairs and FIFOs.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <tuple>

#include "tests/e2e/real_servers.h"
#include "tests/rigs/lsp_client.h"

namespace bridge::e2e {
namespace {

using rigs::ExitStatus;
using rigs::Json;
using rigs::LspClient;
using rigs::ProcessWatch;
using rigs::StdioChild;
using rigs::StdioKind;

class Lifecycle : public testing::TestWithParam<std::tuple<StdioKind, std::string_view>> {
 protected:
  void SetUp() override {
    BRIDGE_REQUIRE_SERVER(server());
    fill_module(module_);
  }
  StdioKind stdio() const { return std::get<0>(GetParam()); }
  std::string_view server() const { return std::get<1>(GetParam()); }
  rigs::ChildSettings settings(std::vector<std::string> env = {}) const {
    auto result = bridge_before(server(), stdio(), std::move(env));
    result.directory = module_.path();
    return result;
  }
  void begin(LspClient& client) const {
    ASSERT_TRUE(client.initialize(module_.path())["result"].contains("capabilities"));
  }
  void open_main(LspClient& client) const {
    client.open(module_ / "main.go", sample_file("main.go"));
  }

  rigs::TempDir module_;
};

// The server the bridge has started. There is one, once it has answered.
ProcessWatch server_of(const StdioChild& bridge) {
  auto const children = rigs::children_of(bridge.pid());
  if (children.size() != 1)
    throw std::runtime_error("the bridge has " + std::to_string(children.size()) + " children");
  return ProcessWatch(children.front());
}

TEST_P(Lifecycle, AWholeSession) {
  StdioChild child(settings());
  LspClient client(child);
  begin(client);
  open_main(client);
  auto const hover = client.hover(module_ / "main.go", 10, 15)["result"].dump();
  EXPECT_NE(
      hover.find(server() == kFake ? "fake hover at 10:15" : "func Greet(name string) string"),
      std::string::npos)
      << hover;
  client.open(module_ / "faulty.go", sample_file("faulty.go.txt"));
  auto const published =
      client.wait_notification("textDocument/publishDiagnostics", [&](auto const& params) {
        return params["uri"] == rigs::file_uri(module_ / "faulty.go") &&
               !params["diagnostics"].empty();
      });
  EXPECT_NE(published.dump().find(server() == kFake ? "scripted" : "cannot use"),
            std::string::npos);
  EXPECT_TRUE(client.request("shutdown", nullptr)["result"].is_null());
  client.notify("exit", nullptr);
  EXPECT_EQ(child.wait_exit(), (ExitStatus{0, 0}));
  EXPECT_EQ(child.errors(), "");
}

TEST_P(Lifecycle, AWindowReloadIsShutdownAndThenEndOfFile) {
  StdioChild child(settings());
  LspClient client(child);
  begin(client);
  open_main(client);
  auto const server_process = server_of(child);
  auto const answer = client.request("shutdown", nullptr);
  EXPECT_TRUE(answer.contains("result") && answer["result"].is_null()) << answer;
  child.close_stdin();
  EXPECT_EQ(child.wait_exit(), (ExitStatus{0, 0}));
  EXPECT_TRUE(server_process.wait_ended());
  EXPECT_EQ(child.errors(), "");
}

TEST_P(Lifecycle, EndOfFileRightBehindShutdownStillGetsTheAnswer) {
  StdioChild child(settings());
  LspClient client(child);
  begin(client);
  auto const id = client.send_request("shutdown", nullptr);
  child.close_stdin();
  EXPECT_TRUE(client.wait_answer(id)["result"].is_null());
  EXPECT_EQ(child.wait_exit(), (ExitStatus{0, 0}));
}

TEST_P(Lifecycle, TheAnswerToShutdownIsNeverLostToAnExitInTheSameWrite) {
  // gopls alone loses 1 of 10; 30 in a row would pass by luck in 4 of 100.
  for (int run = 0; run < 30; ++run) {
    StdioChild child(settings());
    LspClient client(child);
    begin(client);
    child.send(rigs::frame(R"({"jsonrpc":"2.0","id":"last","method":"shutdown"})") +
               rigs::frame(R"({"jsonrpc":"2.0","method":"exit"})"));
    bool answered = false;
    while (auto const body = child.read_frame())
      answered |= Json::parse(*body).value("id", Json()) == "last";
    EXPECT_TRUE(answered) << "run " << run;
    ASSERT_EQ(child.wait_exit(), (ExitStatus{0, 0})) << "run " << run << child.errors();
  }
}

TEST_P(Lifecycle, ExitWithoutShutdownIsExitCodeOne) {
  StdioChild child(settings());
  LspClient client(child);
  begin(client);
  auto const server_process = server_of(child);
  client.notify("exit", nullptr);
  EXPECT_EQ(child.wait_exit(), (ExitStatus{1, 0}));
  EXPECT_TRUE(server_process.wait_ended());
}

TEST_P(Lifecycle, EndOfFileAloneIsExitCodeZero) {
  StdioChild child(settings());
  LspClient client(child);
  begin(client);
  open_main(client);
  auto const server_process = server_of(child);
  child.close_stdin();
  EXPECT_EQ(child.wait_exit(), (ExitStatus{0, 0}));
  EXPECT_TRUE(server_process.wait_ended());
}

TEST_P(Lifecycle, EndOfFileBeforeAnythingWasSaidIsExitCodeZero) {
  StdioChild child(settings());
  child.close_stdin();
  EXPECT_EQ(child.wait_exit(), (ExitStatus{0, 0}));
}

TEST_P(Lifecycle, LivesUntilTheEditorsExit) {
  StdioChild child(settings());
  LspClient client(child);
  begin(client);
  client.request("shutdown", nullptr);
  // An error, but an answer: the program is there.
  EXPECT_TRUE(client.hover(module_ / "main.go", 10, 15).contains("id"));
  client.notify("exit", nullptr);
  EXPECT_EQ(child.wait_exit(), (ExitStatus{0, 0}));
}

TEST_P(Lifecycle, AnAnswerThatIsOwedAtEndOfFileStillArrives) {
  StdioChild child(settings());
  LspClient client(child);
  begin(client);
  open_main(client);
  client.hover(module_ / "main.go", 10, 15);  // gopls has asked all it wants to know by then
  auto const id = client.send_request(
      "textDocument/references", {{"textDocument", {{"uri", rigs::file_uri(module_ / "main.go")}}},
                                  {"position", {{"line", 10}, {"character", 15}}}});
  child.close_stdin();
  EXPECT_NO_THROW(client.wait_answer(id));
  EXPECT_EQ(child.wait_exit(), (ExitStatus{0, 0}));
}

TEST_P(Lifecycle, SignalsEndItInOrder) {
  for (int const signal : {SIGTERM, SIGINT, SIGHUP}) {
    StdioChild child(settings());
    LspClient client(child);
    begin(client);
    auto const server_process = server_of(child);
    child.kill(signal);
    EXPECT_EQ(child.wait_exit(), (ExitStatus{0, 0})) << "signal " << signal;
    EXPECT_TRUE(server_process.wait_ended());
  }
}

TEST_P(Lifecycle, KillingTheBridgeEndsItsGopls) {
  StdioChild child(settings());
  LspClient client(child);
  begin(client);
  open_main(client);
  auto const server_process = server_of(child);
  child.kill(SIGKILL);
  EXPECT_EQ(child.wait_exit(), (ExitStatus{-1, SIGKILL}));
  EXPECT_TRUE(server_process.wait_ended());
}

// The open files of a process, by device and inode: descriptors that are the same socket are equal.
std::set<std::pair<dev_t, ino_t>> files_of(pid_t pid) {
  std::set<std::pair<dev_t, ino_t>> files;
  for (auto const& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    struct stat status {};
    if (::stat(entry.path().c_str(), &status) == 0) files.emplace(status.st_dev, status.st_ino);
  }
  return files;
}

TEST_P(Lifecycle, TheServerHoldsNoneOfTheEditorsDescriptors) {
  StdioChild child(settings());
  LspClient client(child);
  begin(client);
  auto const server_process = server_of(child);
  auto const held = files_of(server_process.pid());
  ASSERT_GE(held.size(), 3U);
  for (int fd = 0; fd <= 2; ++fd) {
    struct stat status {};
    auto const path = "/proc/" + std::to_string(child.pid()) + "/fd/" + std::to_string(fd);
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(held.count({status.st_dev, status.st_ino}), 0U) << "descriptor " << fd;
  }
}

// As above, and with a server that does not notice: stdout ends at once, and the kernel sees to the
// server.
TEST_P(Lifecycle, KillingTheBridgeEndsStdoutAndAServerThatHangs) {
  StdioChild child(settings({"FAKE_SERVER_ARGS=--stay-after-eof"}));
  LspClient client(child);
  begin(client);
  auto const server_process = server_of(child);
  child.kill(SIGKILL);
  EXPECT_NO_THROW(child.read_to_end());
  child.wait_exit();
  EXPECT_TRUE(server_process.wait_ended());
  server_process.kill(SIGKILL);  // no trace of a bridge that fails here
}

TEST_P(Lifecycle, TheEditorsDescriptorsKeepTheirFlags) {
  for (bool const killed : {false, true}) {
    auto kept = settings();
    kept.keep_child_ends = true;
    StdioChild child(kept);
    auto const& before = child.first_child_end_flags();
    LspClient client(child);
    begin(client);
    open_main(client);
    // In the middle of traffic: requests that are under way both ways.
    for (int number = 0; number < 100; ++number)
      client.send_request("fake/echo", {{"filler", std::string(10000, 'x')}});
    EXPECT_EQ(child.child_end_flags(), before) << "while it runs";
    if (killed) {
      child.kill(SIGKILL);
    } else {
      client.request("shutdown", nullptr);
      client.notify("exit", nullptr);
    }
    child.wait_exit();
    EXPECT_EQ(child.child_end_flags(), before) << (killed ? "after kill -9" : "after its exit");
  }
}

INSTANTIATE_TEST_SUITE_P(E2e, Lifecycle,
                         testing::Combine(testing::Values(StdioKind::socketpair, StdioKind::fifo),
                                          testing::Values(kFake, kGopls23, kGopls24)),
                         [](auto const& instance) {
                           auto name = std::string(std::get<1>(instance.param));
                           std::erase(name, '.');
                           return name + (std::get<0>(instance.param) == StdioKind::fifo
                                              ? "Fifo"
                                              : "Socketpair");
                         });

TEST(ServerStderr, ReachesTheEditorLineByLine) {
  auto settings = bridge_before(kFake, StdioKind::socketpair,
                                {"FAKE_SERVER_ARGS=--stderr\nfirst line\n--stderr\nsecond line"});
  StdioChild child(settings);
  child.wait_for_error_text("first line\nsecond line\n");
  child.close_stdin();
  EXPECT_EQ(child.wait_exit(), (ExitStatus{0, 0}));
  EXPECT_EQ(child.errors(), "first line\nsecond line\n");
}

TEST(NoServer, IsOneLineAndExitCode69) {
  StdioChild child({.argv = {BRIDGE_BINARY, "--gopls", "/nonexistent/gopls"}, .env = bridge_env()});
  EXPECT_EQ(child.wait_exit(), (ExitStatus{69, 0}));
  EXPECT_NE(child.errors().find("/nonexistent/gopls"), std::string::npos);
  EXPECT_EQ(std::count(child.errors().begin(), child.errors().end(), '\n'), 1) << child.errors();
  EXPECT_EQ(child.received(), "");
}

}  // namespace
}  // namespace bridge::e2e
