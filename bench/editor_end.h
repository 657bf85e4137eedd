// The editor's side of a connection: writes requests, reads answers, blocking. Checks of each
// answer that it is one whole frame with the id that was asked for.
#pragma once

#include <cstddef>
#include <vector>

#include "bench/messages.h"
#include "proxy/kernel/unique_fd.h"

namespace bridge::bench {

class EditorEnd {
 public:
  // `two_writes`: header and body apart, as VS Code's library writes them.
  EditorEnd(kernel::UniqueFd in, kernel::UniqueFd out, bool two_writes);
  EditorEnd(EditorEnd&&) = default;

  // Any fault ends the process: numbers over a broken connection mean nothing.
  void send(const Message& request);
  void wait_for_first_byte();
  void receive(const Message& request);
  void round_trip(const Message& request) {
    send(request);
    receive(request);
  }

 private:
  void read_once();

  kernel::UniqueFd in_;
  kernel::UniqueFd out_;
  bool two_writes_;
  std::vector<char> buffer_;
  std::size_t have_ = 0;
};

}  // namespace bridge::bench
