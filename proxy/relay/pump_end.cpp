#include "proxy/relay/pump_end.h"

#include <cstring>

namespace bridge::relay {

std::string_view to_string(EndReason reason) noexcept {
  switch (reason) {
    case EndReason::source_closed:
      return "closed";
    case EndReason::source_cut:
      return "closed inside a frame";
    case EndReason::source_failed:
      return "reading failed";
    case EndReason::sink_closed:
      return "the reader is gone";
    case EndReason::sink_failed:
      return "writing failed";
    case EndReason::bad_framing:
      return "bad framing";
  }
  return "?";
}

std::string describe(const PumpEnd& end) {
  std::string text(to_string(end.reason));
  if (end.reason == EndReason::bad_framing) {
    text += " (";
    text += framing::to_string(end.fault);
    text += ")";
  }
  if (end.error != 0) {
    text += ": ";
    text += std::strerror(end.error);
  }
  text += " after " + std::to_string(end.offset) + " good bytes";
  return text;
}

}  // namespace bridge::relay
