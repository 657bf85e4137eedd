// Where the echo server listens, and connecting to it.
#pragma once

#include <cstdint>
#include <string>

#include "proxy/kernel/unique_fd.h"

namespace bridge::bench {

struct Address {
  enum class Kind : std::uint8_t { none, unix_path, tcp, vsock };
  Kind kind = Kind::none;
  std::string path;       // of a Unix socket
  unsigned int port = 0;  // of the others: 127.0.0.1, or this machine's own CID
};

struct Listener {
  kernel::UniqueFd socket;
  unsigned int port = 0;  // that the kernel chose
};

// Both throw Broken.
Listener listen_at(const Address& address);
kernel::UniqueFd connect_to(const Address& address);  // blocking; TCP_NODELAY is set

// Whether the kernel carries AF_VSOCK to itself (vsock_loopback); tries it, for 0.3 s at most.
bool has_vsock_loopback();

}  // namespace bridge::bench
