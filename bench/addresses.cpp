#include "bench/addresses.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
// After sys/socket.h, which it needs.
#include <linux/vm_sockets.h>

#include <cerrno>
#include <cstring>

#include "bench/process.h"

namespace bridge::bench {

using kernel::UniqueFd;

namespace {

constexpr int kBacklog = 128;
constexpr int kVsockPatienceMs = 300;  // a loopback answers at once or never

// Any of the three families, as the calls want it.
struct RawAddress {
  union {
    sockaddr any;
    sockaddr_un unix_path;
    sockaddr_in tcp;
    sockaddr_vm vsock;
  };
  socklen_t size = 0;
};

RawAddress raw_address(const Address& address, bool for_listening) {
  RawAddress raw{};
  switch (address.kind) {
    case Address::Kind::unix_path:
      raw.unix_path.sun_family = AF_UNIX;
      if (address.path.size() >= sizeof raw.unix_path.sun_path)
        throw Broken("too long for a socket: " + address.path + " (set TMPDIR)");
      std::memcpy(raw.unix_path.sun_path, address.path.c_str(), address.path.size() + 1);
      raw.size = sizeof raw.unix_path;
      break;
    case Address::Kind::tcp:
      raw.tcp.sin_family = AF_INET;
      raw.tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      raw.tcp.sin_port = htons(static_cast<std::uint16_t>(address.port));
      raw.size = sizeof raw.tcp;
      break;
    case Address::Kind::vsock:
    case Address::Kind::none:
      raw.vsock.svm_family = AF_VSOCK;
      raw.vsock.svm_cid = for_listening ? VMADDR_CID_ANY : VMADDR_CID_LOCAL;
      raw.vsock.svm_port = for_listening ? VMADDR_PORT_ANY : address.port;
      raw.size = sizeof raw.vsock;
      break;
  }
  return raw;
}

UniqueFd make_socket(const RawAddress& raw, int flags = 0) {
  UniqueFd socket(::socket(raw.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!socket) fail("socket");
  return socket;
}

}  // namespace

Listener listen_at(const Address& address) {
  RawAddress raw = raw_address(address, true);
  Listener listener{make_socket(raw), 0};
  int const fd = listener.socket.get();
  if (::bind(fd, &raw.any, raw.size) != 0) fail("bind " + address.path);
  if (::listen(fd, kBacklog) != 0) fail("listen " + address.path);
  socklen_t size = raw.size;
  if (address.kind == Address::Kind::unix_path) return listener;
  if (::getsockname(fd, &raw.any, &size) != 0) fail("getsockname");
  listener.port = address.kind == Address::Kind::tcp ? ntohs(raw.tcp.sin_port) : raw.vsock.svm_port;
  return listener;
}

UniqueFd connect_to(const Address& address) {
  RawAddress const raw = raw_address(address, false);
  UniqueFd socket = make_socket(raw);
  if (::connect(socket.get(), &raw.any, raw.size) != 0) fail("connect " + address.path);
  int const on = 1;
  if (address.kind == Address::Kind::tcp)
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

bool has_vsock_loopback() {
  try {
    Listener const listener = listen_at({Address::Kind::vsock, {}, 0});
    RawAddress const raw = raw_address({Address::Kind::vsock, {}, listener.port}, false);
    UniqueFd const socket = make_socket(raw, SOCK_NONBLOCK);
    if (::connect(socket.get(), &raw.any, raw.size) == 0) return true;
    pollfd one{socket.get(), POLLOUT, 0};
    int error = 0;
    socklen_t size = sizeof error;
    return errno == EINPROGRESS && ::poll(&one, 1, kVsockPatienceMs) == 1 &&
           ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
  } catch (const Broken&) {
    return false;
  }
}

}  // namespace bridge::bench
