// A server that listens already: a gopls `serve -listen`, a container's, a test's.
#pragma once

#include <string>
#include <utility>

#include "proxy/lease/server_source.h"

namespace bridge::lease {

class ConnectedServer final : public ServerSource {
 public:
  // "/path", "unix;/path", "unix:/path", "@abstract", "127.0.0.1:port", "[::1]:port",
  // "localhost:port". A static binary has no name service: other host names are refused.
  explicit ConnectedServer(std::string address) : address_(std::move(address)) {}

  boost::system::result<ServerConnection, AcquireError> acquire(AcquireReason reason) override;

 private:
  std::string address_;
};

}  // namespace bridge::lease
