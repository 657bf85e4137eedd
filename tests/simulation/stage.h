// What all parts of one history share.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/simulation/chronicle.h"
#include "tests/simulation/referee.h"
#include "tests/simulation/timeline.h"

namespace bridge::simulation {

struct Stage {
  explicit Stage(bool verbose) : referee(timeline, verbose) {}

  Timeline timeline;
  Referee referee;
  Chronicle chronicle;
  std::map<std::string, std::string> disk;  // URI to text
  // No more accidents.
  bool calm = false;
};

}  // namespace bridge::simulation
