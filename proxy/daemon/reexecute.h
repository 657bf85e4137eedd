// The daemon becomes its own newer build: same process, same sockets, same lock. Its servers are
// adopted, its fronts connect again, as after any daemon's end; but nothing is ever unreachable.
#pragma once

#include <string>
#include <vector>

#include "proxy/daemon/sockets.h"

namespace bridge::daemon {

inline constexpr char kLockName[] = "lock";  // among what is inherited

// `manager_variables`: ServiceManager::variables(). Executes the program with the words of this
// process' command line, and passes the sockets and the lock as systemd would. Returns only on
// failure: the error, in words.
std::string reexecute(const std::string& program, const std::vector<ListeningSocket*>& sockets,
                      int lock, const std::vector<std::string>& manager_variables);

}  // namespace bridge::daemon
