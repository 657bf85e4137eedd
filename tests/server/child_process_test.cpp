// What a session does to a child beside starting it; how children start is seen through the bridge
// (tests/session, tests/cli).
#include "proxy/server/child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include "tests/rigs/process.h"

namespace bridge::server {
namespace {

ChildProcess start(std::vector<std::string> args) {
  kernel::UniqueFd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  auto child = ChildProcess::start({.path = "/bin/sh", .args = std::move(args), .environment = {}},
                                   {.in = null.get(), .out = null.get(), .error = null.get()});
  return std::move(child.value());
}

ChildExit wait_for(ChildProcess& child) {
  pollfd one{child.exit_fd(), POLLIN, 0};
  auto const bound = std::chrono::milliseconds(rigs::kWaitMax).count();
  if (::poll(&one, 1, static_cast<int>(bound)) != 1) return {};
  return child.exit_status().value_or(ChildExit{});
}

TEST(ChildProcess, KillEndsAlsoOneThatIgnoresEverySignalItCan) {
  auto child = start({"-c", "trap '' TERM INT HUP; while :; do read line </dev/zero; done"});
  EXPECT_FALSE(child.exit_status());
  child.kill();
  EXPECT_EQ(wait_for(child), (ChildExit{.code = 0, .signal = SIGKILL}));
}

TEST(ChildProcess, KillDoesNothingToOneThatHasEnded) {
  auto child = start({"-c", "exit 7"});
  pollfd one{child.exit_fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&one, 1, -1), 1);
  child.kill();  // not reaped yet
  EXPECT_EQ(child.exit_status(), (ChildExit{.code = 7, .signal = 0}));
  child.kill();  // reaped: the pid may be another's
  EXPECT_EQ(child.exit_status(), (ChildExit{.code = 7, .signal = 0}));
}

}  // namespace
}  // namespace bridge::server
