// The send buffer of a stream socket.
#pragma once

#include <sys/socket.h>

namespace bridge::kernel {

// What any process may ask for (net.core.wmem_max as Linux ships it); the kernel doubles it. It is
// also the default without the doubling: a frame of 256 KiB then fits as a whole, and its writer
// does not sleep in the middle of it.
inline constexpr int kSendBufferBytes = 212992;

// Makes it that large if it is smaller. Where that is refused, everything works as before, slower.
// Of an inherited socket this changes the description that others share: the sole effect on them is
// that more of what they write is taken at once.
inline void enlarge_send_buffer(int socket) noexcept {
  int bytes = 0;
  socklen_t size = sizeof bytes;
  if (::getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, &size) != 0) return;
  if (bytes >= 2 * kSendBufferBytes) return;
  bytes = kSendBufferBytes;
  (void)::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

}  // namespace bridge::kernel
