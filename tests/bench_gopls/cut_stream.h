// A stream that comes in given pieces: each read gives one of them, whatever the size of its
// buffer.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::bench {

// Messages of a SOCK_SEQPACKET socket stay apart, and reading looks the same as on a stream.
class CutStream {
 public:
  kernel::UniqueFd ours;    // to be given to the reader
  kernel::UniqueFd theirs;  // what the reader writes arrives here

  explicit CutStream(std::vector<std::string_view> pieces) {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    ours.reset(fds[0]);
    theirs.reset(fds[1]);
    // A thread: the kernel holds some 280 messages, however small, and the reader is yet to come.
    feeder_ = std::thread([fd = theirs.get(), pieces = std::move(pieces)] {
      for (std::string_view const piece : pieces)
        if (::send(fd, piece.data(), piece.size(), MSG_NOSIGNAL) < 0) return;
    });
  }
  ~CutStream() {
    ours.reset();
    wait_until_fed();
  }
  // Returns when all has been read, or the reader has gone.
  void wait_until_fed() {
    if (feeder_.joinable()) feeder_.join();
  }
  // All has been sent, and nothing follows.
  void end() {
    wait_until_fed();
    ::shutdown(theirs.get(), SHUT_WR);
  }

 private:
  std::thread feeder_;
};

// The stream whole, cut in two at every byte, and byte by byte.
inline void with_every_cut(std::string_view stream, const std::function<void(CutStream&)>& test) {
  auto const run = [&](const std::vector<std::string_view>& pieces, const std::string& how) {
    SCOPED_TRACE(how);
    CutStream cut(pieces);
    test(cut);
  };
  run({stream}, "whole");
  for (std::size_t at = 1; at < stream.size(); ++at)
    run({stream.substr(0, at), stream.substr(at)}, "cut at " + std::to_string(at));
  std::vector<std::string_view> bytes;
  for (std::size_t at = 0; at < stream.size(); ++at) bytes.push_back(stream.substr(at, 1));
  run(bytes, "byte by byte");
}

}  // namespace bridge::bench
