// Why one direction stopped: the product's most asked question.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "framing/fault.h"

namespace bridge::relay {

enum class EndReason : std::uint8_t {
  source_closed,  // end of file, or a reset, at a frame boundary
  source_cut,     // end of file, or a reset, inside a frame
  source_failed,  // reading failed: `error`
  sink_closed,    // the reader is gone: EPIPE, ECONNRESET or a hang-up
  sink_failed,    // writing failed otherwise: `error`
  bad_framing,    // the source sent what is no frame: `fault`, at `offset`
};

std::string_view to_string(EndReason reason) noexcept;

struct PumpEnd {
  EndReason reason = EndReason::source_closed;
  int error = 0;  // errno; 0 where none applies
  framing::Fault fault = framing::Fault::none;
  std::uint64_t offset = 0;  // bytes of whole frames (and skipped text) that the source had sent

  friend bool operator==(const PumpEnd&, const PumpEnd&) = default;
};

// "bad framing (repeated_length) after 1234 good bytes", for a log line or an error message.
std::string describe(const PumpEnd& end);

}  // namespace bridge::relay
