// `gopls-bridge bench --workload lsp`: replays the shape of a recorded editor session (sizes,
// directions, pauses, which message answers which) and says what a relay adds to each request.
// The recording is in the executable; its source and the method: README.md.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace bridge::bench {

struct Report;

struct WorkloadOptions {
  int rounds = 5;          // --rounds N
  std::uint32_t seed = 0;  // order of the ways
  std::string bridge;      // the executable of the bridge, absolute
  // An executable that calls run_workload_server(), whatever its arguments: a bridge starts it as
  // its gopls. (A script whose first line is "#!BRIDGE HIDDEN-COMMAND" will do; the bridge refuses
  // itself as a gopls.)
  std::string stand_in;
  // What is done now, in a few words; either may be empty. `step` comes for each way.
  std::function<void(const std::string&)> progress{};
  std::function<void(const std::string&)> step{};
};

// For the help text of the command: how long it takes.
inline constexpr const char* kWorkloadBenchTime = "about 10 seconds a round";

// Adds its series to the report: what there is also after an interruption. Returns why nothing
// could be measured; empty where it could. All processes it started have ended when it returns.
std::string run_workload_bench(const WorkloadOptions& options, Report& report);

// The server's part of the replay, in a process of its own: over stdin and stdout, or, where stdin
// is a socket that listens, over one connection to it. Takes nothing from argv. Returns the exit
// code.
int run_workload_server();

}  // namespace bridge::bench
