// Walks the members of one JSON object in place: where each name and each value stands, nested
// values skipped whole. Builds nothing and copies nothing.
//
// It does not validate. On text that is JSON it finds the true members; on other text it ends
// somewhere, always inside the text.
#pragma once

#include <cstddef>
#include <string_view>

#include "framing/envelope.h"

namespace bridge::framing {

inline constexpr std::size_t kNotFound = std::string_view::npos;

// The first byte at or after `at` that is no JSON white space; text.size() if there is none.
std::size_t skip_space(std::string_view text, std::size_t at) noexcept;

// `at` is behind the opening quote. The closing quote, or kNotFound.
std::size_t find_string_end(std::string_view text, std::size_t at) noexcept;

// `at` is the first byte of a value. The first byte behind the value, or kNotFound.
std::size_t find_value_end(std::string_view text, std::size_t at) noexcept;

class ObjectWalk {
 public:
  // `at` is the opening brace.
  ObjectWalk(std::string_view text, std::size_t at) noexcept : text_(text), at_(at + 1) {}

  // Moves to the next member; false behind the last one, and where the text is no object.
  bool next() noexcept;

  Piece name() const noexcept { return name_; }             // between the quotes, escapes as sent
  Piece value() const noexcept { return value_; }           // raw, a string with its quotes
  bool empty() const noexcept { return value_.size == 0; }  // no member was found

  // After next() said false: the offset of the closing brace, or kNotFound.
  std::size_t closing_brace() const noexcept { return closing_brace_; }

 private:
  std::string_view text_;
  std::size_t at_;
  Piece name_;
  Piece value_;
  std::size_t closing_brace_ = kNotFound;
};

// How a name is compared with one that is known.
enum class NameMatch : bool {
  exact,   // as Go fills a map
  folded,  // as Go fills a struct: case does not count, by Unicode's simple folding
};

// Whether the name `raw` (between the quotes) is, with escapes decoded, `name` (ASCII; lower case
// for NameMatch::folded).
bool name_is(std::string_view raw, std::string_view name, NameMatch match) noexcept;

}  // namespace bridge::framing
