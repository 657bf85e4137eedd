// Finds where frames end in a byte stream, in place, however the stream is cut.
//
// The scanner owns no bytes. Its user keeps a buffer of bytes not yet consumed, calls next() with
// all of it, and consumes what next() says. What the scanner learned about a header that is not
// complete yet is remembered, so a stream that comes byte by byte costs O(n), not O(n²).
// It does not look into bodies. The format is in FORMAT.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "framing/fault.h"
#include "framing/limits.h"

namespace bridge::framing {

struct Scan {
  enum class Kind : std::uint8_t {
    frame,      // `pending` begins with a whole frame: header_size + body_size bytes
    need_more,  // `pending` is a proper beginning of a frame or of a text line (or empty)
    text,       // `pending` begins with text_size bytes that are no frame (BareText::skip only)
    fault,      // the stream is refused; next() must not be called again
  };
  Kind kind = Kind::need_more;
  Fault fault = Fault::none;
  std::size_t header_size = 0;  // frame: up to and with the empty line. need_more: 0 if unknown
  std::size_t body_size = 0;    // frame: as announced. need_more: as announced, if the header is in
  std::size_t text_size = 0;

  // Bytes of this frame, header and body. Zero while the header is not complete.
  std::size_t frame_size() const noexcept { return header_size == 0 ? 0 : header_size + body_size; }
  friend bool operator==(const Scan&, const Scan&) = default;
};

enum class BareText : std::uint8_t {
  refuse,  // text between frames is Fault::bare_text
  skip,    // text between frames is reported as Kind::text, line by line, for the user to drop
};

class FrameScanner {
 public:
  explicit FrameScanner(Limits limits = {}, BareText bare_text = BareText::refuse) noexcept
      : limits_(limits), bare_text_(bare_text) {}

  // What `pending` begins with. `pending` must begin where the last frame or text ended, and must
  // be either the bytes of the last call with more behind them, or (after frame or text) those
  // bytes without the frame or text. After `frame` and `text` the scanner stands behind them.
  Scan next(std::string_view pending) noexcept;

  // The frame that the last next() told of (need_more, with a frame_size) does not come through
  // here: stand behind it, as if it had.
  void pass_over_frame() noexcept;

  // Bytes of all frames and texts so far: the offset, from the start of the stream, of the byte
  // after the last good one. Valid after a fault too.
  std::uint64_t consumed() const noexcept { return consumed_; }

  // True when the last byte seen by next() closed a frame or text: nothing is half done.
  bool at_boundary() const noexcept { return at_boundary_; }

  // Header and text bytes that were looked at so far, each time they were: the tests hold it
  // against the length of the stream to show that no byte is looked at twice.
  std::uint64_t bytes_looked_at() const noexcept { return bytes_looked_at_; }

 private:
  // Where in a header block (or a text line) the next byte stands. The walk is a machine of one
  // step a byte, so its outcome cannot depend on how the bytes were cut.
  enum class At : std::uint8_t {
    line_start,
    name,
    blank_after_length_name,  // "Content-Length ": text, or with a colon malformed
    length_blank,             // behind the colon, before the digits
    length_digits,
    length_trail,  // blanks behind the digits
    other_value,
    cr,             // the CR that ends a header line was seen
    cr_empty_line,  // the CR of the empty line was seen
    text,           // inside a line that is no header; ends at LF
    header_done,
  };

  Scan need_more(std::string_view pending) noexcept;
  Scan refuse(Fault fault) noexcept;
  Scan body(std::string_view pending) noexcept;
  Scan text(std::size_t size, At next_at) noexcept;
  Scan end_of_text_line(std::string_view pending) noexcept;
  bool take_canonical_header(std::string_view pending) noexcept;
  Fault walk(std::string_view pending) noexcept;
  bool text_line_ended(std::string_view pending) const noexcept;
  Fault step(std::string_view pending, char byte) noexcept;
  Fault line_start(char byte) noexcept;
  Fault name(std::string_view pending, char byte) noexcept;
  Fault length_digit(char byte) noexcept;
  Fault length_ended() noexcept;
  Fault no_header_line() noexcept;
  bool in_first_line() const noexcept { return line_start_ == 0; }
  void start_over(At at) noexcept;

  Limits limits_;
  BareText bare_text_;
  bool at_boundary_ = true;
  Fault fault_ = Fault::none;
  At at_ = At::line_start;
  bool length_seen_ = false;
  std::uint8_t digits_ = 0;
  std::size_t looked_ = 0;      // bytes of `pending` that the walk is behind
  std::size_t line_start_ = 0;  // offset in `pending` of the line the walk is in
  std::uint64_t length_ = 0;
  std::uint64_t consumed_ = 0;
  std::uint64_t bytes_looked_at_ = 0;
};

}  // namespace bridge::framing
