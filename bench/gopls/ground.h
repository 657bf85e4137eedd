// Makes the ground of a run: finds gopls and go, writes or takes the module, and gives every
// process an environment with caches of its own.
#pragma once

#include "bench/gopls/gopls_bench.h"
#include "bench/gopls/gopls_way.h"

namespace bridge::bench {

// `directory` is ours and empty. Throws Broken, with what to do, where something is missing.
Ground make_ground(const GoplsOptions& options, const std::string& directory);

// Empty directories of their own for one cold start: gopls' cache, and the place where
// `gopls -remote=auto` looks for a daemon. `number` tells them apart.
std::vector<std::string> cold_environment(const Ground& ground, int number);

}  // namespace bridge::bench
