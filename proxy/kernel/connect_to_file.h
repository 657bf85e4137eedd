// Connects to a Unix socket by a descriptor (O_PATH) of its file, not by its path: the path may be
// longer than an address may be, or lead there no more.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "proxy/kernel/unique_fd.h"

namespace bridge::kernel {

// `type`: SOCK_STREAM or SOCK_SEQPACKET. Non-blocking, close-on-exec. Empty: errno says why;
// EAGAIN: the listener's backlog is full.
inline UniqueFd connect_to_file(int file, int type) {
  UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string const link = "/proc/self/fd/" + std::to_string(file);
  std::memcpy(address.sun_path, link.c_str(), link.size() + 1);
  bool const connected =
      fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  int const error = errno;
  if (!connected) fd.reset();
  errno = error;
  return fd;
}

}  // namespace bridge::kernel
