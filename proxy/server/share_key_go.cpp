#include "proxy/server/share_key_go.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "proxy/kernel/unique_fd.h"
#include "proxy/server/child_process.h"
#include "proxy/server/go_build_info.h"

namespace bridge::server {
namespace {

using Clock = std::chrono::steady_clock;
using kernel::UniqueFd;

constexpr std::string_view kGoPackage = "cmd/go";
// Two lines; the first is the version.
constexpr std::size_t kVersionFileBytesMax = 256;
// Four paths.
constexpr std::size_t kShimAnswerBytesMax = std::size_t{4} * PATH_MAX;

std::string parent_of(std::string_view path) {
  return std::string(path.substr(0, path.find_last_of('/')));
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

std::string version_of(const std::string& root) {
  UniqueFd const file(
      ::open((root + "/VERSION").c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return {};
  std::string text(kVersionFileBytesMax, '\0');
  ssize_t const got = ::read(file.get(), text.data(), text.size());
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return first_line(text);
}

// An empty path: it is no go command.
GoCommand look_at(const std::string& real) {
  GoCommand command;
  auto const info = read_build_info(real);
  if (!info || main_package(*info) != kGoPackage) return command;
  command.path = real;
  command.root = parent_of(parent_of(real));
  command.version = version_of(command.root);
  // A Go built from a checkout has no such file.
  if (command.version.empty()) command.version = info->go_version;
  return command;
}

// Without GOROOT: the shim's choice is asked for, not ours. GOTOOLCHAIN=local: the go of the shim,
// not one that it would download for the module here; that comes later, per module.
std::vector<std::string> shim_environment(const std::string& directory,
                                          const Environment& environment) {
  std::vector<std::string> result;
  for (const char* const* entry = environment.entries(); entry != nullptr && *entry != nullptr;
       ++entry) {
    std::string_view const text = *entry;
    auto const name = text.substr(0, text.find('='));
    if (name != "GOROOT" && name != "GOTOOLCHAIN" && name != "PWD") result.emplace_back(text);
  }
  result.emplace_back("GOTOOLCHAIN=local");
  // Shells and shims believe it where it is right.
  if (!directory.empty()) result.push_back("PWD=" + directory);
  return result;
}

std::chrono::milliseconds left_until(Clock::time_point deadline) {
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

enum class Answered : std::uint8_t { yes, late, failed };

// Reads to the end of file.
Answered read_answer(int fd, Clock::time_point deadline, std::string& answer) {
  while (answer.size() < kShimAnswerBytesMax) {
    auto const left = left_until(deadline).count();
    if (left == 0) return Answered::late;
    pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
    int const ready = ::poll(&wanted, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return ready == 0 ? Answered::late : Answered::failed;
    char chunk[1024];
    ssize_t const got = ::read(fd, chunk, sizeof chunk);
    if (got == 0) return Answered::yes;
    if (got < 0 && errno != EINTR) return Answered::failed;
    if (got > 0) answer.append(chunk, static_cast<std::size_t>(got));
  }
  return Answered::failed;
}

// A process may close its stdout and stay. Without a pidfd (Linux before 5.3) it is trusted.
bool ends_in_time(const ChildProcess& child, Clock::time_point deadline) {
  if (child.exit_fd() < 0) return true;
  for (;;) {
    pollfd wanted{.fd = child.exit_fd(), .events = POLLIN, .revents = 0};
    int const ready = ::poll(&wanted, 1, static_cast<int>(left_until(deadline).count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

Answered ask_shim(const std::string& go, const std::string& directory,
                  const Environment& environment, std::chrono::milliseconds patience,
                  std::string& answer) {
  auto const deadline = Clock::now() + patience;
  UniqueFd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  int ends[2];
  if (!null || ::pipe2(ends, O_CLOEXEC) != 0) return Answered::failed;
  UniqueFd const read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  auto child = ChildProcess::start({.path = go,
                                    .args = {"env", "GOROOT", "GOPATH", "GOBIN"},
                                    .environment = shim_environment(directory, environment),
                                    .directory = directory},
                                   {null.get(), write_end.get(), null.get()});
  if (!child) return Answered::failed;
  write_end.reset();
  auto answered = read_answer(read_end.get(), deadline, answer);
  if (answered == Answered::yes && !ends_in_time(*child, deadline)) answered = Answered::late;
  if (answered != Answered::yes) child->kill();
  // Over, or killed: it is waited for only until it is reaped.
  siginfo_t ended;
  while (::waitid(P_PID, static_cast<id_t>(child->pid()), &ended, WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
  auto const status = child->exit_status();
  if (answered == Answered::yes && (!status || *status != ChildExit{})) return Answered::failed;
  return answered;
}

std::string take_line(std::string_view& text) {
  std::string line = first_line(text);
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

}  // namespace

std::string real_path(const std::string& path) {
  char resolved[PATH_MAX];
  return ::realpath(path.c_str(), resolved) == nullptr ? std::string() : std::string(resolved);
}

GoCommand resolve_go(const std::string& go, const std::string& directory,
                     const Environment& environment, std::chrono::milliseconds patience) {
  auto command = look_at(real_path(go));
  if (!command.path.empty()) return command;

  std::string answer;
  auto const answered = ask_shim(go, directory, environment, patience, answer);
  if (answered != Answered::yes) {
    command.complaint =
        "which Go " + go + " runs is not known: `go env GOROOT` " +
        (answered == Answered::late ? "took more than " + std::to_string(patience.count()) + " ms"
                                    : std::string("failed"));
    return command;
  }
  std::string_view rest = answer;
  std::string const root = take_line(rest);
  command = root.starts_with('/') ? look_at(real_path(root + "/bin/go")) : GoCommand{};
  if (command.path.empty()) {
    command.complaint = "which Go " + go + " runs is not known: its GOROOT has no bin/go";
    return command;
  }
  command.gopath = take_line(rest);
  command.gobin = take_line(rest);
  return command;
}

}  // namespace bridge::server
