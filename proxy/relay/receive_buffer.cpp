#include "proxy/relay/receive_buffer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace bridge::relay {

void ReceiveBuffer::Free::operator()(char* data) const noexcept { std::free(data); }

std::span<char> ReceiveBuffer::room(std::size_t frame_size) {
  if (capacity_ == 0) grow(kReadBytes);
  // A partial frame moves to the front only when it would otherwise run out of room: at most once
  // for each time the buffer is filled.
  std::size_t const held = end_ - begin_;
  std::size_t const wanted = std::max(frame_size, held + 1);
  if (begin_ > 0 && begin_ + wanted > capacity_) {
    std::memmove(data_.get(), data_.get() + begin_, held);
    begin_ = 0;
    end_ = held;
  }
  if (end_ == capacity_) {
    std::size_t const doubled = capacity_ * 2;
    grow(frame_size > held ? std::min(doubled, std::max(frame_size, capacity_ + kReadBytes))
                           : doubled);
  }
  return {data_.get() + end_, capacity_ - end_};
}

std::span<char> ReceiveBuffer::prepend(std::size_t size) {
  std::size_t const held = end_ - begin_;
  if (begin_ < size) {
    if (capacity_ < size + held) grow(size + held);
    std::memmove(data_.get() + size, data_.get() + begin_, held);
    begin_ = size;
    end_ = size + held;
  }
  begin_ -= size;
  return {data_.get() + begin_, size};
}

void ReceiveBuffer::consume(std::size_t size) noexcept {
  begin_ += size;
  if (begin_ != end_) return;
  begin_ = end_ = 0;
  if (capacity_ > kKeptBytesMax) {
    data_.reset();
    capacity_ = 0;
  }
}

void ReceiveBuffer::truncate(std::size_t size) noexcept {
  end_ = begin_ + size;
  consume(0);
}

void ReceiveBuffer::grow(std::size_t capacity) {
  // realloc, not new: the kernel moves the pages of a large buffer instead of copying them.
  auto* moved = static_cast<char*>(std::realloc(data_.get(), capacity));
  if (moved == nullptr) throw std::bad_alloc();
  (void)data_.release();
  data_.reset(moved);
  capacity_ = capacity;
}

}  // namespace bridge::relay
