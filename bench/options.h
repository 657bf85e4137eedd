// The command line of `gopls-bridge bench`. Pure: looks at nothing but the arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/cell.h"

namespace bridge::bench {

enum class PlacementName : std::uint8_t {
  same,   // all processes on one CPU
  split,  // the editor on one, the rest on another
  free,   // wherever the scheduler puts them
};

struct Options {
  enum class Action : std::uint8_t { ways, gopls, sharing, park, workload, compare, help };
  Action action = Action::ways;

  int rounds = 0;  // 0: as many as fit into a minute, 9 at most
  std::optional<std::uint32_t> seed;
  PlacementName placement = PlacementName::same;
  int cpu = -1;      // --cpu N, of `same`; -1: the last that we may use
  int cell_ms = 20;  // one way at one size in one round
  std::vector<std::size_t> sizes{128, 1024, 16 * 1024, 256 * 1024, 4 * 1024 * 1024};
  bool once = true;  // --writes once | twice | both
  bool twice = true;
  std::vector<std::string> ways;  // ids; empty: all
  bool round_trips = true;        // --parts
  bool streams = true;
  bool starts = true;
  bool memory = true;
  std::string other_bridge;
  std::optional<Injected> injected;

  bool details = false;    // all tables
  std::string json;        // a file, "-" is stdout; empty: none
  std::string compare[2];  // two files of --json
  std::string gopls;       // --gopls PATH; empty: searched
  std::string module;      // --module DIR
  std::vector<int> windows{1, 4, 8};
  int sessions = 1000;  // --sessions N: idle ones of --sharing
};

struct ReadOptions {
  Options options;
  std::string complaint;  // empty: none
};
ReadOptions read_options(const std::vector<std::string>& args);

std::string_view help_text();

}  // namespace bridge::bench
