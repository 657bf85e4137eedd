// Pipes that large frames wait in, where the kernel moves them without copying (frame_pump.h).
//
// A pipe is borrowed while a frame is on its way. Idle ones are kept for the next frame only for a
// moment: their size counts against a limit of the user's (fs.pipe-user-pages-soft, 64 MiB by
// default), beyond which other programs of the same user get pipes of two pages.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::relay {

class Pipe {
 public:
  Pipe(kernel::UniqueFd read, kernel::UniqueFd write) noexcept
      : read_(std::move(read)), write_(std::move(write)) {}

  int read_fd() const noexcept { return read_.get(); }
  int write_fd() const noexcept { return write_.get(); }
  // Bytes in it. Kept by whoever splices: the kernel is not asked.
  std::size_t size() const noexcept { return size_; }
  void added(std::size_t bytes) noexcept { size_ += bytes; }
  void removed(std::size_t bytes) noexcept { size_ -= bytes; }

  // Copies `bytes` in. False if not all of them fitted; what the pipe holds is then undefined.
  bool put(std::string_view bytes) noexcept;
  // Copies out what it holds into `room`, which is of that size. False on an error of the kernel's.
  bool take_all(std::span<char> room) noexcept;

 private:
  kernel::UniqueFd read_;
  kernel::UniqueFd write_;
  std::size_t size_ = 0;
};

class PipePool {
 public:
  // Whole frames up to this size wait in a pipe; it is what an unprivileged process may have
  // (fs.pipe-max-size). What is longer goes on in a buffer.
  static constexpr int kPipeBytes = 1024 * 1024;
  // Where that is refused. Smaller ones do not pay: frames of twice a default pipe's 64 KiB were 10
  // to 20 % slower through one.
  static constexpr int kSmallPipeBytes = 256 * 1024;
  // One for each direction.
  static constexpr std::size_t kKeptMax = 2;

  // An empty pipe; nothing if there is none to be had.
  std::optional<Pipe> borrow();
  // Kept if it is empty, closed if not.
  void give_back(Pipe pipe);

  // Closes the pipes that nobody borrowed since the last call. False when there are none left.
  bool close_idle() noexcept;
  bool has_idle() const noexcept { return !idle_.empty(); }

 private:
  std::vector<Pipe> idle_;
  bool borrowed_ = false;  // since the last close_idle()
};

}  // namespace bridge::relay
