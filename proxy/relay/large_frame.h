// A large frame on its way through.
//
//   |<- header ->|<- head ->|                                   |<- tail ->|
//   |<------------- in the pipe ------------->|<-- in the pump's buffer -->|
//
// Its beginning waits in a pipe, where the kernel put it without copying. In the buffer are the last
// bytes, which may tell the id, and whatever the pipe had no room for. Of the rest only the head was
// ever read: the envelope comes from head and tail (framing/FORMAT.md, "The bounded look").
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "framing/envelope.h"
#include "framing/frame_scanner.h"
#include "proxy/relay/pipe_pool.h"

namespace bridge::relay {

struct LargeFrame {
  // From here on a pipe is faster than the two copies (bench/METHOD.md).
  static constexpr std::size_t kBytesMin = 32 * 1024;

  // `begun` bytes of the frame are in the pipe already. `head` has kHeadBytes bytes.
  LargeFrame(Pipe borrowed, const framing::Scan& scan, std::string_view body_head,
             std::size_t begun)
      : pipe(std::move(borrowed)),
        bytes(scan.frame_size()),
        body_bytes(scan.body_size),
        received(begun) {
    std::copy_n(body_head.data(), head.size(), head.data());
  }

  std::size_t missing() const noexcept { return bytes - received; }
  // How much of what is missing is for the pipe.
  std::size_t for_pipe() const noexcept {
    return pipe_full || missing() <= framing::kTailBytes ? 0 : missing() - framing::kTailBytes;
  }
  std::string_view body_head() const noexcept { return {head.data(), head.size()}; }

  Pipe pipe;
  std::size_t bytes;  // header and body
  std::size_t body_bytes;
  std::size_t received;
  bool pipe_full = false;  // the rest goes into the buffer
  bool leaving = false;    // the gate has passed it
  std::array<char, framing::kHeadBytes> head;
};

}  // namespace bridge::relay
