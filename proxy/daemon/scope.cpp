#include "proxy/daemon/scope.h"

#include <fcntl.h>
#include <unistd.h>

#include "proxy/kernel/unique_fd.h"
#include "proxy/observe/log.h"
#include "proxy/server/environment.h"
#include "proxy/server/proc_stat.h"

namespace bridge::daemon {
namespace {

constexpr const char* kBusctl[] = {"/usr/bin/busctl", "/bin/busctl"};

}  // namespace

std::string scope_name(pid_t pid) { return "gopls-bridge-gopls-" + std::to_string(pid) + ".scope"; }

// busctl instead of systemd-run: that one would stand between us and gopls at the start, and its
// own environment would become gopls'.
std::optional<server::ChildProcess> start_scope(pid_t pid, int cpu_weight) {
  const char* program = nullptr;
  for (const char* const candidate : kBusctl) {
    if (program == nullptr && ::access(candidate, X_OK) == 0) program = candidate;
  }
  kernel::UniqueFd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (program == nullptr || !null) return std::nullopt;
  server::ChildCommand const command{.path = program,
                                     .args = {"--user",
                                              "--quiet",
                                              "call",
                                              "org.freedesktop.systemd1",
                                              "/org/freedesktop/systemd1",
                                              "org.freedesktop.systemd1.Manager",
                                              "StartTransientUnit",
                                              "ssa(sv)a(sa(sv))",
                                              scope_name(pid),
                                              "fail",
                                              "4",  //
                                              "PIDs",
                                              "au",
                                              "1",
                                              std::to_string(pid),
                                              "CPUWeight",
                                              "t",
                                              std::to_string(cpu_weight),
                                              "Description",
                                              "s",
                                              "gopls of gopls-bridge",
                                              "CollectMode",
                                              "s",
                                              "inactive-or-failed",  //
                                              "0"},
                                     .environment = server::own_environment()};
  auto child = server::ChildProcess::start(command, {null.get(), null.get(), STDERR_FILENO});
  if (!child) {
    observe::log(observe::LogLevel::warn,
                 std::string("cannot start ") + program + ": " + child.error().message());
    return std::nullopt;
  }
  return std::move(*child);
}

std::string cgroup_of(pid_t pid) {
  // "0::/user.slice/…", the one line of the unified hierarchy.
  std::string const text = server::read_proc_file(pid, "cgroup");
  auto at = text.rfind("0::", text.size());
  while (at != 0 && at != std::string::npos && text[at - 1] != '\n') at = text.rfind("0::", at - 1);
  if (at == std::string::npos) return {};
  auto const end = text.find('\n', at);
  return text.substr(at + 3, end - at - 3);
}

}  // namespace bridge::daemon
