// An LSP client on a Unix stream socket, for what no editor does: no process, no manners. Bounded,
// as StdioChild is.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/kernel/unique_fd.h"
#include "tests/rigs/frames.h"

namespace bridge::rigs {

class SocketClient {
 public:
  // Connects to the socket file, or takes a socket that is connected. Throws if it cannot.
  explicit SocketClient(const std::string& path);
  explicit SocketClient(kernel::UniqueFd connected);

  int fd() const { return socket_.get(); }
  void close() { socket_.reset(); }
  // All of it; false if the peer is gone before.
  bool send(std::string_view bytes);
  bool send_frame(std::string_view body) { return send(frame(body)); }
  // What fits now.
  std::size_t send_some(std::string_view bytes);

  // nullopt at the end, also of a connection that was reset. Throws if nothing comes in time.
  std::optional<std::string> read_frame();
  // Reads past other messages to the answer; throws at the end.
  nlohmann::ordered_json request(std::string_view method, nlohmann::ordered_json params);
  nlohmann::ordered_json initialize();

 private:
  void wait(short events) const;

  kernel::UniqueFd socket_;
  FrameReader frames_;
  std::int64_t last_id_ = 0;
};

// Whether somebody listens on this stream socket.
bool is_listening(const std::string& path);

}  // namespace bridge::rigs
