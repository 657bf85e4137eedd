// The numbers and words of an envelope.
#pragma once

#include <cstddef>
#include <string_view>

namespace bridge::framing {

// What Go decodes into an int64: an optional minus and digits, within range. 1.0 and 1e3 are not.
inline bool is_int64(std::string_view text) noexcept {
  bool const negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return false;
  constexpr std::string_view kLargest = "9223372036854775807";
  constexpr std::string_view kSmallest = "9223372036854775808";
  return text.size() < kLargest.size() ||
         (text.size() == kLargest.size() && text <= (negative ? kSmallest : kLargest));
}

}  // namespace bridge::framing
