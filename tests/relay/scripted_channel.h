// A source and a sink that do what a test tells them, call by call, and check their caller: nothing
// is read after the end, no empty room or write is offered.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <string>
#include <string_view>

#include "proxy/relay/channel.h"

namespace bridge::relay {

class ScriptedSource final : public Source {
 public:
  void gives(std::string bytes) { steps_.push_back({Transfer::Status::ok, 0, std::move(bytes)}); }
  void ends() { steps_.push_back({Transfer::Status::end_of_file, 0, {}}); }
  void fails(int error) { steps_.push_back({Transfer::Status::failed, error, {}}); }

  bool empty() const { return steps_.empty(); }
  int reads() const { return reads_; }

  Transfer read_some(std::span<char> room) noexcept override {
    ++reads_;
    EXPECT_FALSE(over_) << "read after the end";
    EXPECT_FALSE(room.empty());
    if (steps_.empty()) return Transfer::blocked();
    Step& step = steps_.front();
    if (step.status == Transfer::Status::ok) {
      std::size_t const size = std::min(room.size(), step.bytes.size());
      std::copy_n(step.bytes.data(), size, room.data());
      step.bytes.erase(0, size);
      if (step.bytes.empty()) steps_.pop_front();
      return Transfer::moved(size);
    }
    over_ = true;
    return {step.status, 0, step.error};
  }
  int poll_fd() const noexcept override { return -1; }

 private:
  struct Step {
    Transfer::Status status;
    int error;
    std::string bytes;
  };
  std::deque<Step> steps_;
  bool over_ = false;
  int reads_ = 0;
};

class ScriptedSink final : public Sink {
 public:
  // Each write takes at most this many bytes.
  void takes_at_most(std::size_t bytes) { bytes_max_ = bytes; }
  // After this many bytes in all it is full.
  void is_full_after(std::size_t bytes) { room_ = bytes; }
  void has_room_for(std::size_t bytes) { room_ += bytes; }
  void fails_at_call(int call, int error) {
    failing_call_ = call;
    error_ = error;
  }

  const std::string& taken() const { return taken_; }
  const std::deque<std::string>& writes() const { return writes_; }
  int calls() const { return calls_; }

  Transfer write_some(std::string_view bytes) noexcept override {
    EXPECT_FALSE(bytes.empty());
    EXPECT_FALSE(failed_) << "written to after a failure";
    ++calls_;
    if (calls_ == failing_call_) {
      failed_ = true;
      return Transfer::failure(error_);
    }
    std::size_t const size = std::min({bytes.size(), bytes_max_, room_});
    if (size == 0) return Transfer::blocked();
    room_ -= size;
    taken_ += bytes.substr(0, size);
    writes_.emplace_back(bytes.substr(0, size));
    return Transfer::moved(size);
  }
  int poll_fd() const noexcept override { return -1; }

 private:
  std::size_t bytes_max_ = std::string::npos;
  std::size_t room_ = std::string::npos;
  int failing_call_ = 0;
  int error_ = 0;
  int calls_ = 0;
  bool failed_ = false;
  std::string taken_;
  std::deque<std::string> writes_;
};

}  // namespace bridge::relay
