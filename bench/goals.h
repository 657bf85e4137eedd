// The goals this project has set itself, each with what was measured beside it: bench/RESULTS.md.
// Not part of the executable.
#pragma once

#include <string>
#include <vector>

#include "bench/report.h"

namespace bridge::bench {

struct GoalResult {
  std::string goal;  // "bridge, socket / direct, peers write twice"
  std::string at;    // "256 KiB"; may be empty
  double wanted;     // at most, or at least
  bool at_least;
  double measured;    // NaN: not measured
  std::string range;  // least and greatest of the rounds; may be empty
  bool met() const noexcept { return at_least ? measured >= wanted : measured <= wanted; }
};

struct Reports {
  Report same;   // all on one CPU
  Report split;  // the editor on a CPU of its own
  Report gopls;  // --gopls
};
std::vector<GoalResult> goals_of(const Reports& reports);
// Of windows that share a gopls: with a table of their own.
std::vector<GoalResult> sharing_goals_of(const Report& sharing);
// Of sessions that are parked and taken up again (park_goals.cpp).
std::vector<GoalResult> park_goals_of(const Report& park);

// A table in Markdown, missed goals marked.
std::string markdown_of(const std::vector<GoalResult>& goals);

}  // namespace bridge::bench
