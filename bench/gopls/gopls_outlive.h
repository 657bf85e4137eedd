// Sessions through the bridge whose gopls does not stay: killed, and another is told the session;
// stopped while the editor is quiet, and woken.
#pragma once

#include <cstddef>
#include <functional>
#include <random>
#include <string>

#include "bench/gopls/gopls_way.h"
#include "bench/report.h"

namespace bridge::bench {

// Pairs, in random order: gopls started directly, up to the first right hover; and the gopls of a
// session that is open killed with -9, up to the first right hover of that session. Memory is no
// part of it. Throws Broken where the session does not go on.
void measure_killed(const Ground& ground, std::mt19937& random, Report& report, std::size_t round);

// Memory of a session awake and asleep, and how long its first answer then takes.
void measure_hibernation(const Ground& ground, Report& report, std::size_t round);

}  // namespace bridge::bench
