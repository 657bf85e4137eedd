// The sockets that fronts and raw clients connect to: systemd's, or our own at paths of our own.
//
// A socket of ours is bound under the daemon's lock: whatever lies at its path then is a dead
// daemon's. systemd's are never bound, unlinked or renamed by us.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "proxy/daemon/service_manager.h"
#include "proxy/kernel/unique_fd.h"
#include "proxy/lease/runtime_directory.h"

namespace bridge::daemon {

struct ListeningSocket {
  kernel::UniqueFd fd;
  bool raw = false;   // for editors that connect by themselves; else the control protocol
  bool ours = false;  // bound by us
  std::string path;   // empty: inherited without one
  ino_t inode = 0;    // of the file, where it is ours
};

// Of what was inherited, what is a listening socket of the right type, by its name: "control",
// "lsp".
std::vector<ListeningSocket> sort_inherited(std::vector<InheritedSocket> inherited);

// Binds and listens. An empty fd, and why, where it cannot be.
ListeningSocket bind_socket(const lease::RuntimeDirectory& directory, const char* name, bool raw,
                            std::string& error);

// Whether its path still leads to it.
bool is_bound_there(const ListeningSocket& socket);

}  // namespace bridge::daemon
