// A process of ours: started with three descriptors of ours as its stdio and none else, reaped
// here. One that a session owns ends with it, signalled by the kernel; one that is shared outlives
// us.
//
// Becoming another program is become_program.h.
#pragma once

#include <sys/types.h>

#include <boost/system/result.hpp>
#include <optional>
#include <string>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::server {

struct ChildStdio {
  int in;
  int out;
  int error;
};

struct ChildCommand {
  std::string path;                      // absolute; also argv[0]: govulncheck re-executes argv[0]
  std::vector<std::string> args;         // argv[1..]
  std::vector<std::string> environment;  // whole: NAME=value
  std::string directory{};               // to start in; empty: ours
  // A session (setsid) of its own and no signal when we end.
  bool outlives_us = false;
  std::optional<mode_t> umask{};  // none: ours
};

// How a process ended.
struct ChildExit {
  int code = 0;    // exit status; meaningful when signal is 0
  int signal = 0;  // the signal that ended it, or 0
  friend bool operator==(const ChildExit&, const ChildExit&) = default;
};

// Of a status as waitpid(2) gives it.
ChildExit child_exit(int status) noexcept;
std::string describe(const ChildExit& exit);

class ChildProcess {
 public:
  // Starts it. An error is that of fork or execve (ENOENT, EACCES, ENOEXEC, EAGAIN …), reported
  // before this returns. The child gets default signal dispositions, an empty mask, SIGTERM when
  // the calling thread dies (also by kill -9) unless it outlives us, and no descriptor above 2.
  static boost::system::result<ChildProcess> start(const ChildCommand& command, ChildStdio stdio);

  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  // Leaves a child that still runs to its end: it sees end of file on its stdin.
  ~ChildProcess() = default;

  pid_t pid() const noexcept { return pid_; }
  // Readable once the process has ended; -1 where the kernel has no pidfd (before 5.3).
  int exit_fd() const noexcept { return pidfd_.get(); }

  // SIGKILL. Nothing if it has been reaped; it is not reaped here.
  void kill() noexcept;

  // How it ended, once it has; the process is reaped by the first call that says so. Never blocks.
  std::optional<ChildExit> exit_status() noexcept;

 private:
  ChildProcess(pid_t pid, kernel::UniqueFd pidfd) noexcept : pid_(pid), pidfd_(std::move(pidfd)) {}

  pid_t pid_;
  kernel::UniqueFd pidfd_;
  std::optional<ChildExit> exit_;
};

}  // namespace bridge::server
