// The fuzzer's bytes as a row of choices, and the end of a run that found a difference.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace bridge::fuzz {

class Choices {
 public:
  Choices(std::uint8_t const* data, std::size_t size) : data_(data), size_(size) {}

  // A number below n; 0 when the bytes are used up.
  std::size_t choose(std::size_t n) {
    if (size_ == 0 || n == 0) return 0;
    std::size_t value = *data_++;
    --size_;
    if (n > 256 && size_ > 0) {
      value = value << 8 | *data_++;
      --size_;
    }
    return value % n;
  }

  std::string_view rest() const { return {reinterpret_cast<char const*>(data_), size_}; }

 private:
  std::uint8_t const* data_;
  std::size_t size_;
};

inline void expect(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

}  // namespace bridge::fuzz
