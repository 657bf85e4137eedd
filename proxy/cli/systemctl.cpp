#include "proxy/cli/systemctl.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string_view>

#include "proxy/kernel/unique_fd.h"
#include "proxy/server/child_process.h"

namespace bridge::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{30};  // its own jobs take milliseconds; a bus may hang

std::string find_systemctl(const server::Environment& environment) {
  std::string const path = std::string(environment.get("PATH")) + ":/usr/bin:/bin";
  for (std::size_t begin = 0; begin <= path.size();) {
    auto const end = std::min(path.find(':', begin), path.size());
    auto program = path.substr(begin, end - begin) + "/systemctl";
    if (program.front() == '/' && ::access(program.c_str(), X_OK) == 0) return program;
    begin = end + 1;
  }
  return {};
}

int left_ms(Clock::time_point deadline) {
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::max<std::chrono::milliseconds::rep>(left, 0));
}

}  // namespace

Systemctl::Systemctl(const server::Environment& environment)
    : program_(find_systemctl(environment)) {
  if (program_.empty()) {
    absence_ = "there is no systemctl here";
    return;
  }
  for (const char* const* entry = environment.entries(); *entry != nullptr; ++entry)
    environment_.emplace_back(*entry);
  // Shells that were started without a login session have none, and then systemctl finds nobody.
  if (environment.get("XDG_RUNTIME_DIR").empty()) {
    auto const usual = "/run/user/" + std::to_string(::geteuid());
    if (::access(usual.c_str(), X_OK) == 0) environment_.push_back("XDG_RUNTIME_DIR=" + usual);
  }
  auto const answer = run({"show", "--property=Version"});
  if (answer.code != 0) absence_ = "systemd does not run for this user here";
}

Systemctl::Outcome Systemctl::run(std::vector<std::string> args) const {
  Outcome outcome;
  args.insert(args.begin(), {"--user", "--no-pager", "--no-ask-password"});
  int ends[2];
  kernel::UniqueFd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null || ::pipe2(ends, O_CLOEXEC) != 0) return outcome;
  kernel::UniqueFd const output(ends[0]);
  kernel::UniqueFd input(ends[1]);
  auto child = server::ChildProcess::start(
      {.path = program_, .args = std::move(args), .environment = environment_},
      {.in = null.get(), .out = input.get(), .error = input.get()});
  input.reset();
  if (!child) return outcome;

  auto const deadline = Clock::now() + kPatience;
  for (;;) {
    pollfd one{output.get(), POLLIN, 0};
    if (::poll(&one, 1, left_ms(deadline)) <= 0) break;
    char piece[4096];
    auto const got = ::read(output.get(), piece, sizeof piece);
    if (got <= 0) break;
    outcome.output.append(piece, static_cast<std::size_t>(got));
  }
  pollfd ended{child->exit_fd(), POLLIN, 0};  // pidfd: Linux 5.3
  if (::poll(&ended, 1, left_ms(deadline)) != 1) child->kill();
  ::poll(&ended, 1, -1);
  if (auto const exit = child->exit_status(); exit && exit->signal == 0) outcome.code = exit->code;
  return outcome;
}

}  // namespace bridge::cli
