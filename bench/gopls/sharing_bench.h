// `gopls-bridge bench --sharing`: what windows cost that share a gopls through the daemon, beside
// plain ones, in one run: memory, starts, round trips, the lease itself, idle sessions. How it
// measures, and what not to conclude: README.md, "Sharing". Prints nothing but by `progress`.
#pragma once

#include <string>

#include "bench/gopls/gopls_bench.h"

namespace bridge::bench {

// `windows` as of GoplsOptions: those whose memory is measured. `sessions`: idle ones.
inline constexpr int kIdleSessions = 1000;
inline constexpr const char* kSharingBenchTime = "about 8 minutes";

inline constexpr char kSectionSharedMemory[] = "sharing: memory";
inline constexpr char kSectionSharedStart[] = "sharing: start";
inline constexpr char kSectionLease[] = "sharing: lease";
inline constexpr char kSectionIdle[] = "sharing: idle sessions";

// As run_gopls_bench().
std::string run_sharing_bench(const GoplsOptions& options, int sessions, Report& report);

}  // namespace bridge::bench
