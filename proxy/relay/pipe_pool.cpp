#include "proxy/relay/pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace bridge::relay {

bool Pipe::put(std::string_view bytes) noexcept {
  ssize_t const size = ::write(write_.get(), bytes.data(), bytes.size());
  if (size != static_cast<ssize_t>(bytes.size())) return false;
  size_ += bytes.size();
  return true;
}

bool Pipe::take_all(std::span<char> room) noexcept {
  while (size_ > 0) {
    ssize_t const size = ::read(read_.get(), room.data(), size_);
    if (size <= 0) return false;
    room = room.subspan(static_cast<std::size_t>(size));
    size_ -= static_cast<std::size_t>(size);
  }
  return true;
}

std::optional<Pipe> PipePool::borrow() {
  borrowed_ = true;
  if (!idle_.empty()) {
    Pipe pipe = std::move(idle_.back());
    idle_.pop_back();
    return pipe;
  }
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) return std::nullopt;
  Pipe pipe{kernel::UniqueFd(fds[0]), kernel::UniqueFd(fds[1])};
  if (::fcntl(fds[1], F_SETPIPE_SZ, kPipeBytes) < 0 &&
      ::fcntl(fds[1], F_SETPIPE_SZ, kSmallPipeBytes) < 0) {
    return std::nullopt;
  }
  return pipe;
}

void PipePool::give_back(Pipe pipe) {
  if (pipe.size() != 0 || idle_.size() == kKeptMax) return;
  idle_.reserve(kKeptMax);
  idle_.push_back(std::move(pipe));
}

bool PipePool::close_idle() noexcept {
  if (!std::exchange(borrowed_, false)) idle_.clear();
  return !idle_.empty();
}

}  // namespace bridge::relay
