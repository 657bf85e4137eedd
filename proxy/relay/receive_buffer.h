// The bytes of one direction that were read and not yet sent on.
//
//   |<- sent ->|<--------- view() --------->|<------- room() ------->|
//   0        begin_                        end_                  capacity_
//
// One contiguous piece, so that a frame can be scanned in place and leave in one write. Nothing is
// allocated before the first read. Memory grows with the bytes received, at most doubling, whatever
// length a peer announces; a buffer that a large frame has blown up is given back once empty.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace bridge::relay {

class ReceiveBuffer {
 public:
  // One read's worth. 64 KiB is where a larger buffer stops paying for frames up to 64 KiB, and a
  // default pipe's capacity (pipe(7)).
  static constexpr std::size_t kReadBytes = 64 * 1024;
  // Kept for the next large frame instead of being given back to the system: frames of 1 MiB, with
  // their headers, come and go without an allocation each.
  static constexpr std::size_t kKeptBytesMax = 2 * 1024 * 1024;

  std::string_view view() const noexcept { return {data_.get() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }
  std::size_t capacity() const noexcept { return capacity_; }

  // Room for the next read. `frame_size` is what the frame at the front of view() will need in all,
  // 0 if unknown: a hint that bounds growth, never a reason to allocate ahead of the bytes.
  // Throws std::bad_alloc.
  std::span<char> room(std::size_t frame_size);
  // `size` bytes of the last room() were filled.
  void commit(std::size_t size) noexcept { end_ += size; }
  // `size` bytes in front of view(), which the caller fills; they are part of view() from now on.
  // Throws std::bad_alloc.
  std::span<char> prepend(std::size_t size);
  // The first `size` bytes of view() are no longer needed.
  void consume(std::size_t size) noexcept;
  // Of view(), all but the first `size` bytes are no longer needed.
  void truncate(std::size_t size) noexcept;

 private:
  struct Free {
    void operator()(char* data) const noexcept;
  };
  void grow(std::size_t capacity);

  std::unique_ptr<char, Free> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace bridge::relay
