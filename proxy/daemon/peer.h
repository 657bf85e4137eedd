// Who connected, and whether that process lives in the same world as the daemon: another user, or
// one in a container or sandbox, must not share a gopls that sees other files than it does.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace bridge::daemon {

struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
  mode_t umask = 077;  // which a gopls that is started for it gets
  // Not empty: it is refused, and why, in words for the user.
  std::string refusal;
};

// Of the process that connected (SO_PEERCRED). Compares: uid; mount, user, pid and network
// namespaces; the root directory; NoNewPrivs and the number of Seccomp filters, which a gopls has
// from the daemon. What /proc does not tell is a refusal.
Peer look_at_peer(int socket);

// What /proc/PID/status says of a process' limits; pure.
struct ProcessLimits {
  bool complete = false;  // all was there
  mode_t umask = 077;
  bool no_new_privileges = false;
  unsigned seccomp_filters = 0;  // where Linux does not count them (before 5.9): 1 if there are any
};
ProcessLimits read_process_limits(std::string_view status);

}  // namespace bridge::daemon
