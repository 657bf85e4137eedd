#include "proxy/lease/server_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace bridge::lease {
namespace {

std::string parse_unix(std::string_view path, ServerAddress& address) {
  auto* const unix_address = reinterpret_cast<sockaddr_un*>(&address.storage);
  bool const abstract = path.starts_with('@');  // as gopls writes it: no file, a leading zero byte
  if (!abstract && !path.starts_with('/')) return "the path of a socket must be absolute";
  if (path.size() >= sizeof unix_address->sun_path) {
    return "the path is longer than the 107 bytes that a Unix socket address holds";
  }
  unix_address->sun_family = AF_UNIX;
  std::memcpy(unix_address->sun_path, path.data(), path.size());
  std::size_t size = offsetof(sockaddr_un, sun_path) + path.size();
  if (abstract) {
    unix_address->sun_path[0] = '\0';  // every byte of `size` is the name: no terminating zero
  } else {
    ++size;
  }
  address.size = static_cast<socklen_t>(size);
  return {};
}

std::string parse_tcp(std::string_view text, ServerAddress& address) {
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos) return "neither a path nor address:port";
  std::string_view const port_text = text.substr(colon + 1);
  std::uint16_t port = 0;
  auto const [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc() || end != port_text.data() + port_text.size() || port == 0) {
    return "the port is not a number from 1 to 65535";
  }
  std::string host(text.substr(0, colon));
  if (host == "localhost") host = "127.0.0.1";
  address.tcp = true;

  auto* const v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size = sizeof *v4;
    return {};
  }
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  bool const bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed &&
      ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof *v6;
    return {};
  }
  return "the host must be a numeric address or localhost: this static program has no name service";
}

}  // namespace

std::string parse_server_address(std::string_view text, ServerAddress& address) {
  constexpr std::string_view kUnix = "unix;";
  if (text.starts_with(kUnix)) return parse_unix(text.substr(kUnix.size()), address);
  if (text.starts_with('/')) return parse_unix(text, address);
  return parse_tcp(text, address);
}

}  // namespace bridge::lease
