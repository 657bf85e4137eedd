// The flags that the benchmarks share. A flag that is not known ends the process with the usage.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/contestant.h"

namespace bridge::bench {

struct Arguments {
  Programs programs;
  int rounds = 9;
  int cpu = -1;        // --cpu N; -1: the last of those that we may use
  bool pinned = true;  // --placement same | free
  std::uint32_t seed;  // --seed N; random otherwise, and printed
  int cell_ms = 60;    // --cell-ms N: time for one way at one size in one round
  std::vector<std::size_t> sizes{128, 1024, 16 * 1024, 64 * 1024, 256 * 1024, 1024 * 1024};
  bool once = true;  // --writes once | twice | both
  bool twice = true;
};

// Also pins the process and gives it an environment in which nothing of the user's is found.
Arguments read_arguments(int argc, char** argv, const TempDir& home);

}  // namespace bridge::bench
