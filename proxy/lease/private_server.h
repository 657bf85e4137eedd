// A gopls of the session's own, held by socketpairs on its stdin and stdout: two one-way sockets
// are 14 to 20 % faster than one connection, and gopls' own -rpc.trace works there.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "proxy/lease/server_source.h"

namespace bridge::lease {

// Whether O_NONBLOCK is set on the ends that the server gets, which are nobody else's.
enum class ServerStdio : std::uint8_t {
  blocking,     // what any program may expect
  nonblocking,  // a Go program then waits for its stdin in the runtime's poller instead of in a
                // blocking read, which costs a hand-over between threads for each message
};

class PrivateServer final : public ServerSource {
 public:
  // `go_directory` is appended to the PATH that gopls gets, unless empty.
  PrivateServer(std::string gopls, std::vector<std::string> args, std::string go_directory,
                ServerStdio stdio)
      : gopls_(std::move(gopls)),
        args_(std::move(args)),
        go_directory_(std::move(go_directory)),
        stdio_(stdio) {}

  boost::system::result<ServerConnection, AcquireError> acquire(AcquireReason reason) override;

 private:
  std::string gopls_;
  std::vector<std::string> args_;
  std::string go_directory_;
  ServerStdio stdio_;
};

}  // namespace bridge::lease
