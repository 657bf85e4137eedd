// The round trips of one round: requests to windows that are open and warm, one at a time.
#pragma once

#include <cstddef>
#include <random>
#include <vector>

#include "bench/gopls/gopls_way.h"
#include "bench/report.h"

namespace bridge::bench {

// `ways[i]` is that of `windows[i]`. Records the percentiles, and the ratios that the bridge is
// judged by: each of its ways against the direct one of the same kind and against gopls' own
// forwarder.
void ask_in_turns(std::vector<GoplsWindow>& windows, const std::vector<GoplsWay>& ways,
                  const Target& target, std::mt19937& random, Report& report, std::size_t round);

}  // namespace bridge::bench
