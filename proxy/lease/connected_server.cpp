#include "proxy/lease/connected_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

namespace bridge::lease {
namespace {

using kernel::UniqueFd;

// A local server answers a connect at once or is not there. A bound socket refuses until listen()
// is called, hence the short patience with ECONNREFUSED.
constexpr int kConnectTimeoutMs = 1000;
constexpr int kRefusedRetryMs = 5;
constexpr int kRefusedRetries = 20;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  bool tcp = false;
};

std::string parse_unix(std::string_view path, Address& address) {
  auto* const unix_address = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.empty()) return "the path is empty";
  if (path.size() >= sizeof unix_address->sun_path) {
    return "the path is longer than the 107 bytes that a Unix socket address holds";
  }
  unix_address->sun_family = AF_UNIX;
  std::memcpy(unix_address->sun_path, path.data(), path.size());
  std::size_t size = offsetof(sockaddr_un, sun_path) + path.size();
  if (path.front() == '@') {
    unix_address->sun_path[0] = '\0';
  } else {
    ++size;  // the terminating zero
  }
  address.size = static_cast<socklen_t>(size);
  return {};
}

std::string parse_tcp(std::string_view text, Address& address) {
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos) return "neither a path nor address:port";
  std::string_view host = text.substr(0, colon);
  std::string_view const port_text = text.substr(colon + 1);
  std::uint16_t port = 0;
  auto const [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc() || end != port_text.data() + port_text.size() || port == 0) {
    return "the port is not a number from 1 to 65535";
  }
  if (host == "localhost" || host.empty()) host = "127.0.0.1";
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::string const host_text(host);
  address.tcp = true;

  auto* const v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (::inet_pton(AF_INET, host_text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size = sizeof *v4;
    return {};
  }
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET6, host_text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof *v6;
    return {};
  }
  return "the host must be a numeric address or localhost: this static program has no name service";
}

std::string parse(std::string_view text, Address& address) {
  if (text.starts_with("unix;") || text.starts_with("unix:")) {
    return parse_unix(text.substr(5), address);
  }
  if (text.starts_with("tcp;")) return parse_tcp(text.substr(4), address);
  if (text.starts_with('/') || text.starts_with('@') || text.starts_with('.')) {
    return parse_unix(text, address);
  }
  return parse_tcp(text, address);
}

// 0, or an errno. The socket is non-blocking here and ours alone.
int connect_within(int fd, const Address& address) {
  auto const* const generic = reinterpret_cast<const sockaddr*>(&address.storage);
  for (int attempt = 0;; ++attempt) {
    if (::connect(fd, generic, address.size) == 0) return 0;
    if (errno == EINPROGRESS) {
      pollfd one{fd, POLLOUT, 0};
      if (::poll(&one, 1, kConnectTimeoutMs) != 1) return ETIMEDOUT;
      int error = 0;
      socklen_t size = sizeof error;
      if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
      return error;
    }
    // EAGAIN: a Unix listener whose backlog is full.
    bool const again = errno == ECONNREFUSED || errno == EAGAIN || errno == EINTR;
    if (!again || address.tcp || attempt >= kRefusedRetries) return errno;
    ::poll(nullptr, 0, kRefusedRetryMs);
  }
}

}  // namespace

boost::system::result<ServerConnection, AcquireError> ConnectedServer::acquire(AcquireReason) {
  Address address;
  if (std::string const problem = parse(address_, address); !problem.empty()) {
    return AcquireError{"cannot connect to \"" + address_ + "\": " + problem};
  }
  auto const failed = [this](int error) {
    return AcquireError{"cannot connect to the server at " + address_ + ": " +
                        std::strerror(error)};
  };
  UniqueFd socket(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return failed(errno);
  if (int const error = connect_within(socket.get(), address); error != 0) return failed(error);
  if (address.tcp) {
    // Frames are requests and answers: Nagle would hold each for 40 ms.
    int const on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  UniqueFd write(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 3));
  if (!write) return failed(errno);
  ServerConnection connection;
  connection.read = std::move(socket);
  connection.write = std::move(write);
  connection.shared = true;
  connection.name = "server at " + address_;
  return connection;
}

}  // namespace bridge::lease
