// The two halves of an end: a Source gives chunks, a Sink takes them. Neither ever blocks.
//
// Interfaces, so that tests can put a faulty end in place of a descriptor. The implementations over
// descriptors are in descriptor_channel.h. Neither half knows about frames.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "proxy/relay/pipe_pool.h"

namespace bridge::relay {

struct Transfer {
  enum class Status : std::uint8_t {
    ok,           // `bytes` moved, at least one
    would_block,  // nothing moved; wait for readiness
    end_of_file,  // sources only: nothing will ever come again
    failed,       // `error` says why
  };
  Status status = Status::ok;
  std::size_t bytes = 0;
  int error = 0;  // errno, for `failed`

  static Transfer moved(std::size_t bytes) { return {Status::ok, bytes, 0}; }
  static Transfer blocked() { return {Status::would_block, 0, 0}; }
  static Transfer ended() { return {Status::end_of_file, 0, 0}; }
  static Transfer failure(int error) { return {Status::failed, 0, error}; }
  static Transfer unsupported() { return failure(EOPNOTSUPP); }
};

class Source {
 public:
  virtual ~Source() = default;
  // Reads once, into a room that is not empty.
  virtual Transfer read_some(std::span<char> room) noexcept = 0;
  // Fills `room` with what the next read would give, and takes nothing.
  virtual Transfer peek_some(std::span<char> /*room*/) noexcept { return Transfer::unsupported(); }

  // Whether splice_into() is worth a try.
  virtual bool splices() const noexcept { return false; }
  // Moves at most `size` bytes into the pipe, once, without copying them. would_block: there is
  // nothing to read, or no room in the pipe; only a read tells which. After `failed` a read tells
  // what is wrong with the source, if it is the source.
  virtual Transfer splice_into(Pipe& /*pipe*/, std::size_t /*size*/) noexcept {
    return Transfer::unsupported();
  }

  // The descriptor whose EPOLLIN tells that read_some() will not say would_block; -1: it never does
  // (a regular file, /dev/null). The descriptor stays the source's.
  virtual int poll_fd() const noexcept = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;
  // Writes once; may take fewer bytes than given. A reader that is gone is `failed` with EPIPE or
  // ECONNRESET, never a SIGPIPE that kills (the process ignores SIGPIPE).
  virtual Transfer write_some(std::string_view bytes) noexcept = 0;
  // As in Source. Moves bytes out of the pipe, once; it may take fewer than it holds.
  virtual bool splices() const noexcept { return false; }
  virtual Transfer splice_from(Pipe& /*pipe*/) noexcept { return Transfer::unsupported(); }
  // As Source::poll_fd(), for EPOLLOUT.
  virtual int poll_fd() const noexcept = 0;
};

}  // namespace bridge::relay
