#include "proxy/lease/connected_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "proxy/lease/server_address.h"

namespace bridge::lease {
namespace {

using kernel::UniqueFd;

// A local server answers a connect at once or is not there. A bound socket refuses until listen()
// is called, hence the short patience with ECONNREFUSED.
constexpr int kConnectTimeoutMs = 1000;
constexpr int kRefusedRetryMs = 5;
constexpr int kRefusedRetries = 20;

// 0, or an errno. The socket is non-blocking here and ours alone.
int connect_within(int fd, const ServerAddress& address) {
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
  ServerAddress address;
  if (std::string const problem = parse_server_address(address_, address); !problem.empty()) {
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
  UniqueFd write(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 3));
  if (!write) return failed(errno);
  ServerConnection connection;
  connection.read = std::move(socket);
  connection.write = std::move(write);
  connection.sharing = Sharing::connected;
  connection.name = "server at " + address_;
  return connection;
}

}  // namespace bridge::lease
