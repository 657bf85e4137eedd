// The editor's end of one LSP connection: asks, waits for the answer, and answers what the server
// asks meanwhile. Blocking and bounded. On the way of a request there is no JSON tree: framing/
// finds the answer's frame and id.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "framing/frame_scanner.h"
#include "proxy/kernel/unique_fd.h"

namespace bridge::bench {

class LspPeer {
 public:
  using Clock = std::chrono::steady_clock;

  // Sockets both; `out` may be a duplicate of `in`. `name` is for complaints. The diagnostics of
  // `watched_uri` are waited for.
  LspPeer(kernel::UniqueFd in, kernel::UniqueFd out, std::string name, std::string watched_uri);

  // Sends the request and waits for its answer: the whole body, valid until the next call. `params`
  // is JSON. Throws Broken when the connection ends, sends no frames, or is silent for too long.
  std::string_view request(std::string_view method, std::string_view params);
  void notify(std::string_view method, std::string_view params);

  // Waits until diagnostics that are not empty have come for the watched file. When they came.
  Clock::time_point wait_for_diagnostics();

  // Closes both directions: the server's end of file.
  void close();

 private:
  void send(std::string_view body);
  std::string_view receive();
  void read_more();
  void take(std::string_view body);
  void answer(std::string_view body, std::string_view id, std::string_view method);

  kernel::UniqueFd in_;
  kernel::UniqueFd out_;
  std::string name_;
  std::string watched_uri_;
  std::optional<Clock::time_point> diagnosed_;
  framing::FrameScanner scanner_;
  std::string buffer_;  // [begin_, end_) has been read and not been consumed
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string header_;
  std::string body_;
  std::string awaited_;  // for complaints
  std::uint32_t last_id_ = 0;
};

}  // namespace bridge::bench
