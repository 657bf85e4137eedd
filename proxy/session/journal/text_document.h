// A text that is edited by LSP ranges, with gopls' reading of positions.
//
// A gap buffer with a remembered position: an edit near the last one costs the distance, not the
// length of the text. Bytes are kept as they came; a text that is no UTF-8 is edited all the same.
//
//   |<- text ->|<- gap ->|<---- text ---->|
//   0      gap_begin_ gap_end_         capacity_
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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
  // Bytes from `offset` on.
  struct Span {
    std::size_t offset = 0;
    std::size_t size = 0;
  };

  void set(std::string_view text);
  // Replaces [start, end) by `text`. False: gopls would refuse it (line or column out of range, end
  // before start), and nothing is changed.
  bool edit(Position start, Position end, std::string_view text, PositionEncoding encoding);

  // The two halves of edit(). The span must lie inside the text.
  std::optional<Span> find(Position start, Position end, PositionEncoding encoding);
  void replace(Span span, std::string_view text);

  std::size_t size() const noexcept { return capacity_ - (gap_end_ - gap_begin_); }
  std::string text() const;
  // Appends the bytes of a span that lies inside the text.
  void append_bytes(std::string& out, Span span) const;
  // Appends it as a JSON string, with quotes.
  void append_json(std::string& out) const;
  std::size_t memory() const noexcept { return capacity_; }

 private:
  // A place in the text by both measures.
  struct Mark {
    std::size_t line = 0;
    std::size_t line_start = 0;  // offset
    std::size_t character = 0;
    std::size_t offset = 0;
  };
  // Bytes from an offset to the next border of the buffer.
  std::string_view piece_at(std::size_t offset) const noexcept;
  std::size_t find_newline(std::size_t offset) const noexcept;  // size(): there is none
  std::size_t line_start_of(std::size_t offset) const noexcept;
  std::size_t count_newlines(Span span) const noexcept;
  std::size_t find_line(std::size_t line) const noexcept;
  std::optional<Mark> find_position(Position position, Mark const& near) const noexcept;
  std::optional<Mark> walk_columns(Mark from, std::size_t character) const noexcept;
  void move_gap(std::size_t offset) noexcept;
  void reallocate(std::size_t capacity);

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t gap_begin_ = 0;
  std::size_t gap_end_ = 0;
  std::size_t newlines_ = 0;
  // Where the last edit began: nothing before it has changed since. Its character is in units of
  // encoding_.
  Mark anchor_;
  PositionEncoding encoding_ = PositionEncoding::utf16;
};

}  // namespace bridge::session
