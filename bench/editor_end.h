// The editor's side of a connection: writes requests, reads answers, blocking. Checks of each
// answer that it is one whole frame with the id that was asked for. Any fault throws Broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bench/messages.h"
#include "proxy/kernel/unique_fd.h"

namespace bridge::bench {

class EditorEnd {
 public:
  // `two_writes`: header and body apart, as VS Code's library writes them. Where they are sockets,
  // a peer that is silent for 20 s is a fault.
  EditorEnd(kernel::UniqueFd in, kernel::UniqueFd out, bool two_writes);
  EditorEnd(EditorEnd&&) = default;

  // Gives `request` an id of its own first.
  void send(Message& request);
  void send_notification(const Message& notification) { write(notification); }
  // Begins an LSP session: `initialize`, which must be answered, and `initialized`.
  void greet();
  void wait_for_first_byte();
  void receive(const Message& request);
  void round_trip(Message& request) {
    send(request);
    receive(request);
  }
  // Reads whole frames and forgets them; no answer may be outstanding.
  void receive_frames(std::size_t count);

 private:
  void write(const Message& message);
  void read_once();

  kernel::UniqueFd in_;
  kernel::UniqueFd out_;
  bool two_writes_;
  std::vector<char> buffer_;
  std::size_t have_ = 0;
  std::uint32_t next_id_ = kFirstId;
};

}  // namespace bridge::bench
