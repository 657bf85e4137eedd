// Why a byte stream was refused. A closed set: whatever two parsers could read differently
// is a fault, never a guess. See FORMAT.md for the rule behind each.
#pragma once

#include <cstdint>
#include <string_view>

namespace bridge::framing {

enum class Fault : std::uint8_t {
  none,
  missing_length,     // the header block ended without a Content-Length
  repeated_length,    // two Content-Length lines, equal or not
  signed_length,      // "+5", "-5"
  malformed_length,   // empty, or anything but decimal digits
  overlong_length,    // more digits than any length within the limits can need
  length_over_limit,  // a decimal number above Limits::body_bytes_max
  empty_body,         // a length of zero: no JSON text is empty
  header_too_long,    // no end of the header block within kHeaderBytesMax
  malformed_header,   // a header line whose name is not a token, or with a bare CR
  bare_text,          // a first line that is no header at all: text between frames
};

std::string_view to_string(Fault fault) noexcept;

}  // namespace bridge::framing
