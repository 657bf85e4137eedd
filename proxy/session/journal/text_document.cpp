#include "proxy/session/journal/text_document.h"

#include <algorithm>
#include <cstring>

#include "framing/json_text.h"
#include "framing/utf8.h"

namespace bridge::session {
namespace {

// Room for typing, so that a key stroke seldom moves the text: a 16th of it and two pages.
std::size_t with_room(std::size_t size) { return size + size / 16 + 8192; }

std::size_t count(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::size_t units_of(std::size_t utf8_bytes, PositionEncoding encoding) {
  switch (encoding) {
    case PositionEncoding::utf8:
      return utf8_bytes;
    case PositionEncoding::utf16:
      return utf8_bytes == 4 ? 2 : 1;
    case PositionEncoding::utf32:
      return 1;
  }
  return 1;
}

}  // namespace

void TextDocument::set(std::string_view text) {
  // Most documents that are opened are never edited: no more room than their text needs.
  if (text.size() > capacity_ || with_room(text.size()) < capacity_ / 2) {
    capacity_ = text.size();
    data_.reset(new char[capacity_]);  // not make_unique: it would write zeros first
  }
  if (!text.empty()) std::memcpy(data_.get(), text.data(), text.size());
  gap_begin_ = text.size();
  gap_end_ = capacity_;
  newlines_ = count(text);
  anchor_ = {};
}

bool TextDocument::edit(Position start, Position end, std::string_view text,
                        PositionEncoding encoding) {
  auto const span = find(start, end, encoding);
  if (!span) return false;
  replace(*span, text);
  return true;
}

// RangeOffsets of golang/tools, gopls/internal/protocol/mapper.go.
std::optional<TextDocument::Span> TextDocument::find(Position start, Position end,
                                                     PositionEncoding encoding) {
  if (encoding != encoding_) {
    encoding_ = encoding;
    anchor_.character = 0;
    anchor_.offset = anchor_.line_start;
  }
  auto const first = find_position(start, anchor_);
  if (!first) return std::nullopt;
  auto const last = find_position(end, *first);
  if (!last || last->offset < first->offset) return std::nullopt;
  // One past the last line is the end of the text, but no line to start from.
  if (first->line <= newlines_) anchor_ = *first;
  return Span{first->offset, last->offset - first->offset};
}

void TextDocument::replace(Span span, std::string_view text) {
  newlines_ = newlines_ - count_newlines(span) + count(text);
  if (anchor_.offset > span.offset) anchor_ = {};
  std::size_t const left = size() - span.size;
  if (left + text.size() > capacity_) reallocate(with_room(left + text.size()));
  move_gap(span.offset);
  gap_end_ += span.size;
  if (!text.empty()) std::memcpy(data_.get() + gap_begin_, text.data(), text.size());
  gap_begin_ += text.size();
  if (with_room(size()) < capacity_ / 2) reallocate(with_room(size()));
}

std::string TextDocument::text() const {
  std::string out;
  out.reserve(size());
  append_bytes(out, {0, size()});
  return out;
}

void TextDocument::append_bytes(std::string& out, Span span) const {
  while (span.size > 0) {
    std::string_view const piece = piece_at(span.offset).substr(0, span.size);
    out += piece;
    span.offset += piece.size();
    span.size -= piece.size();
  }
}

void TextDocument::append_json(std::string& out) const {
  // In one piece: the gap may lie inside what has become one sequence of UTF-8.
  framing::append_json_string(out, text());
}

std::string_view TextDocument::piece_at(std::size_t offset) const noexcept {
  if (offset < gap_begin_) return {data_.get() + offset, gap_begin_ - offset};
  std::size_t const begin = gap_end_ + (offset - gap_begin_);
  return {data_.get() + begin, capacity_ - begin};
}

std::size_t TextDocument::find_newline(std::size_t offset) const noexcept {
  while (offset < size()) {
    std::string_view const piece = piece_at(offset);
    std::size_t const at = piece.find('\n');
    if (at != std::string_view::npos) return offset + at;
    offset += piece.size();
  }
  return size();
}

std::size_t TextDocument::line_start_of(std::size_t offset) const noexcept {
  auto const search = [&](std::size_t begin, std::size_t bytes) {
    auto const* const found = static_cast<char const*>(memrchr(data_.get() + begin, '\n', bytes));
    return found == nullptr ? bytes + 1 : static_cast<std::size_t>(found - data_.get()) - begin;
  };
  if (offset > gap_begin_) {
    std::size_t const at = search(gap_end_, offset - gap_begin_);
    if (at <= offset - gap_begin_) return gap_begin_ + at + 1;
    offset = gap_begin_;
  }
  if (offset == 0) return 0;
  std::size_t const at = search(0, offset);
  return at <= offset ? at + 1 : 0;
}

std::size_t TextDocument::count_newlines(Span span) const noexcept {
  std::size_t newlines = 0;
  while (span.size > 0) {
    std::string_view const piece = piece_at(span.offset).substr(0, span.size);
    newlines += count(piece);
    span.offset += piece.size();
    span.size -= piece.size();
  }
  return newlines;
}

// The offset of a line that is there, from the nearest of: the first line, the anchor's, the last.
std::size_t TextDocument::find_line(std::size_t line) const noexcept {
  std::size_t at = anchor_.line;
  std::size_t offset = anchor_.line_start;
  if (line < at && line < at - line) {
    at = 0;
    offset = 0;
  } else if (line > at && newlines_ - line < line - at) {
    at = newlines_;
    offset = line_start_of(size());
  }
  for (; at < line; ++at) offset = find_newline(offset) + 1;
  for (; at > line; --at) offset = line_start_of(offset - 1);
  return offset;
}

// PositionOffset of golang/tools, gopls/internal/protocol/mapper.go.
std::optional<TextDocument::Mark> TextDocument::find_position(Position position,
                                                              Mark const& near) const noexcept {
  if (position.line > newlines_) {
    if (position.line != newlines_ + 1 || position.character != 0) return std::nullopt;
    return Mark{.line = position.line, .line_start = size(), .offset = size()};
  }
  if (position.line == near.line && position.character >= near.character) {
    return walk_columns(near, position.character);
  }
  std::size_t const start = position.line == near.line ? near.line_start : find_line(position.line);
  return walk_columns({.line = position.line, .line_start = start, .character = 0, .offset = start},
                      position.character);
}

std::optional<TextDocument::Mark> TextDocument::walk_columns(Mark from,
                                                             std::size_t character) const noexcept {
  while (from.character < character) {
    std::string_view const piece = piece_at(from.offset).substr(0, character - from.character);
    std::size_t plain = 0;
    while (plain < piece.size() && static_cast<unsigned char>(piece[plain]) < 0x80 &&
           piece[plain] != '\n')
      ++plain;
    from.offset += plain;
    from.character += plain;
    if (from.character == character) break;
    if (plain == piece.size() && from.offset < size()) continue;  // the gap lies here
    if (from.offset == size()) return std::nullopt;               // column is beyond end of file
    if (piece[plain] == '\n') return std::nullopt;                // column is beyond end of line
    char rune[4];
    std::size_t available = 0;
    for (; available < sizeof rune && from.offset + available < size(); ++available)
      rune[available] = piece_at(from.offset + available).front();
    std::size_t const bytes = framing::utf8_size({rune, available}, 0);
    if (bytes == 0) return std::nullopt;  // invalid UTF-8 text
    std::size_t const units = units_of(bytes, encoding_);
    // A position inside a rune is that of the rune.
    if (from.character + units > character) break;
    from.character += units;
    from.offset += bytes;
  }
  return from;
}

void TextDocument::move_gap(std::size_t offset) noexcept {
  if (offset < gap_begin_) {
    std::size_t const bytes = gap_begin_ - offset;
    std::memmove(data_.get() + gap_end_ - bytes, data_.get() + offset, bytes);
    gap_begin_ -= bytes;
    gap_end_ -= bytes;
  } else if (offset > gap_begin_) {
    std::size_t const bytes = offset - gap_begin_;
    std::memmove(data_.get() + gap_begin_, data_.get() + gap_end_, bytes);
    gap_begin_ += bytes;
    gap_end_ += bytes;
  }
}

void TextDocument::reallocate(std::size_t capacity) {
  std::unique_ptr<char[]> data(new char[capacity]);
  std::size_t const behind = capacity_ - gap_end_;
  if (gap_begin_ > 0) std::memcpy(data.get(), data_.get(), gap_begin_);
  if (behind > 0) std::memcpy(data.get() + capacity - behind, data_.get() + gap_end_, behind);
  data_ = std::move(data);
  gap_end_ = capacity - behind;
  capacity_ = capacity;
}

}  // namespace bridge::session
