#include "proxy/server/child_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace bridge::server {
namespace {

using kernel::UniqueFd;

boost::system::error_code error_of(int code) { return {code, boost::system::system_category()}; }

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (auto const& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

// Everything from here to execve runs in the forked child of a single-threaded process.

[[noreturn]] void report_and_exit(int report_fd) {
  int const code = errno;
  [[maybe_unused]] ssize_t const written = ::write(report_fd, &code, sizeof code);
  ::_exit(127);
}

void close_from(int first, int except) {
  auto const close_range_all = [](int from, int to) {
    return from > to || ::syscall(SYS_close_range, from, to, 0) == 0;
  };
  if (close_range_all(first, except - 1) && close_range_all(except + 1, INT_MAX)) return;
  // Linux before 5.9.
  if (DIR* const directory = ::opendir("/proc/self/fd")) {
    while (dirent const* entry = ::readdir(directory)) {
      int const fd = std::atoi(entry->d_name);
      if (fd >= first && fd != except && fd != ::dirfd(directory)) ::close(fd);
    }
    ::closedir(directory);
  }
}

[[noreturn]] void become_child(const ChildCommand& command, char* const* argv, char* const* envp,
                               ChildStdio stdio, int report_fd, pid_t parent) {
  // The kernel resets what is caught, not what is ignored: SIGPIPE must not stay ignored in gopls.
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  if (command.outlives_us) {
    ::setsid();
  } else {
    if (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) report_and_exit(report_fd);
    if (::getppid() != parent) ::_exit(127);  // the parent died before the prctl
  }
  if (command.umask) ::umask(*command.umask);
  if (!command.directory.empty() && ::chdir(command.directory.c_str()) != 0) {
    report_and_exit(report_fd);
  }

  // Moved above 2 first, so that no dup2 below overwrites one that is still needed.
  std::array<int, 3> const wanted{stdio.in, stdio.out, stdio.error};
  std::array<int, 3> moved{};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    moved[i] = ::fcntl(wanted[i], F_DUPFD_CLOEXEC, 3);
    if (moved[i] < 0) report_and_exit(report_fd);
  }
  for (std::size_t i = 0; i < moved.size(); ++i) {
    if (::dup2(moved[i], static_cast<int>(i)) < 0) report_and_exit(report_fd);
  }
  close_from(3, report_fd);  // report_fd itself closes at execve
  ::execve(command.path.c_str(), argv, envp);
  report_and_exit(report_fd);
}

}  // namespace

boost::system::result<ChildProcess> ChildProcess::start(const ChildCommand& command,
                                                        ChildStdio stdio) {
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) return error_of(errno);
  UniqueFd report_read(report[0]);
  UniqueFd report_write(report[1]);

  std::vector<std::string> words{command.path};
  words.insert(words.end(), command.args.begin(), command.args.end());
  auto const argv = pointers(words);
  auto const envp = pointers(command.environment);

  pid_t const parent = ::getpid();
  pid_t const pid = ::fork();
  if (pid < 0) return error_of(errno);
  if (pid == 0) {
    become_child(command, argv.data(), envp.data(), stdio, report_write.get(), parent);
  }
  report_write.reset();

  int code = 0;
  ssize_t size = 0;
  do {
    size = ::read(report_read.get(), &code, sizeof code);
  } while (size < 0 && errno == EINTR);
  if (size != 0) {
    ::waitpid(pid, nullptr, 0);
    return error_of(size == sizeof code ? code : EIO);
  }
  return ChildProcess(pid, UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)), exit_(other.exit_) {}

std::optional<ChildExit> ChildProcess::exit_status() noexcept {
  if (exit_ || pid_ < 0) return exit_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  exit_ = child_exit(status);
  return exit_;
}

void ChildProcess::kill() noexcept {
  if (pid_ <= 0 || exit_) return;  // moved from, or reaped; kill(-1) would reach every process
  // Not reaped yet, so the pid is still its own also where the kernel has no pidfd.
  if (pidfd_)
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  else
    ::kill(pid_, SIGKILL);
}

ChildExit child_exit(int status) noexcept {
  return WIFSIGNALED(status) ? ChildExit{0, WTERMSIG(status)} : ChildExit{WEXITSTATUS(status), 0};
}

std::string describe(const ChildExit& exit) {
  if (exit.signal != 0) {
    return "killed by signal " + std::to_string(exit.signal) + " (" + ::strsignal(exit.signal) +
           ")";
  }
  return "exit status " + std::to_string(exit.code);
}

}  // namespace bridge::server
