// Times of many round trips in bounded memory, exact to 1 part in 1024: an HdrHistogram with three
// significant digits, of which Debian has no C package and we need one page of code: a bucket for
// each value up to 1023 ns, and 512 for each doubling above. Recording is one shift and one add.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bridge::bench {

class Histogram {
 public:
  // Times above, about 1100 s, count as that.
  static constexpr std::uint64_t kMax = (std::uint64_t{1} << 40) - 1;

  Histogram() : counts_(bucket_of(kMax) + 1) {}

  void record(std::uint64_t value) noexcept {
    ++counts_[bucket_of(value < kMax ? value : kMax)];
    ++total_;
  }
  std::uint64_t count() const noexcept { return total_; }
  void clear() noexcept;

  // The middle of the bucket in which the sample lies that `share` of all are not above; 0 of none.
  double percentile(double share) const noexcept;

 private:
  static constexpr int kDigits = 10;  // bits: 1024 steps, three decimal digits
  static constexpr std::uint64_t kHalf = 1 << (kDigits - 1);

  static std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < 2 * kHalf) return static_cast<std::size_t>(value);
    int const shift = static_cast<int>(std::bit_width(value)) - kDigits;
    return static_cast<std::size_t>(static_cast<std::uint64_t>(shift) * kHalf + (value >> shift));
  }
  static double middle_of(std::size_t bucket) noexcept;

  std::vector<std::uint32_t> counts_;
  std::uint64_t total_ = 0;
};

}  // namespace bridge::bench
