#include "proxy/daemon/peer.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "proxy/kernel/unique_fd.h"

namespace bridge::daemon {
namespace {

// Linux 6.6 writes 1.5 KB; what is looked for lies before the lists of processors.
constexpr std::size_t kStatusBytesMax = std::size_t{8} * 1024;

struct Same {
  const char* file;  // of /proc/PID
  const char* what;
};
// The likely one first: it is the one that is told.
constexpr std::array<Same, 5> kSame = {{
    {"ns/mnt", "mount namespace"},
    {"ns/user", "user namespace"},
    {"ns/pid", "pid namespace"},
    {"ns/net", "network namespace"},
    {"root", "root directory"},
}};

std::optional<unsigned> number_of(std::string_view status, std::string_view name, int base) {
  for (std::size_t at = 0; at < status.size();) {
    auto const end = status.find('\n', at);
    if (end == std::string_view::npos) break;  // a line without end may be cut
    auto const line = status.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ':') continue;
    auto const digits = line.find_first_not_of(" \t", name.size() + 1);
    if (digits == std::string_view::npos) return std::nullopt;
    unsigned value = 0;
    auto const [rest, error] =
        std::from_chars(line.data() + digits, line.data() + line.size(), value, base);
    if (error != std::errc() || rest != line.data() + line.size()) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

ProcessLimits limits_of(const std::string& process) {
  kernel::UniqueFd const file(::open((process + "/status").c_str(), O_RDONLY | O_CLOEXEC));
  std::string status(kStatusBytesMax, '\0');
  ssize_t const got = file ? ::read(file.get(), status.data(), status.size()) : 0;
  status.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return read_process_limits(status);
}

// "": it lives where we do.
std::string refusal_of(const std::string& process, const ProcessLimits& peer) {
  for (auto const& [file, what] : kSame) {
    struct stat own;
    struct stat other;
    if (::stat((std::string("/proc/self/") + file).c_str(), &own) != 0 ||
        ::stat((process + '/' + file).c_str(), &other) != 0)
      return std::string("its ") + what + " cannot be seen";
    if (own.st_dev != other.st_dev || own.st_ino != other.st_ino)
      return std::string("it runs in another ") + what + " (a container or sandbox)";
  }
  auto const own = limits_of("/proc/self");
  if (!own.complete || !peer.complete) return "its privileges cannot be seen";
  // Both ways: what started this daemon may have been confined, and what it serves need not be.
  if (peer.no_new_privileges != own.no_new_privileges)
    return "of it and the daemon one may gain privileges, and one may not (NoNewPrivs)";
  if (peer.seccomp_filters != own.seccomp_filters)
    return "its system calls are filtered otherwise than the daemon's (Seccomp)";
  return {};
}

}  // namespace

ProcessLimits read_process_limits(std::string_view status) {
  auto const umask = number_of(status, "Umask", 8);
  auto const no_new_privileges = number_of(status, "NoNewPrivs", 10);
  auto const seccomp = number_of(status, "Seccomp", 10);
  auto const filters = number_of(status, "Seccomp_filters", 10);
  ProcessLimits limits;
  // A kernel built without seccomp has no such line; with it there is one for every process.
  limits.complete = umask && no_new_privileges;
  limits.umask = umask.value_or(077);
  limits.no_new_privileges = no_new_privileges.value_or(0) != 0;
  // Mode 1, "strict", has no filter and allows four calls.
  limits.seccomp_filters = std::max(filters.value_or(0), seccomp.value_or(0) == 0 ? 0U : 1U);
  return limits;
}

Peer look_at_peer(int socket) {
  Peer peer;
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    peer.uid = static_cast<uid_t>(-1);
    peer.refusal = "who it is cannot be seen";
    return peer;
  }
  peer.pid = credentials.pid;
  peer.uid = credentials.uid;
  if (peer.uid != ::geteuid()) {
    peer.refusal = "it belongs to uid " + std::to_string(peer.uid);
    return peer;
  }
  // No number of ours: it is in a pid namespace beside or above.
  if (peer.pid <= 0) {
    peer.refusal = "it runs in another pid namespace (a container or sandbox)";
    return peer;
  }
  std::string const process = "/proc/" + std::to_string(peer.pid);
  auto const limits = limits_of(process);
  peer.umask = limits.umask;
  peer.refusal = refusal_of(process, limits);
  return peer;
}

}  // namespace bridge::daemon
