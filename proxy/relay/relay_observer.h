// Look on, after the fact: each call tells of a frame that has left whole. Neither can change the
// flow; with or without them the same bytes move in the same order.
//
// An observer sees envelopes. A tap sees bodies too, of the messages that it asks for beforehand:
// the relay copies those, and others may pass through the kernel alone.
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
  framing::EnvelopeText envelope;
  std::size_t frame_bytes;     // header and body
  std::string_view body;       // for an observer: empty, if the body stayed in the kernel
  Clock::time_point received;  // the read that completed the frame
  Clock::time_point sent;      // the write that took its last byte
};

class RelayObserver {
 public:
  virtual ~RelayObserver() = default;
  virtual void on_frame(const FrameSeen& frame) noexcept = 0;
};

class FrameTap {
 public:
  virtual ~FrameTap() = default;
  // Whether on_message() is to be called for this message. May be asked twice for a large one: when
  // only its head has come (framing::look_at_head), and with the whole envelope. A yes to the head
  // may become a no; a no to a head is final.
  virtual bool wants(Direction direction, const framing::EnvelopeText& envelope) const noexcept = 0;
  // The body is whole.
  virtual void on_message(const FrameSeen& frame) noexcept = 0;
};

}  // namespace bridge::relay
