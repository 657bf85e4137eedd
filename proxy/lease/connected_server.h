// A server that listens already: a gopls `serve -listen`, a container's, a test's.
#pragma once

#include <string>
#include <utility>

#include "proxy/lease/server_source.h"

namespace bridge::lease {

class ConnectedServer final : public ServerSource {
 public:
  // As parse_server_address() takes it.
  explicit ConnectedServer(std::string address) : address_(std::move(address)) {}

  boost::system::result<ServerConnection, AcquireError> acquire(AcquireReason reason) override;

 private:
  std::string address_;
};

}  // namespace bridge::lease
