// A source and a sink that can splice, through a real pipe, and fail where a test says so.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <string>
#include <string_view>

#include "proxy/relay/channel.h"

namespace bridge::relay {

// Gives its chunks one by one, as a socket does whose peer writes one after the other.
class SplicingSource final : public Source {
 public:
  void gives(std::string bytes) { chunks_.push_back(std::move(bytes)); }
  void ends() { ended_ = true; }
  void cannot_be_looked_into() { peeks_ = false; }
  // The Nth splice, from 1 on, and all behind it say so. EAGAIN: would_block.
  void refuses_splice_from(int call, int error) {
    refused_from_ = call;
    error_ = error;
  }

  bool empty() const { return chunks_.empty() && !ended_; }
  std::size_t bytes_read() const { return bytes_read_; }
  std::size_t bytes_spliced() const { return bytes_spliced_; }

  Transfer read_some(std::span<char> room) noexcept override {
    EXPECT_FALSE(room.empty());
    Transfer const got = peek(room);
    if (got.status != Transfer::Status::ok) return got;
    take(got.bytes);
    bytes_read_ += got.bytes;
    return got;
  }
  Transfer peek_some(std::span<char> room) noexcept override {
    return peeks_ ? peek(room) : Transfer::unsupported();
  }
  bool splices() const noexcept override { return true; }
  Transfer splice_into(Pipe& pipe, std::size_t size) noexcept override {
    if (++splices_ >= refused_from_) {
      return error_ == EAGAIN ? Transfer::blocked() : Transfer::failure(error_);
    }
    if (chunks_.empty()) return ended_ ? Transfer::ended() : Transfer::blocked();
    std::size_t const wanted = std::min(size, front().size());
    ssize_t const put = ::write(pipe.write_fd(), front().data(), wanted);
    if (put < 0) return Transfer::blocked();
    auto const moved = static_cast<std::size_t>(put);
    take(moved);
    pipe.added(moved);
    bytes_spliced_ += moved;
    return Transfer::moved(moved);
  }
  int poll_fd() const noexcept override { return -1; }

 private:
  Transfer peek(std::span<char> room) const {
    if (chunks_.empty()) return ended_ ? Transfer::ended() : Transfer::blocked();
    std::size_t const size = std::min(room.size(), front().size());
    std::copy_n(front().data(), size, room.data());
    return Transfer::moved(size);
  }
  std::string_view front() const { return std::string_view(chunks_.front()).substr(taken_); }
  void take(std::size_t size) {
    taken_ += size;
    if (taken_ < chunks_.front().size()) return;
    chunks_.pop_front();
    taken_ = 0;
  }

  std::deque<std::string> chunks_;
  std::size_t taken_ = 0;  // of the first chunk
  bool ended_ = false;
  bool peeks_ = true;
  int refused_from_ = 1 << 30;
  int error_ = 0;
  int splices_ = 0;
  std::size_t bytes_read_ = 0;
  std::size_t bytes_spliced_ = 0;
};

class SplicingSink final : public Sink {
 public:
  void takes_at_most(std::size_t bytes) { bytes_max_ = bytes; }
  void is_full_after(std::size_t bytes) { room_ = bytes; }
  void has_room_for(std::size_t bytes) { room_ += bytes; }
  void refuses_splice_from(int call, int error) {
    refused_from_ = call;
    error_ = error;
  }
  // The reader is gone at the Nth splice: writes fail too.
  void is_gone_at_splice(int call) { refuses_splice_from(call, EPIPE); }

  const std::string& taken() const { return taken_; }
  std::size_t bytes_spliced() const { return bytes_spliced_; }
  std::size_t writes() const { return writes_; }

  Transfer write_some(std::string_view bytes) noexcept override {
    ++writes_;
    if (error_ == EPIPE && splices_ >= refused_from_) return Transfer::failure(EPIPE);
    std::size_t const size = std::min({bytes.size(), bytes_max_, room_});
    if (size == 0) return Transfer::blocked();
    room_ -= size;
    taken_ += bytes.substr(0, size);
    return Transfer::moved(size);
  }
  bool splices() const noexcept override { return true; }
  Transfer splice_from(Pipe& pipe) noexcept override {
    if (++splices_ >= refused_from_) {
      return error_ == EAGAIN ? Transfer::blocked() : Transfer::failure(error_);
    }
    std::size_t const size = std::min({pipe.size(), bytes_max_, room_});
    EXPECT_GT(pipe.size(), 0U);
    if (size == 0) return Transfer::blocked();
    std::string bytes(size, '\0');
    ssize_t const got = ::read(pipe.read_fd(), bytes.data(), size);
    EXPECT_EQ(got, static_cast<ssize_t>(size)) << "the pump lost count of its pipe";
    taken_ += bytes;
    room_ -= size;
    pipe.removed(size);
    bytes_spliced_ += size;
    return Transfer::moved(size);
  }
  int poll_fd() const noexcept override { return -1; }

 private:
  std::size_t bytes_max_ = std::string::npos;
  std::size_t room_ = std::string::npos;
  int refused_from_ = 1 << 30;
  int error_ = 0;
  int splices_ = 0;
  std::size_t writes_ = 0;
  std::size_t bytes_spliced_ = 0;
  std::string taken_;
};

}  // namespace bridge::relay
