// UTF-8 as RFC 3629 and Go have it: shortest forms only, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace bridge::framing {

// The bytes of the UTF-8 sequence at `at`, 0 if it is none (RFC 3629, 4).
inline std::size_t utf8_size(std::string_view text, std::size_t at) noexcept {
  auto const byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  auto const in = [](unsigned value, unsigned low, unsigned high) {
    return value >= low && value <= high;
  };
  auto const follows = [&](std::size_t i) { return in(byte(i), 0x80, 0xBF); };
  unsigned const first = byte(0);
  if (first < 0x80) return 1;
  if (in(first, 0xC2, 0xDF)) return follows(1) ? 2 : 0;
  if (in(first, 0xE0, 0xEF)) {
    bool const second = in(byte(1), first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
    return second && follows(2) ? 3 : 0;
  }
  if (in(first, 0xF0, 0xF4)) {
    bool const second = in(byte(1), first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
    return second && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace bridge::framing
