// Of what a program wrote to stderr, the line that tells most of how it ended: the last that a Go
// program's panic or fatal error begins with, else the last of all.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bridge::relay {

// Whether a Go program's panic or fatal error begins with this line.
bool begins_a_panic(std::string_view line);

class TellingLine {
 public:
  // Lines, whole; the last may lack its newline. What comes in pieces is remembered in pieces.
  void see(std::string_view lines);

  // At most kBytesMax of it; empty: none came.
  const std::string& text() const noexcept { return text_; }

 private:
  static constexpr std::size_t kBytesMax = 300;

  std::string text_;
  bool panicked_ = false;
};

}  // namespace bridge::relay
