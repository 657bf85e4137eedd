// Which addresses of a listening gopls the bridge can connect to: "/path", "unix;/path",
// "127.0.0.1:port", "[::1]:port", "localhost:port". No other host names: a static executable has no
// name service.
#pragma once

#include <string>
#include <string_view>

namespace bridge::cli {

bool is_server_address(std::string_view text);

// gopls' -remote=ADDR in that form; empty if it is one that only gopls can reach.
std::string from_gopls_remote(std::string_view remote);

}  // namespace bridge::cli
