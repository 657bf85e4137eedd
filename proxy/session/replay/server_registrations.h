// Keeps what a server registers with the editor in order over the change of servers: nothing is
// registered twice, a later unregistration hits what the editor knows, and what the fresh server
// does not register again is taken back.
//
// Registrations are equal by method and options, whatever their id: gopls counts its ids, and they
// repeat. Builds JSON trees: for a handful of messages in a server's life.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/session/journal/journal.h"

namespace bridge::session {

class ServerRegistrations {
 public:
  // The server that made these is gone; the editor still has them.
  void lose(const std::vector<Registration>& present);

  struct Outcome {
    bool swallow = false;             // the editor need not see it: the answer is null
    std::optional<std::string> body;  // what the editor gets in its place; nullopt: as it came
  };
  // Bodies of client/registerCapability and client/unregisterCapability.
  Outcome on_register(std::string_view body);
  Outcome on_unregister(std::string_view body) const;

  // Raw params of a client/unregisterCapability for what the fresh server has not registered again;
  // nullopt: nothing.
  std::optional<std::string> take_left_over();

  bool busy() const noexcept { return !unclaimed_.empty() || !ids_.empty(); }

 private:
  std::vector<Registration> unclaimed_;  // the editor has them from a server that is gone
  std::vector<std::string> taken_;       // ids that the editor has known
  std::vector<std::pair<std::string, std::string>> ids_;  // the server's, the editor's
  int count_ = 0;
};

}  // namespace bridge::session
