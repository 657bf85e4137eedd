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
    need_more,  // `pending` is a proper beginning of a frame (or empty)
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

  // Bytes of all frames and texts so far: the offset, from the start of the stream, of the byte
  // after the last good one. Valid after a fault too.
  std::uint64_t consumed() const noexcept { return consumed_; }

  // True when the last byte seen by next() closed a frame or text: nothing is half done.
  bool at_boundary() const noexcept { return at_boundary_; }

 private:
  Limits limits_;
  BareText bare_text_;
  bool at_boundary_ = true;
  std::uint64_t consumed_ = 0;
  // The framing owner's state for resumed scans goes here.
};

}  // namespace bridge::framing
