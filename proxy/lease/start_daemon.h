// Starts a broker daemon where none listens: one front does, the others wait for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "proxy/kernel/unique_fd.h"
#include "proxy/lease/runtime_directory.h"

namespace bridge::lease {

// Held while a front looks whether a daemon listens, and starts one: two would start two. Empty
// where another has it until the deadline.
kernel::UniqueFd take_start_lock(const RuntimeDirectory& directory,
                                 std::chrono::steady_clock::time_point deadline);

struct StartedDaemon {
  // Readable when the daemon listens, or has ended without listening.
  kernel::UniqueFd ready;
  std::string error;  // in words for the user; then there is no daemon
};
// `command`: program and arguments. It forks away by itself (run_daemon.h); nothing of ours stays
// open in it, and nothing of it is left to be reaped.
StartedDaemon start_daemon(const std::vector<std::string>& command);

}  // namespace bridge::lease
