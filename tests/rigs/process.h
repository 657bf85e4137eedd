// Processes seen from outside: wait for the end of one that need not be our child, list children.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::rigs {

// Bounds a wait for something that must happen; never a measure of speed. Below ctest's 30 s, so
// that the test itself says what it waited for.
inline constexpr std::chrono::seconds kWaitMax{25};

// Holds on to one process (a pidfd), whoever its parent is and however its pid is reused later.
class ProcessWatch {
 public:
  explicit ProcessWatch(pid_t pid);  // throws if there is no such process
  pid_t pid() const { return pid_; }
  int fd() const { return pidfd_.get(); }  // readable once it has ended; owned here
  // True once it has ended (a zombie has), false if it still runs after `bound`.
  bool wait_ended(std::chrono::milliseconds bound = kWaitMax) const;
  void kill(int signal) const;  // this process and no other

 private:
  pid_t pid_;
  kernel::UniqueFd pidfd_;
};

// Direct children that have not ended, in order of their pids.
std::vector<pid_t> children_of(pid_t pid);

// /proc/PID/cmdline with spaces between; empty for a zombie or where there is no such process.
std::string command_line(pid_t pid);

// Descriptors this process has open now.
std::size_t open_descriptors();

}  // namespace bridge::rigs
