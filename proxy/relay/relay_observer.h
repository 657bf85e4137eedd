// Looks on, after the fact: each call tells of a frame that has left whole. An observer cannot
// change the flow; with or without one the same bytes move in the same order.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "framing/envelope.h"
#include "proxy/relay/direction.h"

namespace bridge::relay {

using Clock = std::chrono::steady_clock;

// Valid during the call only.
struct FrameSeen {
  Direction direction;
  std::string_view body;
  const framing::Envelope& envelope;
  std::size_t frame_bytes;
  Clock::time_point received;  // the read that completed the frame
  Clock::time_point sent;      // the write that took its last byte
};

class RelayObserver {
 public:
  virtual ~RelayObserver() = default;
  virtual void on_frame(const FrameSeen& frame) noexcept = 0;
};

}  // namespace bridge::relay
