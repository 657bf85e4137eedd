// A model's writing end: keeps what the pipe has no room for, and can be made to stop at any byte.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tests/simulation/pipe.h"

namespace bridge::simulation {

class Outlet {
 public:
  explicit Outlet(std::shared_ptr<Pipe> pipe) : pipe_(std::move(pipe)) {}

  void send(std::string_view bytes) {
    waiting_ += bytes;
    flush();
  }
  void flush() {
    while (!waiting_.empty() && pipe_->writable() && left_ > 0) {
      std::size_t const taken = pipe_->write(std::string_view(waiting_).substr(0, left_));
      if (taken == 0) break;
      waiting_.erase(0, taken);
      left_ -= taken;
    }
    if (left_ == 0 && at_limit) std::exchange(at_limit, nullptr)();
  }
  // After so many more bytes, in the middle of whatever it is, `at_limit` is called.
  void stop_after(std::size_t bytes, std::function<void()> then) {
    left_ = bytes;
    at_limit = std::move(then);
  }
  void stop_never() { stop_after(std::numeric_limits<std::size_t>::max(), nullptr); }
  bool empty() const noexcept { return waiting_.empty(); }
  Pipe& pipe() noexcept { return *pipe_; }

 private:
  std::shared_ptr<Pipe> pipe_;
  std::string waiting_;
  std::size_t left_ = std::numeric_limits<std::size_t>::max();
  std::function<void()> at_limit;
};

}  // namespace bridge::simulation
