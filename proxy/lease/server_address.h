// The address of a server that listens, parsed: "/path", "unix;/path" and "unix;@abstract" (gopls'
// spelling), "127.0.0.1:port", "[::1]:port", "localhost:port". No other host names: a static
// executable has no name service.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

namespace bridge::lease {

struct ServerAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  bool tcp = false;
};

// What is wrong with `text`, in words for the user; empty where it is an address, and `address` is
// set.
std::string parse_server_address(std::string_view text, ServerAddress& address);

}  // namespace bridge::lease
