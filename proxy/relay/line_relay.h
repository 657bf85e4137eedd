// Passes text on line by line: a server's stderr to ours. No line of one process is torn by
// another's.
//
// Passive like FramePump, with the same backpressure: while the sink is full nothing is read. Lines
// longer than the buffer pass in pieces. A sink that is gone swallows what comes.
#pragma once

#include <cstddef>
#include <string>

#include "proxy/relay/channel.h"
#include "proxy/relay/telling_line.h"

namespace bridge::relay {

class LineRelay {
 public:
  LineRelay(Source& source, Sink& sink) : source_(source), sink_(sink) {}

  void on_source_ready();
  void on_sink_ready();
  bool wants_source() const noexcept { return !ended_ && !blocked_; }
  bool wants_sink() const noexcept { return blocked_; }

  // Passes on all that is there now without waiting: for the last words of a server that has ended.
  void drain();

  // The line that tells most of how the writer ended (telling_line.h); empty: none came.
  const std::string& telling_line() const noexcept { return telling_.text(); }

 private:
  static constexpr std::size_t kBytesMax = 64 * 1024;  // a default pipe's capacity, pipe(7)

  bool read_once();
  void flush();

  Source& source_;
  Sink& sink_;
  std::string buffer_;
  TellingLine telling_;
  bool blocked_ = false;
  bool ended_ = false;
  bool sink_gone_ = false;
};

}  // namespace bridge::relay
