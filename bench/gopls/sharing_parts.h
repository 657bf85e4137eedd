// The parts of the sharing benchmark, each with daemons of its own.
#pragma once

#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "bench/gopls/gopls_way.h"
#include "bench/report.h"

namespace bridge::bench {

struct SharingRun {
  const Ground& ground;
  const StrayCatcher& strays;
  Report& report;
  std::mt19937& random;
  std::function<void(const std::string&)> step;
  int daemons = 0;  // so far

  void say(const std::string& text) const {
    if (step) step("sharing: " + text);
  }
};

// PSS of so many windows, plain and sharing, on one module and on a module each.
void measure_shared_memory(SharingRun& run, const std::vector<int>& windows, std::size_t round);
// The first window of all, which starts daemon and gopls, and the second, beside a plain one.
void measure_shared_start(SharingRun& run, std::size_t round);
// Round trips of one gopls of the daemon's: leased, connected to directly and through gopls' own
// forwarder; beside a plain one and `gopls -remote=auto`. Then leases, one after another.
void measure_shared_round_trips(SharingRun& run, std::size_t round);
// What sessions hold that do nothing, and how often they wake.
void measure_idle_sessions(SharingRun& run, int sessions);

}  // namespace bridge::bench
