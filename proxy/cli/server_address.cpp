#include "proxy/cli/server_address.h"

#include <arpa/inet.h>

#include <charconv>

namespace bridge::cli {
namespace {

constexpr std::string_view kUnix = "unix;";
constexpr std::string_view kTcp = "tcp;";

bool is_numeric_host(int family, std::string_view host) {
  unsigned char address[sizeof(in6_addr)];
  return ::inet_pton(family, std::string(host).c_str(), address) == 1;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

}  // namespace

bool is_server_address(std::string_view text) {
  if (text.starts_with(kUnix)) return text.size() > kUnix.size();
  if (text.starts_with('/')) return true;
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) return false;
  auto const host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return is_numeric_host(AF_INET6, host.substr(1, host.size() - 2));
  return host == "localhost" || is_numeric_host(AF_INET, host);
}

std::string from_gopls_remote(std::string_view remote) {
  if (remote.starts_with(kTcp)) remote.remove_prefix(kTcp.size());
  return is_server_address(remote) ? std::string(remote) : std::string();
}

}  // namespace bridge::cli
