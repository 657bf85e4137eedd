// Stands in the editor's place while nobody is there: reads what gopls sends, answers what it asks,
// and keeps what the editor that comes next must know. A machine without I/O: bytes go in, bytes
// for the server come out. What one frame may hold is bounded by `limits`, what is kept by
// kNewsBytesMax. No source text is kept.
//
// Answers (gopls v0.23/v0.24): workspace/configuration from the last answers (null for each item
// where there is none), registerCapability, unregisterCapability, workDoneProgress/create, refresh
// requests, showMessageRequest and workspaceFolders null, applyEdit {"applied":false}, showDocument
// {"success":false}, anything else MethodNotFound. Late answers to what is owed are ticked off;
// telemetry and messages to the user are dropped.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "framing/envelope.h"
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

  // Whether another front can have it now: at a frame boundary, nothing owed, no output waits
  // (here; what take_output() gave must have been written too), no progress is open.
  bool ready() const noexcept;
  const std::string& trouble() const noexcept { return trouble_; }
  // Bodies in the order in which they came, and for each file with news of diagnostics one.
  const std::vector<std::string>& news() const noexcept { return news_; }

 private:
  void take_frame(std::string_view body);
  void take_answer(std::string_view raw_id);
  void answer(const framing::EnvelopeText& request, std::string_view params);
  void take_notification(const framing::EnvelopeText& envelope, std::string_view body);
  void take_diagnostics(std::string_view params);
  bool take_progress(std::string_view params);
  void open_progress(std::string_view raw_token);
  std::string configuration_for(std::string_view params) const;
  void keep(std::string_view body);
  void fail(std::string why);

  DrainStart start_;
  framing::FrameScanner scanner_;
  std::string received_;  // of a frame that is not whole
  std::string output_;
  std::vector<std::string> news_;
  std::size_t news_bytes_ = 0;
  std::unordered_map<std::string, std::size_t> diagnosed_;  // raw URI: its place in news_
  std::string trouble_;
};

}  // namespace bridge::session
