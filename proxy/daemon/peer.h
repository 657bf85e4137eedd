// Who connected, and whether that process lives in the same world as the daemon: another user, or
// one in a container or sandbox, must not share a gopls that sees other files than it does.
#pragma once

#include <sys/types.h>

#include <string>

namespace bridge::daemon {

struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
  // Not empty: it is refused, and why, in words for the user.
  std::string refusal;
};

// Of the process that connected (SO_PEERCRED). Compares: uid; mount, user, pid and network
// namespaces; NoNewPrivs and Seccomp, which a shared gopls of the daemon's would not have. What
// /proc does not tell is a refusal.
Peer look_at_peer(int socket);

}  // namespace bridge::daemon
