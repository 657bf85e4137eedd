// Stands in for the broker daemon before `gopls-bridge status` and its like: holds the daemon's
// lock, listens where one does, and answers a question with what the test says.
#pragma once

#include <string>
#include <vector>

#include "proxy/kernel/unique_fd.h"
#include "proxy/lease/control_message.h"

namespace bridge::tests {

class FakeDaemon {
 public:
  // In RUNTIME/gopls-bridge, made where it is missing; `socket` is the name it listens at.
  FakeDaemon(const std::string& runtime, const std::string& socket);
  ~FakeDaemon();
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  // The next connection's first message; throws where none comes.
  lease::ControlMessage question();
  // To that connection.
  void answer(const std::vector<lease::ControlMessage>& messages) const;
  void hang_up() { connection_.reset(); }
  bool has_connection_waiting() const;

  const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
  std::string path_;
  kernel::UniqueFd lock_;
  kernel::UniqueFd listener_;
  kernel::UniqueFd connection_;
};

}  // namespace bridge::tests
