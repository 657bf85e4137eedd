// Link count_allocations.cpp into a benchmark and every operator new is counted.
#pragma once

#include <cstddef>

namespace bridge::bench {

std::size_t allocation_count() noexcept;  // since the program started

}  // namespace bridge::bench
