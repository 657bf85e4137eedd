// How much of the machine others use meanwhile: on a busy one no figure of milliseconds means much.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <vector>

namespace bridge::bench {

class ForeignShare {
 public:
  // `ours`: what we have started and what must live until share(). We ourselves are counted too.
  explicit ForeignShare(std::vector<pid_t> ours);

  // Of all CPUs' time since then, the part that neither we nor they have used: 0 to 1. The kernel
  // counts in steps of 10 ms.
  double share() const;

 private:
  std::chrono::nanoseconds our_time() const;

  std::vector<pid_t> ours_;
  std::chrono::nanoseconds ours_before_;
  std::chrono::nanoseconds all_before_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace bridge::bench
