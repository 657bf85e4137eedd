// One direction of a connection, as a kernel gives it: of limited room, in any cut, with a delay,
// and with either end going away at any byte.
//
// The bridge's ends are PipeSource and PipeSink; the models' are the pipe itself.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/relay/channel.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/timeline.h"

namespace bridge::simulation {

class Pipe : public std::enable_shared_from_this<Pipe> {
 public:
  struct Nature {
    std::size_t room = 64 * 1024;     // bytes between the two ends
    std::size_t cut_max = 64 * 1024;  // of one read or write
    microseconds delay_max{200};      // from a write to its being readable
    unsigned refusals = 0;            // percent of calls that would block though there is room
  };
  Pipe(Timeline& timeline, Dice dice, Nature nature)
      : timeline_(timeline), dice_(dice), nature_(nature) {}

  // --- the writer -------------------------------------------------------------------------------
  // How many bytes were taken, from the front.
  std::size_t write(std::string_view bytes);
  bool writable() const noexcept { return !reader_gone_ && held_.size() < nature_.room; }
  // End of file behind what was written.
  void close_writer();
  // As a killed peer does it: what was written may be lost, and a reset may stand for end of file.
  void break_writer(bool lose_bytes, bool reset);
  // Nothing is on its way.
  bool empty() const noexcept { return held_.empty(); }
  bool writer_gone() const noexcept { return writer_gone_; }

  // --- the reader -------------------------------------------------------------------------------
  bool readable() const noexcept { return visible_ > 0 || ended_; }
  bool at_end() const noexcept { return ended_ && visible_ == 0; }
  bool reset() const noexcept { return reset_; }
  // All or some of what is there.
  std::string read(std::size_t bytes_max);
  void close_reader();
  bool reader_gone() const noexcept { return reader_gone_; }

  // Chance, for the bridge's ends.
  std::size_t cut(std::size_t bytes);
  bool refuses() { return nature_.refusals > 0 && dice_.percent(nature_.refusals); }

  // Called when something may have come, or room has.
  std::function<void()> on_readable = [] {};
  std::function<void()> on_writable = [] {};

 private:
  void arrive(std::size_t bytes);
  microseconds delay() { return microseconds(dice_.below(nature_.delay_max.count() + 1)); }

  Timeline& timeline_;
  Dice dice_;
  Nature nature_;
  std::string held_;
  std::size_t visible_ = 0;
  Time arrival_{};  // of the last byte: none overtakes
  bool writer_gone_ = false;
  bool reader_gone_ = false;
  bool ended_ = false;
  bool reset_ = false;
};

class PipeSource final : public relay::Source {
 public:
  explicit PipeSource(std::shared_ptr<Pipe> pipe) : pipe_(std::move(pipe)) {}
  relay::Transfer read_some(std::span<char> room) noexcept override;
  int poll_fd() const noexcept override { return -1; }
  // Whether it was read after its end: nobody may.
  bool read_after_end() const noexcept { return after_end_; }

 private:
  std::shared_ptr<Pipe> pipe_;
  bool over_ = false;
  bool after_end_ = false;
};

class PipeSink final : public relay::Sink {
 public:
  explicit PipeSink(std::shared_ptr<Pipe> pipe) : pipe_(std::move(pipe)) {}
  relay::Transfer write_some(std::string_view bytes) noexcept override;
  int poll_fd() const noexcept override { return -1; }

 private:
  std::shared_ptr<Pipe> pipe_;
};

}  // namespace bridge::simulation
