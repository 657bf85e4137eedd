#include "tests/rigs/stdio_child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace bridge::rigs {
namespace {

[[noreturn]] void fail_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Pair {
  kernel::UniqueFd ours, childs;
};

// `number`: which descriptor of the child, for the direction of a FIFO.
Pair make_stdio(StdioKind kind, int number) {
  int fds[2];
  if (kind == StdioKind::socketpair) {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) fail_errno("socketpair");
  } else {
    if (::pipe2(fds, O_CLOEXEC) != 0) fail_errno("pipe2");
    if (number == 0) std::swap(fds[0], fds[1]);
  }
  Pair pair{kernel::UniqueFd(fds[0]), kernel::UniqueFd(fds[1])};
  if (::fcntl(pair.ours.get(), F_SETFL, ::fcntl(pair.ours.get(), F_GETFL) | O_NONBLOCK) != 0)
    fail_errno("fcntl");
  return pair;
}

std::vector<std::string> merged_env(const std::vector<std::string>& changes) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view const name = std::string_view(*entry).substr(0, std::strcspn(*entry, "="));
    auto const changed = std::any_of(changes.begin(), changes.end(), [&](auto const& change) {
      return std::string_view(change).substr(0, change.find('=')) == name;
    });
    if (!changed) merged.emplace_back(*entry);
  }
  // Also where a test is run by hand: no session of a test meets the user's own daemon unasked.
  if (::getenv("GOPLS_BRIDGE_SHARE") == nullptr &&
      std::none_of(changes.begin(), changes.end(),
                   [](auto const& change) { return change.starts_with("GOPLS_BRIDGE_SHARE="); }))
    merged.emplace_back("GOPLS_BRIDGE_SHARE=false");
  for (auto const& change : changes)
    if (change.find('=') != std::string::npos) merged.push_back(change);
  return merged;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (auto const& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

// In the child, after fork: only async-signal-safe calls. libuv and std::process do the same:
// signals to their defaults, nothing blocked.
[[noreturn]] void become(char* const* argv, char* const* env, const char* directory,
                         const int (&stdio)[3], int report) {
  for (int signal = 1; signal < 32; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  bool ready = directory == nullptr || ::chdir(directory) == 0;
  for (int number = 0; ready && number < 3; ++number)
    ready = ::dup2(stdio[number], number) == number;
  if (ready) ::execve(argv[0], argv, env);
  int const error = errno;
  [[maybe_unused]] auto const told = ::write(report, &error, sizeof error);
  ::_exit(127);
}

}  // namespace

std::string to_string(const ExitStatus& status) {
  return status.signal != 0 ? "signal " + std::to_string(status.signal)
                            : "exit code " + std::to_string(status.code);
}

StdioChild::StdioChild(ChildSettings settings) : settings_(std::move(settings)) {
  ::signal(SIGPIPE, SIG_IGN);  // for writes into a FIFO whose reader has gone
  auto input = make_stdio(settings_.stdio, 0);
  auto output = make_stdio(settings_.stdio, 1);
  auto errors = make_stdio(settings_.stdio, 2);
  int report_fds[2];
  if (::pipe2(report_fds, O_CLOEXEC) != 0) fail_errno("pipe2");
  kernel::UniqueFd report_read(report_fds[0]), report_write(report_fds[1]);

  auto const env = merged_env(settings_.env);
  auto const argv_pointers = pointers(settings_.argv);
  auto const env_pointers = pointers(env);
  int const stdio[3] = {input.childs.get(), output.childs.get(), errors.childs.get()};
  for (std::size_t number = 0; number < 3; ++number)
    first_child_end_flags_[number] = ::fcntl(stdio[number], F_GETFL);
  pid_t const pid = ::fork();
  if (pid < 0) fail_errno("fork");
  if (pid == 0)
    become(argv_pointers.data(), env_pointers.data(),
           settings_.directory.empty() ? nullptr : settings_.directory.c_str(), stdio,
           report_write.get());
  watch_.emplace(pid);
  report_write.reset();
  int error = 0;
  if (::read(report_read.get(), &error, sizeof error) == sizeof error) {
    ::waitpid(pid, nullptr, 0);
    throw std::system_error(error, std::generic_category(), "start " + settings_.argv[0]);
  }
  stdin_ = std::move(input.ours);
  stdout_ = std::move(output.ours);
  stderr_ = std::move(errors.ours);
  if (settings_.keep_child_ends)
    child_ends_ = {std::move(input.childs), std::move(output.childs), std::move(errors.childs)};
}

StdioChild::~StdioChild() {
  if (status_ || !watch_) return;
  ::kill(pid(), SIGKILL);  // our child and not reaped: the pid cannot be another's
  ::waitpid(pid(), nullptr, 0);
}

void StdioChild::fail(std::string_view what) const {
  throw std::runtime_error(std::string(what) + "\n  program: " + settings_.argv[0] +
                           "\n  its stderr: " + errors_ +
                           "\n  unread stdout: " + std::string(frames_.rest().substr(0, 400)));
}

bool StdioChild::take(kernel::UniqueFd& fd, std::string& into, FrameReader* frames) {
  static std::array<char, 65536> buffer;
  auto const got = ::read(fd.get(), buffer.data(), buffer.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  // A socket whose peer left input unread ends with ECONNRESET: an end all the same.
  if (got <= 0) {
    fd.reset();
    return true;
  }
  std::string_view const bytes(buffer.data(), static_cast<std::size_t>(got));
  into += bytes;
  if (frames != nullptr) frames->feed(bytes);
  return true;
}

void StdioChild::turn(Until until, std::chrono::steady_clock::time_point deadline,
                      std::string_view what) {
  auto const now = std::chrono::steady_clock::now();
  if (now >= deadline) fail("nothing came in time: waited for " + std::string(what));
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
  // poll() skips negative descriptors.
  pollfd set[4] = {{stdout_.get(), POLLIN, 0},
                   {stderr_.get(), POLLIN, 0},
                   {until == Until::writable ? stdin_.get() : -1, POLLOUT, 0},
                   {until == Until::exited ? watch_->fd() : -1, POLLIN, 0}};
  if (::poll(set, 4, static_cast<int>(left)) < 0 && errno != EINTR) fail_errno("poll");
  if (set[0].revents != 0) take(stdout_, received_, &frames_);
  if (set[1].revents != 0) take(stderr_, errors_, nullptr);
}

void StdioChild::send(std::string_view bytes) {
  auto const until = deadline();
  while (!bytes.empty()) {
    auto const count = send_some(bytes);
    bytes.remove_prefix(count);
    if (!bytes.empty()) turn(Until::writable, until, "the program to read its stdin");
  }
}

std::size_t StdioChild::send_some(std::string_view bytes) {
  auto const sent = settings_.stdio == StdioKind::socketpair
                        ? ::send(stdin_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL)
                        : ::write(stdin_.get(), bytes.data(), bytes.size());
  if (sent < 0) {
    if (errno == EAGAIN || errno == EINTR) return 0;
    fail(std::string("cannot send: ") + std::strerror(errno));
  }
  sent_ += bytes.substr(0, static_cast<std::size_t>(sent));
  return static_cast<std::size_t>(sent);
}

std::optional<std::string> StdioChild::read_frame() {
  auto const until = deadline();
  for (;;) {
    if (auto body = frames_.next()) return body;
    if (!stdout_) {
      if (!frames_.rest().empty()) fail("stdout ended inside a frame");
      return std::nullopt;
    }
    turn(Until::any, until, "a frame");
  }
}

std::string StdioChild::read_to_end() {
  auto const until = deadline();
  while (stdout_) turn(Until::any, until, "the end of stdout");
  std::string rest(frames_.rest());
  frames_ = {};
  return rest;
}

void StdioChild::wait_for_output_text(std::string_view text) {
  auto const until = deadline();
  while (received_.find(text) == std::string::npos) {
    if (!stdout_) fail("stdout ended without: " + std::string(text));
    turn(Until::any, until, "on stdout: " + std::string(text));
  }
}

void StdioChild::wait_for_error_text(std::string_view text) {
  auto const until = deadline();
  while (errors_.find(text) == std::string::npos) {
    if (!stderr_) fail("stderr ended without: " + std::string(text));
    turn(Until::any, until, "on stderr: " + std::string(text));
  }
}

ExitStatus StdioChild::wait_exit() {
  if (status_) return *status_;
  auto const until = deadline();
  while (!watch_->wait_ended(std::chrono::milliseconds(0))) turn(Until::exited, until, "its exit");
  int raw = 0;
  if (::waitpid(pid(), &raw, 0) != pid()) fail_errno("waitpid");
  status_ = WIFEXITED(raw) ? ExitStatus{WEXITSTATUS(raw), 0} : ExitStatus{-1, WTERMSIG(raw)};
  // What it wrote before it ended is in the kernel; others may still hold the other ends.
  while (stdout_ && take(stdout_, received_, &frames_)) {
  }
  while (stderr_ && take(stderr_, errors_, nullptr)) {
  }
  return *status_;
}

std::array<int, 3> StdioChild::child_end_flags() const {
  std::array<int, 3> flags{};
  for (std::size_t number = 0; number < flags.size(); ++number)
    flags[number] = ::fcntl(child_ends_[number].get(), F_GETFL);
  return flags;
}

void StdioChild::close_child_ends() {
  for (auto& end : child_ends_) end.reset();
}

}  // namespace bridge::rigs
