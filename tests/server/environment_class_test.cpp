#include "proxy/server/environment_class.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace bridge::server {
namespace {

void expect_all(EnvironmentClass expected, std::initializer_list<std::string_view> names) {
  for (auto const name : names) EXPECT_EQ(classify_variable(name), expected) << name;
}

TEST(EnvironmentClass, WhatGoplsHasOnlyOneOfIsKeyed) {
  expect_all(EnvironmentClass::keyed,
             {"HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "GOPLSCACHE", "GOENV", "GODEBUG",
              "GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GOROOT"});
  for (auto const name : keyed_variables())
    EXPECT_EQ(classify_variable(name), EnvironmentClass::keyed) << name;
}

TEST(EnvironmentClass, WhatGoAndWhatItStartsMayReadIsTold) {
  expect_all(EnvironmentClass::session, {"PATH",
                                         "GOFLAGS",
                                         "GOTOOLCHAIN",
                                         "GOPATH",
                                         "GOMODCACHE",
                                         "GOCACHE",
                                         "GOPROXY",
                                         "GOPRIVATE",
                                         "GOWORK",
                                         "GOOS",
                                         "CGO_CFLAGS",
                                         "CC",
                                         "PKG_CONFIG",
                                         "GOPACKAGESDRIVER",
                                         "TMPDIR",
                                         "HTTPS_PROXY",
                                         "no_proxy",
                                         "SSL_CERT_FILE",
                                         "SSH_AUTH_SOCK",
                                         "SSH_ASKPASS",
                                         "GIT_ASKPASS",
                                         "GIT_SSH_COMMAND",
                                         "DISPLAY",
                                         "WAYLAND_DISPLAY",
                                         "DBUS_SESSION_BUS_ADDRESS",
                                         "XDG_RUNTIME_DIR",
                                         "WSL_INTEROP",
                                         "WSLENV",
                                         "GPG_TTY",
                                         "NETRC",
                                         "USER",
                                         "LANG",
                                         "LD_LIBRARY_PATH",
                                         "VSCODE_GIT_IPC_HANDLE",
                                         "VSCODE_GIT_ASKPASS_NODE",
                                         "GITHUB_TOKEN",
                                         "SOMETHING_NEW"});
}

TEST(EnvironmentClass, WhatIsOfAWindowATerminalOrOneProcessIsLeftOut) {
  expect_all(EnvironmentClass::ignored, {"_",
                                         "SHLVL",
                                         "PWD",
                                         "OLDPWD",
                                         "TERM",
                                         "TERM_PROGRAM",
                                         "COLORTERM",
                                         "WINDOWID",
                                         "VSCODE_IPC_HOOK_CLI",
                                         "VSCODE_PID",
                                         "VSCODE_GIT",
                                         "ELECTRON_RUN_AS_NODE",
                                         "NVIM",
                                         "TMUX",
                                         "INVOCATION_ID",
                                         "JOURNAL_STREAM",
                                         "NOTIFY_SOCKET",
                                         "LISTEN_FDS",
                                         "GOPLS_BRIDGE_TRIED",
                                         "GOPLS_BRIDGE_SHARE"});
}

// `go env` prints them; told to go, or believed, they mix two toolchains (golang/go#50991).
TEST(EnvironmentClass, WhatGoFindsOutByItselfIsNeverTold) {
  expect_all(EnvironmentClass::ignored, {"GOVERSION", "GOTOOLDIR", "GOMOD"});
}

TEST(EnvironmentClass, ANameIsNotMistakenForItsBeginning) {
  expect_all(EnvironmentClass::session, {"", "HOMEX", "HOM", "TERMINFO", "PS10", "GOROOT_FINAL"});
}

// The table in DESIGN.md is what a user is told.
TEST(EnvironmentClass, TheKeyedNamesAreInTheTable) {
  std::ifstream file(BRIDGE_SOURCE_DIR "/DESIGN.md");
  std::string const text{std::istreambuf_iterator<char>(file), {}};
  for (auto const name : keyed_variables())
    EXPECT_NE(text.find('`' + std::string(name) + '`'), std::string::npos) << name;
}

}  // namespace
}  // namespace bridge::server
