#include "proxy/lease/start_daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "proxy/server/child_process.h"
#include "proxy/server/environment.h"

namespace bridge::lease {
namespace {

using kernel::UniqueFd;

constexpr int kLockPauseMs = 2;
// For the process between us and the daemon: it forks and ends.
constexpr int kForkPatienceMs = 1000;

}  // namespace

UniqueFd take_start_lock(const RuntimeDirectory& directory,
                         std::chrono::steady_clock::time_point deadline) {
  std::string const path = directory.path + '/' + kStartLock;
  UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  while (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() >= deadline) return {};
    ::poll(nullptr, 0, kLockPauseMs);
  }
  return lock;
}

StartedDaemon start_daemon(const std::vector<std::string>& command) {
  StartedDaemon started;
  int ends[2];
  UniqueFd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null || ::pipe2(ends, O_CLOEXEC) != 0) {
    started.error = std::string("no descriptors to start a daemon: ") + std::strerror(errno);
    return started;
  }
  started.ready.reset(ends[0]);
  UniqueFd const written(ends[1]);
  server::ChildCommand child_command{.path = command.front(),
                                     .args = {command.begin() + 1, command.end()},
                                     .environment = server::own_environment(),
                                     .directory = "/",
                                     .outlives_us = true};
  auto child = server::ChildProcess::start(child_command, {null.get(), written.get(), null.get()});
  if (!child) {
    started.error = "cannot start " + command.front() + ": " + child.error().message();
    return started;
  }
  if (child->exit_fd() >= 0) {
    pollfd one{child->exit_fd(), POLLIN, 0};
    ::poll(&one, 1, kForkPatienceMs);
    child->exit_status();
  }
  return started;
}

}  // namespace bridge::lease
