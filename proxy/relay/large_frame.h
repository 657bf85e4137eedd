// A large frame on its way through.
//
//   |<- header ->|<- head ->|                                   |<- tail ->|
//   |<------------- in the pipe ------------->|<-- in the pump's buffer -->|
//
// Its beginning waits in a pipe, where the kernel put it without copying. In the buffer is what
// must be read, the tail, if the head does not tell the id, and whatever the pipe had no room for.
// Of the rest only the head was ever read: the envelope comes from head and tail
// (framing/FORMAT.md, "The bounded look").
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "framing/envelope.h"
#include "framing/frame_scanner.h"
#include "proxy/relay/pipe_pool.h"

namespace bridge::relay {

struct LargeFrame {
  // Of a frame, and of what must be missing of it. Here the pipe and the two copies cost the same
  // (gopls-bridge bench --ways direct,held,held-buffer: 0.98 at 64 KiB, 0.92 at 128 KiB; at 32 KiB
  // its four more system calls make the pipe 1.13).
  static constexpr std::size_t kBytesMin = 64 * 1024;

  // `begun` bytes of the frame are in the pipe already. `body_head` has kHeadBytes bytes, and
  // `seen` is what look_at_head() says of it.
  LargeFrame(Pipe borrowed, const framing::Scan& scan, std::string_view body_head,
             const framing::EnvelopeText& seen, std::size_t begun)
      : pipe(std::move(borrowed)),
        bytes(scan.frame_size()),
        body_bytes(scan.body_size),
        received(begun),
        tail_bytes(seen.id.empty() ? framing::kTailBytes : 0) {
    std::copy_n(body_head.data(), head.size(), head.data());
  }

  std::size_t missing() const noexcept { return bytes - received; }
  // How much of what is missing is for the pipe.
  std::size_t for_pipe() const noexcept {
    return pipe_full || missing() <= tail_bytes ? 0 : missing() - tail_bytes;
  }
  // `end` is the end of the frame, at least its tail.
  void keep_tail(std::string_view end) noexcept {
    std::copy_n(end.data() + end.size() - tail_bytes, tail_bytes, tail.data());
  }
  // Nothing, if the ends do not tell. Valid as long as this is.
  std::optional<framing::EnvelopeText> envelope() const noexcept {
    return framing::look_at_ends({head.data(), head.size()}, {tail.data(), tail_bytes}, body_bytes);
  }

  Pipe pipe;
  std::size_t bytes;  // header and body
  std::size_t body_bytes;
  std::size_t received;
  std::size_t tail_bytes;
  bool pipe_full = false;  // the rest goes into the buffer
  bool leaving = false;    // the gate has passed it
  std::array<char, framing::kHeadBytes> head;
  std::array<char, framing::kTailBytes> tail;
};

}  // namespace bridge::relay
