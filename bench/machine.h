// The facts about this machine and build that figures mean nothing without.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "bench/report.h"

namespace bridge::bench {

// "command", "version", "date", "machine", "kernel", "load". `command`: as it was typed.
void add_machine(Report& report, const std::string& version, const std::string& command);

// Busy time of the whole machine that was not ours, between construction and share(). The kernel
// counts in 10 ms: for whole rounds, not for cells.
class ForeignWatch {
 public:
  ForeignWatch();
  // Of all CPUs' time. What we started must have been reaped.
  double share() const;

 private:
  std::chrono::duration<double> busy_;
  std::chrono::duration<double> ours_;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace bridge::bench
