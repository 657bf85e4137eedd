// How a stream socket sends what we write to it.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace bridge::kernel {

// What any process may ask for (net.core.wmem_max as Linux ships it); the kernel doubles it. It is
// also the default without the doubling: a frame of 256 KiB then fits as a whole, and its writer
// does not sleep in the middle of it.
inline constexpr int kSendBufferBytes = 212992;

// A Unix socket's send buffer becomes that large if it is smaller; TCP sends each frame at once,
// for frames are requests and answers, and Nagle would hold one for 40 ms. Anything else is left
// alone. Where that is refused, everything works as before, slower. Of an inherited socket this
// changes what others share; its sole effect on them is that more of what they write is taken, or
// sent, at once.
inline void set_sender_options(int socket) noexcept {
  int domain = 0;
  socklen_t size = sizeof domain;
  if (::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return;
  if (domain == AF_INET || domain == AF_INET6) {
    int const on = 1;
    (void)::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  int bytes = 0;
  size = sizeof bytes;
  if (domain != AF_UNIX || ::getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, &size) != 0) return;
  if (bytes >= 2 * kSendBufferBytes) return;
  bytes = kSendBufferBytes;
  (void)::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

}  // namespace bridge::kernel
