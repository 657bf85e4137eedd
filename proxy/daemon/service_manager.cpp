#include "proxy/daemon/service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace bridge::daemon {
namespace {

constexpr int kFirstInherited = 3;           // SD_LISTEN_FDS_START, sd_listen_fds(3)
constexpr std::uint64_t kInheritedMax = 64;  // what a stray LISTEN_FDS may make us close at most
constexpr char kReady[] = "READY=1";
constexpr timeval kReadyPatience{.tv_sec = 1, .tv_usec = 0};

std::string take_variable(const char* name) {
  const char* const value = std::getenv(name);
  std::string text = value == nullptr ? std::string() : std::string(value);
  ::unsetenv(name);
  return text;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  auto const [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end || text.empty()) return std::nullopt;
  return value;
}

// Variables that a child of the addressed process inherits are not for the child.
bool is_for_us(std::string_view pid) {
  return number(pid) == static_cast<std::uint64_t>(::getpid());
}

}  // namespace

std::vector<InheritedSocket> take_inherited_sockets() {
  auto const pid = take_variable("LISTEN_PID");
  auto const count = number(take_variable("LISTEN_FDS"));
  auto const names_text = take_variable("LISTEN_FDNAMES");
  std::vector<InheritedSocket> sockets;
  if (!is_for_us(pid) || !count || *count > kInheritedMax) return sockets;

  std::string_view names = names_text;
  for (int fd = kFirstInherited; fd < kFirstInherited + static_cast<int>(*count); ++fd) {
    auto const colon = names.find(':');
    auto const name = names.substr(0, colon);
    names = colon == std::string_view::npos ? std::string_view() : names.substr(colon + 1);
    int const flags = ::fcntl(fd, F_GETFD);
    if (flags < 0) continue;  // announced, but not there
    ::fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
    sockets.push_back(
        {.name = name.empty() ? "unknown" : std::string(name), .fd = kernel::UniqueFd(fd)});
  }
  return sockets;
}

ServiceManager::ServiceManager() {
  address_ = take_variable("NOTIFY_SOCKET");
  auto const period = take_variable("WATCHDOG_USEC");
  auto const pid = take_variable("WATCHDOG_PID");
  // A path or an abstract name; what else systemd knows (vsock) is for virtual machines.
  if (address_.size() < 2 || address_.size() >= sizeof(sockaddr_un::sun_path) ||
      (address_[0] != '/' && address_[0] != '@'))
    address_.clear();
  if (address_.empty()) return;

  variables_.push_back("NOTIFY_SOCKET=" + address_);
  if (auto const microseconds = number(period);
      microseconds && *microseconds > 0 && (pid.empty() || is_for_us(pid))) {
    watchdog_ = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::microseconds(*microseconds / 2));
    variables_.push_back("WATCHDOG_USEC=" + period);
    if (!pid.empty()) variables_.push_back("WATCHDOG_PID=" + pid);
  }
  socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket_)
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kReadyPatience, sizeof kReadyPatience);
  connect();
}

// Connected once, not addressed each time: the path may be deleted or mounted over while the
// manager lives (WSL does both to /run/user), and then it would kill us for the silence.
bool ServiceManager::connect() const {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
  auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  return socket_ && ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), size) == 0;
}

void ServiceManager::notify(std::string_view state) const {
  if (!socket_) return;
  int const wait = state.find(kReady) == std::string_view::npos ? MSG_DONTWAIT : 0;
  auto const send = [&] {
    return ::send(socket_.get(), state.data(), state.size(), MSG_NOSIGNAL | wait) >= 0;
  };
  if (send()) return;
  // A manager that has re-executed itself listens anew under the old path.
  if (errno == ECONNREFUSED || errno == ENOTCONN || errno == ECONNRESET) {
    if (connect()) send();
  }
}

}  // namespace bridge::daemon
