// The real binary in front of the scripted server.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/rigs/lsp_client.h"
#include "tests/rigs/stdio_child.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::session {

using rigs::ExitStatus;
using rigs::Json;
using rigs::LspClient;
using rigs::StdioChild;
using rigs::StdioKind;
using rigs::TempDir;

inline const std::string kFakeServer = BRIDGE_TEST_PROGRAMS "/fake_server";

// The sanitizers' run time makes system calls of its own (UBSan probes memory through a pipe), and
// its executable is loaded dynamically: where those calls are made to fail, it fails and not the
// bridge.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

struct Bridged : testing::TestWithParam<StdioKind> {
  TempDir directory;
  std::vector<std::string> args = {"--gopls", kFakeServer};
  std::vector<std::string> environment;
  StdioKind stdio = StdioKind::socketpair;
  bool keep_child_ends = false;
  std::string fake_server_args;  // one a line
  std::optional<StdioChild> child;
  std::optional<LspClient> client;

  void start() {
    std::vector<std::string> argv{BRIDGE_BINARY};
    argv.insert(argv.end(), args.begin(), args.end());
    start_argv(argv);
  }

  void start_argv(const std::vector<std::string>& argv) {
    std::vector<std::string> env = environment;
    env.push_back("FAKE_SERVER_ARGS=" + fake_server_args);
    // Nothing of the machine's own configuration may reach the test.
    env.push_back("XDG_CONFIG_HOME=" + (directory / "config"));
    child.emplace(rigs::ChildSettings{
        .argv = argv, .env = env, .stdio = stdio, .keep_child_ends = keep_child_ends});
    client.emplace(*child);
  }

  // sh -c SCRIPT with the bridge's path as $0.
  void start_shell(const std::string& script) {
    std::vector<std::string> argv{"/bin/sh", "-c", script, BRIDGE_BINARY};
    argv.insert(argv.end(), args.begin(), args.end());
    start_argv(argv);
  }

  void expect_hover() {
    EXPECT_EQ(client->hover("/m/main.go", 3, 5)["result"]["contents"]["value"],
              "fake hover at 3:5");
  }

  void shut_down() {
    EXPECT_TRUE(client->request("shutdown", nullptr)["result"].is_null());
    client->notify("exit", nullptr);
    EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0})) << child->errors();
  }

  std::string record() const { return directory / "record"; }
};

}  // namespace bridge::session
