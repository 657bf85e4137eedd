// Medians and percentiles of samples, ratios of paired samples, and how they are printed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace bridge::bench {

// The value below which `share` of all samples lie, between two samples in proportion; 0 of none.
inline double percentile(std::vector<double> samples, double share) {
  if (samples.empty()) return 0;
  std::sort(samples.begin(), samples.end());
  double const at = share * static_cast<double>(samples.size() - 1);
  auto const below = static_cast<std::size_t>(at);
  std::size_t const above = std::min(below + 1, samples.size() - 1);
  return samples[below] + (at - static_cast<double>(below)) * (samples[above] - samples[below]);
}

inline double median(std::vector<double> samples) { return percentile(std::move(samples), 0.5); }

// samples[i] / base[i]: both were taken in the same round.
inline std::vector<double> ratios(const std::vector<double>& samples,
                                  const std::vector<double>& base) {
  std::vector<double> result;
  for (std::size_t i = 0; i < samples.size() && i < base.size(); ++i) {
    if (base[i] > 0) result.push_back(samples[i] / base[i]);
  }
  return result;
}

// "2.71 (2.65-2.80)": median, smallest and largest.
inline std::string with_range(const std::vector<double>& samples) {
  if (samples.empty()) return "-";
  auto const [low, high] = std::minmax_element(samples.begin(), samples.end());
  char text[64];
  std::snprintf(text, sizeof text, "%.2f (%.2f-%.2f)", median(samples), *low, *high);
  return text;
}

}  // namespace bridge::bench
