#include "bench/workload/replay.h"

#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "bench/interrupt.h"
#include "bench/process.h"

namespace bridge::bench {

using std::chrono::nanoseconds;

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;  // what libuv offers to each read

void sleep_until(Replay::Clock::time_point moment) {
  auto const since_start = moment.time_since_epoch();
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(since_start);
  timespec const time{.tv_sec = seconds.count(),
                      .tv_nsec = nanoseconds(since_start - seconds).count()};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == EINTR) {
  }
}

}  // namespace

Replay::Replay(From side, const Recording& recording, std::chrono::microseconds pause_max, int in,
               int out)
    : side_(side),
      recording_(recording),
      pause_max_(pause_max),
      in_(in),
      out_(out),
      moments_(recording.size()),
      buffer_(kReadBytes, '\0') {
  for (const ShapeLine& line : recording_) {
    std::string const header = "Content-Length: " + std::to_string(line.size) + "\r\n\r\n";
    header_sizes_.push_back(header.size());
    frames_.push_back(header + make_body(line));
    buffer_.resize(std::max(buffer_.size(), frames_.back().size() + kReadBytes));
  }
  // The kernel may be 50 us late with a sleep of ours: as much as a relay adds.
  ::prctl(PR_SET_TIMERSLACK, 1000UL);
}

void Replay::run() {
  for (std::size_t i = 0; i < recording_.size(); ++i) {
    if (recording_[i].from != side_) {
      moments_[i] = receive(frames_[i]);
      continue;
    }
    if (i > 0) {
      auto const pause = recording_[i].at - recording_[i - 1].at;
      sleep_until(moments_[i - 1] + std::min<std::chrono::microseconds>(pause, pause_max_));
    }
    moments_[i] = Clock::now();  // before: the way to be measured begins here
    send(frames_[i], header_sizes_[i]);
  }
}

// Header and body apart, as VS Code's library and gopls write them.
void Replay::send(const std::string& frame, std::size_t header_size) {
  for (std::string_view rest : {std::string_view(frame).substr(0, header_size),
                                std::string_view(frame).substr(header_size)}) {
    while (!rest.empty()) {
      ssize_t const put = ::write(out_, rest.data(), rest.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) fail("replay: writing");
      rest.remove_prefix(static_cast<std::size_t>(put));
    }
  }
}

Replay::Clock::time_point Replay::receive(const std::string& frame) {
  while (end_ - begin_ < frame.size()) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (buffer_.size() - end_ < kReadBytes) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= std::exchange(begin_, 0);
    }
    ssize_t const got = ::read(in_, buffer_.data() + end_, kReadBytes);
    if (got < 0 && errno == EINTR) {
      if (interrupted()) throw Broken("interrupted");
      continue;
    }
    if (got < 0) fail("replay: reading");
    if (got == 0) throw Broken("replay: the connection was closed");
    end_ += static_cast<std::size_t>(got);
    last_read_ = Clock::now();
  }
  // Two messages may have come with one read.
  auto const arrived = last_read_;
  if (std::memcmp(buffer_.data() + begin_, frame.data(), frame.size()) != 0)
    throw Broken("replay: not the message that was sent: " +
                 buffer_.substr(begin_, std::min<std::size_t>(frame.size(), 200)));
  begin_ += frame.size();
  return arrived;
}

}  // namespace bridge::bench
