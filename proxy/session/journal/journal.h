// What is needed to build a session again on a fresh server: fed with the frames of a session as
// they pass, kept small by folding them into what they mean. A machine without I/O and clock.
//
// It remembers: `initialize` (the request as sent, the result as received), `initialized`, the last
// configuration and trace setting, the present workspace folders, open documents with their present
// text and version, what the server registered, requests in flight each way, open progress tokens,
// and the files that carry diagnostics. Saves and watched-file events need no memory: a fresh
// server reads the disk.
//
// On the relay's path: no JSON tree, and after the first frames no allocation (documents that grow
// apart). It never throws on what an editor or server sent; what it cannot read it leaves out, and
// says so (take_remarks()). Texts named "raw" are JSON as it was sent.
//
// The serialised form is in FORMAT.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framing/envelope.h"
#include "proxy/relay/direction.h"
#include "proxy/session/journal/asked_requests.h"
#include "proxy/session/journal/open_documents.h"
#include "proxy/session/journal/shown_state.h"
#include "proxy/session/journal/workspace_folders.h"

namespace bridge::session {

// A request of the server's that the editor has not answered.
struct ServerRequest {
  std::string raw_id;
  std::string method;
};

class Journal {
 public:
  struct Settings {
    // A longer text is not kept: the document is marked (OpenDocument::lost).
    std::size_t document_bytes_max = std::size_t{16} * 1024 * 1024;
    // A request with a longer body is not kept for asking again while a server is there.
    std::size_t request_bytes_max = std::size_t{64} * 1024;
  };
  Journal() : Journal(Settings{}) {}
  explicit Journal(Settings settings);

  // Whether on_*_message() must see the body of a large message of which only the head is known
  // (FrameGate::needs_body).
  bool needs_body(relay::Direction direction, const framing::EnvelopeText& head) const noexcept;

  // A message that goes to the server, or, while there is none, would. `body` may be empty where
  // needs_body() said no. `keep` : keep a request's body whatever its length (there is no server).
  void on_editor_message(const framing::EnvelopeText& envelope, std::string_view body,
                         bool keep = false);
  // A message that goes to the editor.
  void on_server_message(const framing::EnvelopeText& envelope, std::string_view body);

  // --- what a fresh server is told, in this order ---------------------------------------------
  // Whether `initialize` was answered with a result, so that a session can be built again.
  bool can_replay() const noexcept { return !initialize_result_.empty(); }
  // Whether the editor has sent `initialized`.
  bool initialized() const noexcept { return !initialized_.empty(); }
  // The body of the editor's `initialize` under another id (raw), with the present folders. If the
  // folders never changed, every byte but the id's is as it was sent.
  std::string initialize_request(std::string_view raw_id) const;
  // Raw result of the editor's `initialize`, as the editor got it. Empty before.
  std::string_view initialize_result() const noexcept { return initialize_result_; }
  // Bodies: `initialized`, then `$/setTrace` and workspace/didChangeConfiguration as last sent.
  std::vector<std::string> preamble() const;
  OpenDocuments& documents() noexcept { return documents_; }
  const OpenDocuments& documents() const noexcept { return documents_; }

  // Whether the editor changed its folders after `initialize`.
  bool folders_changed() const noexcept { return folders_.changed(); }

  // --- in flight --------------------------------------------------------------------------------
  // Requests of the editor's that it has no answer to. `initialize` and `shutdown` are not among
  // them.
  AskedRequests& asked() noexcept { return asked_; }
  const AskedRequests& asked() const noexcept { return asked_; }
  const std::vector<ServerRequest>& server_requests() const noexcept { return server_requests_; }
  void forget_server_requests() noexcept { server_requests_.clear(); }

  // --- what the editor shows --------------------------------------------------------------------
  const std::vector<Registration>& registrations() const noexcept { return shown_.registrations(); }
  // Raw tokens (7, "x") that have begun and not ended. Only tokens that the server created.
  std::vector<std::string> open_progress() const { return shown_.open_progress(); }
  void forget_progress() noexcept { shown_.forget_progress(); }
  // Raw URIs (with quotes) for which the last publishDiagnostics was not empty.
  std::vector<std::string> diagnosed() const { return shown_.diagnosed(); }

  // What could not be kept, in words for the log, since the last call.
  std::vector<std::string> take_remarks();
  // Bytes held, capacity included.
  std::size_t memory() const noexcept;

  // --- given away and taken up: at a frame boundary ---------------------------------------------
  // Forgets what belongs to an editor that leaves: its documents, its requests and what it set.
  void forget_editor();
  // This one has the `initialize` of another editor; the server was told one that is as good, and
  // this is what it answered (raw).
  void take_over(std::string_view initialize_result);
  void restore_diagnosed(const std::vector<std::string>& raw_uris);
  std::string serialise() const;
  // nullopt, and why in `error`, where `bytes` is no journal of this version.
  static std::optional<Journal> parse(std::string_view bytes, Settings settings,
                                      std::string& error);

  Journal(Journal&&) noexcept = default;
  Journal& operator=(Journal&&) noexcept = default;
  ~Journal() = default;

 private:
  // A body, and the raw id in it.
  struct Initialize {
    std::string body;  // empty: not asked
    framing::Piece id;
    framing::Piece params;
    bool answered = false;
  };
  void on_initialize(std::string_view body);
  void on_initialize_answer(std::string_view body);
  void on_request(const framing::EnvelopeText& envelope, std::string_view body, bool keep);
  void on_notification(const framing::EnvelopeText& envelope, std::string_view body);
  bool awaits_initialize_answer() const noexcept {
    return !initialize_.body.empty() && !initialize_.answered;
  }
  // What an `initialize` result says of positions.
  static PositionEncoding encoding_of(std::string_view result);
  void remark(std::string text);

  Settings settings_;
  Initialize initialize_;
  std::string initialize_result_;
  std::string initialized_;    // whole bodies, as these below
  std::string trace_;          // $/setTrace
  std::string configuration_;  // workspace/didChangeConfiguration
  WorkspaceFolders folders_;
  OpenDocuments documents_;
  AskedRequests asked_;
  std::vector<ServerRequest> server_requests_;
  ShownState shown_;
  std::vector<std::string> remarks_;
  std::string last_remark_;
};

}  // namespace bridge::session
