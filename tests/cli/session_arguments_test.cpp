// The forms of argv that are an LSP session, through the executable: the session works, and the
// private server gets what is its own.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/cli/bridge_home.h"
#include "tests/rigs/lsp_client.h"

namespace bridge::tests {
namespace {

constexpr char kFakeServer[] = BRIDGE_TEST_PROGRAMS "/fake_server";

struct Row {
  const char* who;
  std::vector<std::string> args;
  std::vector<std::string> server_args;
  bool also_under_the_name_gopls = true;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.who; }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

class SessionArguments : public testing::TestWithParam<Row> {
 protected:
  void expect_session(const std::string& program, const Row& row) {
    BridgeHome home;
    auto const server = home.copy(kFakeServer, "bin/gopls");
    auto const record = home / "argv";
    home.set("FAKE_SERVER_ARGS", "--record-argv\n" + record);
    auto argv = row.args;
    argv.insert(argv.begin(), program.empty() ? home.link(BRIDGE_BINARY, "editor/gopls") : program);
    rigs::StdioChild child({.argv = argv, .env = home.environment()});
    rigs::LspClient client(child);
    client.initialize("/m");
    client.request("shutdown", nullptr);
    client.notify("exit", nullptr);
    EXPECT_EQ(child.wait_exit(), (rigs::ExitStatus{0, 0})) << child.errors();
    EXPECT_EQ(child.errors(), "");
    auto expected = row.server_args;
    expected.insert(expected.begin(), server);
    EXPECT_EQ(lines_of(rigs::read_file(record)), expected);
  }
};

TEST_P(SessionArguments, WorkAndReachThePrivateServer) {
  expect_session(BRIDGE_BINARY, GetParam());
}

TEST_P(SessionArguments, WorkUnderTheNameGopls) {
  if (!GetParam().also_under_the_name_gopls) return;  // nothing is ours there: pass_through_test
  expect_session({}, GetParam());
}

TEST(SessionWithAChosenGo, HasItFirstInThePathOfThePrivateServer) {
  BridgeHome home;
  home.copy(kFakeServer, "bin/gopls");
  home.write_program("bin/go", "#!/bin/sh\n");
  auto const chosen = home.write_program("sdk/bin/go", "#!/bin/sh\n");
  home.set("GOPLS_BRIDGE_GO", chosen);
  rigs::StdioChild child({.argv = {BRIDGE_BINARY}, .env = home.environment()});
  rigs::LspClient client(child);
  client.initialize("/m");
  auto const servers = rigs::children_of(child.pid());
  ASSERT_EQ(servers.size(), 1u);
  auto const environment =
      rigs::read_file("/proc/" + std::to_string(servers[0]) + "/environ") + '\0';
  EXPECT_NE(environment.find("PATH=" + home / "sdk/bin" + ":" + home / "bin" + '\0'),
            std::string::npos);
  client.request("shutdown", nullptr);
  client.notify("exit", nullptr);
  EXPECT_EQ(child.wait_exit(), (rigs::ExitStatus{0, 0})) << child.errors();
}

// The shim starts the bridge as the bridge's own server: without the mark that it was tried, each
// bridge would start another.
TEST(SessionThroughAShim, ThatLeadsBackReachesTheTrueServer) {
  BridgeHome home;
  home.write_program("shim/gopls", std::string("#!/bin/sh\nexec ") + BRIDGE_BINARY + " \"$@\"\n");
  auto const server = home.copy(kFakeServer, "bin/gopls");
  auto const record = home / "argv";
  home.set("PATH", home / "shim" + ":" + home / "bin");
  home.set("FAKE_SERVER_ARGS", "--record-argv\n" + record);
  rigs::StdioChild child({.argv = {BRIDGE_BINARY, "-v"}, .env = home.environment()});
  rigs::LspClient client(child);
  client.initialize("/m");
  client.request("shutdown", nullptr);
  client.notify("exit", nullptr);
  EXPECT_EQ(child.wait_exit(), (rigs::ExitStatus{0, 0})) << child.errors();
  EXPECT_EQ(lines_of(rigs::read_file(record)), (std::vector<std::string>{server, "-v"}));
}

INSTANTIATE_TEST_SUITE_P(
    Clients, SessionArguments,
    testing::Values(
        Row{"VS Code, Helix, eglot, Sublime: nothing", {}, {}}, Row{"Zed", {"-mode=stdio"}, {}},
        Row{"lsp-mode, vim-go", {"-remote=auto"}, {}},
        Row{"Kate, debugging", {"serve", "-rpc.trace"}, {"serve", "-rpc.trace"}},
        Row{"a client that adds --stdio", {"--stdio"}, {}, false},
        Row{"verbose", {"-v", "-logfile=auto", "serve"}, {"-v", "-logfile=auto", "serve"}},
        Row{"our own", {"--log-level", "error", "serve"}, {"serve"}, false}));

}  // namespace
}  // namespace bridge::tests
