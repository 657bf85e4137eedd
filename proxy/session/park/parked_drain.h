// Stands in the editor's place while nobody is there: reads what gopls sends, answers what it asks,
// and keeps what the editor that comes next must know. A machine without I/O: bytes go in, bytes
// for the server come out.
//
// Answers (gopls v0.23/v0.24): workspace/configuration from the last answers (null for each item
// where there is none), registerCapability, unregisterCapability, workDoneProgress/create, refresh
// requests, showMessageRequest and workspaceFolders null, applyEdit {"applied":false}, showDocument
// {"success":false}, anything else MethodNotFound.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "framing/frame_scanner.h"
#include "framing/limits.h"
#include "proxy/session/park/parked_session.h"

namespace bridge::session {

class ParkedDrain {
 public:
  // What is kept of messages at most; beyond it the session is not worth keeping.
  static constexpr std::size_t kNewsBytesMax = std::size_t{1024} * 1024;

  ParkedDrain(DrainStart start, framing::Limits limits);

  // What the server sent. False: it is no LSP, or there is too much to keep: drop the session
  // (trouble() says why).
  bool on_bytes(std::string_view bytes);
  // For the server; empties it.
  std::string take_output();

  // Whether another front can have it now: at a frame boundary, nothing owed, no output waits, no
  // progress is open.
  bool ready() const noexcept;
  const std::string& trouble() const noexcept { return trouble_; }
  const std::vector<std::string>& news() const noexcept { return news_; }

 private:
  DrainStart start_;
  framing::Limits limits_;
  std::string output_;
  std::vector<std::string> news_;
  std::string trouble_;
};

}  // namespace bridge::session
