// One direction of a session in this process: a pump between two socketpairs, whose far ends the
// benchmark holds and, being one thread with the pump, never waits for.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/process.h"
#include "proxy/relay/descriptor_channel.h"
#include "proxy/relay/frame_pump.h"

namespace bridge::bench {

struct PassingGate final : relay::FrameGate {
  relay::Decision decide(relay::Direction, const relay::FrameView&) override { return {}; }
  void on_bare_text(relay::Direction, std::string_view) override {}
};

// The two far ends.
struct FarEnds {
  SocketPair source = make_socketpair();
  SocketPair sink = make_socketpair();

  // At most what fits now; how much that was.
  std::size_t write(std::string_view bytes) const {
    ssize_t const sent =
        ::send(source.ours.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  // What is there now.
  std::size_t read(std::vector<char>& room) const {
    ssize_t const got = ::recv(sink.ours.get(), room.data(), room.size(), MSG_DONTWAIT);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }
};

enum class Stdio { own, inherited };

class Pumped {
 public:
  // Without pipes everything goes through the buffer. An inherited sink may not be made
  // non-blocking, as an editor's stdout may not.
  explicit Pumped(relay::PipePool* pipes, Stdio sink = Stdio::own)
      : source_(std::move(*relay::DescriptorSource::own(std::move(far.source.theirs)))),
        sink_(sink == Stdio::own
                  ? std::move(*relay::DescriptorSink::own(std::move(far.sink.theirs)))
                  : std::move(*relay::DescriptorSink::inherit(far.sink.theirs.get()))),
        pump(relay::Direction::to_editor, source_, sink_, gate_, {.limits = {}, .pipes = pipes}) {
    far.sink.theirs.reset();
  }

  FarEnds far;

 private:
  PassingGate gate_;
  relay::DescriptorSource source_;
  relay::DescriptorSink sink_;

 public:
  relay::FramePump pump;
  int source_fd() const { return source_.poll_fd(); }
  int sink_fd() const { return sink_.poll_fd(); }
};

}  // namespace bridge::bench
