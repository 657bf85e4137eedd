// What is noted of a live session so that it can be parked at its end: whether that is worth it,
// and what an editor would answer. Fed with the frames that pass; a few comparisons each, and
// nothing is kept of what is not named here.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framing/envelope.h"
#include "proxy/session/journal/journal.h"

namespace bridge::session {

class ParkRecord {
 public:
  // Before the journal is told of them. `body` may be empty where the message is large.
  void on_editor_message(const framing::EnvelopeText& envelope, std::string_view body);
  void on_server_message(const framing::EnvelopeText& envelope, std::string_view body,
                         const Journal& journal);

  // Why the session is not worth keeping, in words for the log; empty: it is. The first load must
  // have ended: one that is taken up in the middle of it would wait for it with no progress shown.
  std::string why_not(const Journal& journal) const;
  // A session that was parked has loaded.
  void note_loaded() noexcept { loaded_ = true; }

  // Raw params of workspace/configuration, and the raw result the editor gave last.
  const std::vector<std::pair<std::string, std::string>>& configuration() const noexcept {
    return configuration_;
  }

 private:
  // More different questions than gopls has; bounds a server that makes them up.
  static constexpr std::size_t kConfigurationsMax = 64;

  bool loaded_ = false;
  std::string changed_by_;  // a command that left something in the session
  // Raw id and raw params of those not answered yet.
  std::vector<std::pair<std::string, std::string>> asked_configuration_;
  std::vector<std::pair<std::string, std::string>> configuration_;
};

}  // namespace bridge::session
