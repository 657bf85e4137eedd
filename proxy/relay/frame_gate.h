// Decides about each whole frame before it leaves. The session's lifecycle is the one gate of a
// session; tests bring their own. An observer, by contrast, only looks on (relay_observer.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "framing/envelope.h"
#include "proxy/relay/direction.h"

namespace bridge::relay {

// Valid during the call only.
struct FrameView {
  framing::EnvelopeText envelope;
  std::size_t frame_bytes;  // header and body
  // Both empty for a large frame whose body stays in the kernel; see needs_body().
  std::string_view frame;
  std::string_view body;
};

struct Decision {
  enum class Verdict : std::uint8_t {
    pass,     // leaves as it came
    hold,     // stays at the front, with all behind it, until FramePump::release()
    drop,     // does not leave
    replace,  // `replacement`, a whole frame, leaves in its place
  };
  Verdict verdict = Verdict::pass;
  std::string replacement;

  static Decision dropped() { return {.verdict = Verdict::drop, .replacement = {}}; }
  static Decision replaced(std::string frame) {
    return {.verdict = Verdict::replace, .replacement = std::move(frame)};
  }
};

class FrameGate {
 public:
  virtual ~FrameGate() = default;
  // Called once for each frame, in order; after `hold`, once more when released.
  virtual Decision decide(Direction direction, const FrameView& view) = 0;
  // Whether decide() must see the body of this large frame. Asked before the body has come, so what
  // the head does not tell is not known yet (framing::look_at_head).
  virtual bool needs_body(Direction /*direction*/, const framing::EnvelopeText& /*head*/) {
    return false;
  }
  // Text between frames that was skipped (FramePump's BareText::skip), in pieces, in order.
  virtual void on_bare_text(Direction direction, std::string_view text) = 0;
};

}  // namespace bridge::relay
