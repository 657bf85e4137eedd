#include "bench/histogram.h"

#include <algorithm>
#include <cmath>

namespace bridge::bench {

void Histogram::clear() noexcept {
  std::fill(counts_.begin(), counts_.end(), 0);
  total_ = 0;
}

double Histogram::middle_of(std::size_t bucket) noexcept {
  if (bucket < 2 * kHalf) return static_cast<double>(bucket);
  std::size_t const shift = bucket / kHalf - 1;
  std::size_t const first = (bucket - shift * kHalf) << shift;
  return static_cast<double>(first) + (static_cast<double>(std::size_t{1} << shift) - 1) / 2;
}

double Histogram::percentile(double share) const noexcept {
  if (total_ == 0) return 0;
  auto const wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total_))));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen >= wanted) return middle_of(bucket);
  }
  return middle_of(counts_.size() - 1);
}

}  // namespace bridge::bench
