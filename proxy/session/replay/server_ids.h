// Keeps the ids of the server's requests apart over the change of servers: every gopls counts from
// 1, and the editor may still owe the last one answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/session/journal/journal.h"

namespace bridge::session {

class ServerIds {
 public:
  // The server of these requests is gone: their answers are for nobody.
  void lose(const std::vector<ServerRequest>& unanswered);

  // What id a request of the present server's must have towards the editor: its own (nullopt),
  // unless the editor still owes an answer under that id to a server that is gone.
  std::optional<std::string> given_to(std::string_view raw_id);
  // The id that given_to() gave for this one of the present server's, for a cancellation.
  std::optional<std::string> given(std::string_view raw_id) const;

  struct Answer {
    bool swallow = false;               // it is for a server that is gone
    std::optional<std::string> raw_id;  // what the present server calls it
  };
  // The editor answers. Each answer is taken once.
  Answer on_answer(std::string_view raw_id);

  // Whether any message may need another id: then bodies must be seen.
  bool busy() const noexcept { return !owed_.empty() || !changed_.empty(); }

 private:
  struct Changed {
    std::string ours;
    std::string theirs;
  };
  std::vector<std::string> owed_;  // to servers that are gone
  std::vector<Changed> changed_;
  std::uint64_t count_ = 0;
};

}  // namespace bridge::session
