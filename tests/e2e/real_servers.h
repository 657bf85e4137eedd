// The servers that e2e tests put behind the bridge: the pinned gopls releases that scripts/tools
// built, and fake_server. Also the environment a bridge under test gets: none of the user's own
// settings.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/rigs/stdio_child.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::e2e {

inline constexpr std::string_view kFake = "fake";
inline constexpr std::string_view kGopls23 = "v0.23.0";
inline constexpr std::string_view kGopls24 = "v0.24.0";

inline std::string server_path(std::string_view server) {
  if (server == kFake) return BRIDGE_TEST_PROGRAMS "/fake_server";
  return BRIDGE_TOOLS_DIR "/gopls-" + std::string(server) + "/gopls";
}

// Why this server is not to be had on this machine, by scripts/tools; empty if it said nothing.
inline std::string why_absent(std::string_view server) {
  auto const note = BRIDGE_TOOLS_DIR "/gopls-" + std::string(server) + "/absent";
  return ::access(note.c_str(), R_OK) == 0 ? rigs::read_file(note) : "";
}

// In a test or SetUp: skips what scripts/tools could not get, fails where it was not run.
#define BRIDGE_REQUIRE_SERVER(server)                                            \
  do {                                                                           \
    if (auto const why = ::bridge::e2e::why_absent(server); !why.empty())        \
      GTEST_SKIP() << "gopls " << (server) << " is not to be had here: " << why; \
    ASSERT_EQ(::access(::bridge::e2e::server_path(server).c_str(), X_OK), 0)     \
        << "no " << ::bridge::e2e::server_path(server) << ": run scripts/tools"; \
  } while (false)

// `more` is added last and so wins.
inline std::vector<std::string> bridge_env(std::vector<std::string> more = {}) {
  std::vector<std::string> env = {"XDG_CONFIG_HOME=/nonexistent",
                                  "GOPLS_BRIDGE_CONFIG",
                                  "GOPLS_BRIDGE_GOPLS",
                                  "GOPLS_BRIDGE_CONNECT",
                                  "GOPLS_BRIDGE_SHARE=false",
                                  "FAKE_SERVER_ARGS",
                                  std::string("PATH=" BRIDGE_TOOLS_DIR "/bin:") + ::getenv("PATH")};
  for (auto& entry : more) {
    std::erase_if(env, [&](auto const& have) {
      return std::string_view(have).substr(0, have.find('=')) ==
             std::string_view(entry).substr(0, entry.find('='));
    });
    env.push_back(std::move(entry));
  }
  return env;
}

inline rigs::ChildSettings bridge_before(std::string_view server, rigs::StdioKind stdio,
                                         std::vector<std::string> env = {}) {
  return {.argv = {BRIDGE_BINARY, "--gopls", server_path(server)},
          .env = bridge_env(std::move(env)),
          .stdio = stdio,
          // gopls under ctest -j on two cores, with the bridge under ASan.
          .wait_max = std::chrono::seconds(60)};
}

inline std::string sample_file(std::string_view name) {
  return rigs::read_file(BRIDGE_SOURCE_DIR "/tests/e2e/module/" + std::string(name));
}

// A copy of tests/e2e/module without the faulty files, which are only ever open.
inline void fill_module(const rigs::TempDir& directory) {
  for (auto const* const name : {"go.mod", "main.go", "other.go"})
    directory.write(name, sample_file(name));
}

}  // namespace bridge::e2e
