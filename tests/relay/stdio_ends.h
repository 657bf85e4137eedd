// Pairs of descriptors of each kind that editors and servers hand us.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>

#include "proxy/kernel/unique_fd.h"

namespace bridge::relay {

enum class PairKind : std::uint8_t { socketpair, fifo, tcp };

inline std::string to_string(PairKind kind) {
  switch (kind) {
    case PairKind::socketpair:
      return "Socketpair";
    case PairKind::fifo:
      return "Fifo";
    case PairKind::tcp:
      return "Tcp";
  }
  return "?";
}

struct OneWay {
  kernel::UniqueFd read;
  kernel::UniqueFd write;
};

inline OneWay make_tcp() {
  kernel::UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener.get(), generic, size), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_EQ(::getsockname(listener.get(), generic, &size), 0);
  kernel::UniqueFd out(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(out.get(), generic, size), 0);
  return {kernel::UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)),
          std::move(out)};
}

inline OneWay make_one_way(PairKind kind) {
  std::array<int, 2> fds{-1, -1};
  switch (kind) {
    case PairKind::socketpair:
      EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
      break;
    case PairKind::fifo:
      EXPECT_EQ(::pipe2(fds.data(), O_CLOEXEC), 0);
      break;
    case PairKind::tcp:
      return make_tcp();
  }
  return {kernel::UniqueFd(fds[0]), kernel::UniqueFd(fds[1])};
}

}  // namespace bridge::relay
