// What a process costs the machine: memory and processor time, as /proc has them.
//
// Of the process alone: gopls' own children (`go list`) live for moments.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace bridge::server {

struct ProcessUsage {
  // PSS: pages that n processes share count for one n-th each. What would be given back if it
  // ended.
  std::uint64_t pss_kib = 0;
  std::chrono::milliseconds cpu{};  // user and system, all its threads
};

// nullopt where there is no such process (any more), or it is not ours to look at. The kernel walks
// the process's mappings for it: about 1 ms for each GiB, so not for a path that is hot.
std::optional<ProcessUsage> process_usage(pid_t pid);

}  // namespace bridge::server
