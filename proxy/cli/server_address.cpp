#include "proxy/cli/server_address.h"

#include "proxy/lease/server_address.h"

namespace bridge::cli {

bool is_server_address(std::string_view text) {
  lease::ServerAddress address;
  return lease::parse_server_address(text, address).empty();
}

std::string from_gopls_remote(std::string_view remote) {
  constexpr std::string_view kTcp = "tcp;";
  if (remote.starts_with(kTcp)) remote.remove_prefix(kTcp.size());
  return is_server_address(remote) ? std::string(remote) : std::string();
}

}  // namespace bridge::cli
