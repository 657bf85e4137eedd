// How the replay's server, which a bridge may start, learns what it needs.
#pragma once

namespace bridge::bench {

inline constexpr const char* kPauseVariable = "BENCH_WORKLOAD_PAUSE_US";  // the longest pause

}  // namespace bridge::bench
