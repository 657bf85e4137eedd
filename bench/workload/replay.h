// Plays one side of a recording over a connection, in lock-step with the other side: a message is
// sent when all that stand before it in the recording have been sent or have arrived, and the
// recorded pause is over.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "bench/workload/recording.h"

namespace bridge::bench {

class Replay {
 public:
  using Clock = std::chrono::steady_clock;

  // `out` may be `in`. The recording must outlive this.
  Replay(From side, const Recording& recording, std::chrono::microseconds pause_max, int in,
         int out);

  // To the recording's end. Throws Broken when the connection ends, or when what arrives is not,
  // byte for byte, what the other side sends.
  void run();

  // When each line was sent or had arrived whole, here.
  const std::vector<Clock::time_point>& moments() const noexcept { return moments_; }

 private:
  void send(const std::string& frame, std::size_t header_size);
  Clock::time_point receive(const std::string& frame);

  const From side_;
  const Recording& recording_;
  const std::chrono::microseconds pause_max_;
  const int in_;
  const int out_;
  std::vector<std::string> frames_;
  std::vector<std::size_t> header_sizes_;
  std::vector<Clock::time_point> moments_;
  std::string buffer_;
  std::size_t begin_ = 0;  // [begin_, end_) of the buffer is not consumed
  std::size_t end_ = 0;
  Clock::time_point last_read_;
};

}  // namespace bridge::bench
