// `gopls-bridge bench --gopls`: the real gopls, reached directly, through the bridge and through
// gopls' own forwarder, in one run: round trips, start and memory. How it measures, and what not to
// conclude: README.md. Reads no command line and prints nothing but by `progress`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bridge::bench {

struct Report;

struct GoplsOptions {
  std::string gopls;                  // --gopls PATH; empty: where a session would find it
  std::string module;                 // --module DIR; empty: a generated one
  int rounds = 5;                     // --rounds N, of the round trips and of warm starts
  std::vector<int> windows{1, 4, 8};  // --windows N,N,...: memory; ascending, empty for none
  std::uint32_t seed = 0;             // order of the ways
  std::string bridge;                 // the executable of the bridge, absolute
  // What is done now, in a few words; either may be empty. `step` comes some ten times a round.
  std::function<void(const std::string&)> progress{};
  std::function<void(const std::string&)> step{};
};

// For the help text of the command: how long it takes.
inline constexpr const char* kGoplsBenchTime = "about 4 minutes; nothing is begun after 7";

// Adds its series to the report: what there is also after an interruption. Returns why nothing
// could be measured; empty where it could. All processes it started have ended when it returns.
std::string run_gopls_bench(const GoplsOptions& options, Report& report);

}  // namespace bridge::bench
