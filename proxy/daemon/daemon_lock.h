// What makes a daemon the only one in its directory: a lock that the kernel drops when its process
// ends, however it ends. It survives a re-execution.
#pragma once

#include "proxy/kernel/unique_fd.h"
#include "proxy/lease/runtime_directory.h"

namespace bridge::daemon {

// Empty where another process has it, or it cannot be made (errno says which: EWOULDBLOCK).
kernel::UniqueFd take_daemon_lock(const lease::RuntimeDirectory& directory);

}  // namespace bridge::daemon
