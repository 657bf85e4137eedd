// A text that is edited by LSP ranges, with gopls' reading of positions.
//
// A gap buffer with a remembered line: an edit near the last one costs the distance, not the
// length of the text. Bytes are kept as they came; a text that is no UTF-8 is edited all the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bridge::session {

enum class PositionEncoding : std::uint8_t { utf8, utf16, utf32 };

struct Position {
  std::uint32_t line = 0;       // from 0
  std::uint32_t character = 0;  // from 0, in units of the encoding
};

class TextDocument {
 public:
  void set(std::string_view text);
  // Replaces [start, end) by `text`. False: gopls would refuse it (line or column out of range, end
  // before start), and nothing is changed.
  bool edit(Position start, Position end, std::string_view text, PositionEncoding encoding);

  std::size_t size() const noexcept;
  std::string text() const;
  // Appends it as a JSON string, with quotes.
  void append_json(std::string& out) const;
  std::size_t memory() const noexcept;
};

}  // namespace bridge::session
