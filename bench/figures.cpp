#include "bench/figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace bridge::bench {

double percentile(std::vector<double> samples, double share) {
  if (samples.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(samples.begin(), samples.end());
  double const at = share * static_cast<double>(samples.size() - 1);
  auto const below = static_cast<std::size_t>(at);
  std::size_t const above = std::min(below + 1, samples.size() - 1);
  return samples[below] + (at - static_cast<double>(below)) * (samples[above] - samples[below]);
}

double median(std::vector<double> samples) { return percentile(std::move(samples), 0.5); }

std::string with_decimals(double value, int decimals) {
  if (!std::isfinite(value)) return "-";
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::string with_three_digits(double value) {
  double const size = std::fabs(value);
  if (size == 0) return "0";
  // What rounding would carry over the next power of ten is written with that power's digits.
  double limit = 0.09995;
  for (int decimals = 4; decimals > 0; --decimals, limit *= 10) {
    if (size < limit) return with_decimals(value, decimals);
  }
  return with_decimals(value, 0);
}

std::string size_name(std::size_t bytes) {
  constexpr std::size_t kKib = 1024;
  if (bytes < kKib || bytes % kKib != 0) return std::to_string(bytes) + " B";
  if (bytes < kKib * kKib || bytes % (kKib * kKib) != 0)
    return std::to_string(bytes / kKib) + " KiB";
  return std::to_string(bytes / (kKib * kKib)) + " MiB";
}

}  // namespace bridge::bench
