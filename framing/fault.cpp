#include "framing/fault.h"

namespace bridge::framing {

std::string_view to_string(Fault fault) noexcept {
  switch (fault) {
    case Fault::none:
      return "no fault";
    case Fault::missing_length:
      return "header block without Content-Length";
    case Fault::repeated_length:
      return "repeated Content-Length";
    case Fault::signed_length:
      return "Content-Length with a sign";
    case Fault::malformed_length:
      return "Content-Length that is no decimal number";
    case Fault::overlong_length:
      return "Content-Length of too many digits";
    case Fault::length_over_limit:
      return "Content-Length over the limit";
    case Fault::empty_body:
      return "Content-Length of zero";
    case Fault::header_too_long:
      return "header block over 8 KiB";
    case Fault::malformed_header:
      return "malformed header line";
    case Fault::bare_text:
      return "text that is no header";
  }
  return "unknown fault";
}

}  // namespace bridge::framing
