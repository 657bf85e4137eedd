// Counts the system calls of another process without stopping it: the kernel's tracepoint
// raw_syscalls:sys_enter, counted by perf_event_open(2). Needs a mounted tracefs that we may read
// and the right to use it (root, or CAP_PERFMON); ptrace would do without, and change what it
// counts.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::bench {

class SystemCalls {
 public:
  // Counts from now on, all of these together. Check permitted() first.
  explicit SystemCalls(const std::vector<pid_t>& processes);
  // Nothing where the kernel refused.
  std::optional<std::uint64_t> count() const;

  // Why not, and what to do; empty where it works.
  static const std::string& why_not();

 private:
  std::vector<kernel::UniqueFd> counters_;
};

}  // namespace bridge::bench
