// What changed from one report to another, and whether it is more than noise.
//
// A figure that has a direct row is compared by its ratios to direct, one a round: that takes out
// how fast the machine was that day. Two sets of rounds differ if a Mann-Whitney test says so (two
// sided, exact up to 20 rounds; nothing is assumed about how noise is spread), with Holm's
// correction for the number of figures: among all of a comparison of equal things, one is called
// changed in one of twenty comparisons. Less than kSmallestChange is never called a change: two
// runs of one program differ by as much through what they find in memory. Rounds in which others
// took the CPU are left out.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/report.h"

namespace bridge::bench {

constexpr double kSmallestChange = 0.025;
constexpr double kSignificance = 0.05;

struct Change {
  const Series* before;
  const Series* after;
  bool as_ratio;  // to direct
  double from;    // medians
  double to;
  double change;  // to / from - 1
  std::size_t rounds_before;
  std::size_t rounds_after;
  double p;        // of the test, corrected; 1 where there are too few rounds
  bool decidable;  // enough rounds for any difference to count
  bool more_than_noise;
};

// Figures that both reports have. `details`: all of them, not only p50, throughput and start.
std::vector<Change> compare(const Report& before, const Report& after, bool details);

std::string comparison_text(const Report& before, const Report& after, bool details);

// The probability of a split at least as uneven if both are of one kind; 1 if either is empty.
double mann_whitney(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace bridge::bench
