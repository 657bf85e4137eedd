// What Replay makes of the editor's frames.
#include <algorithm>

#include "proxy/session/compose.h"
#include "proxy/session/replay/replay.h"

namespace bridge::session {

using framing::EnvelopeText;
using framing::MessageKind;
using relay::Decision;
using relay::FrameView;
using Kind = ReplayAction::Kind;

namespace {

// Opening a file makes gopls type-check its package: a panic comes within this.
constexpr std::chrono::seconds kOpenWatch{3};

constexpr std::string_view kOpen = "textDocument/didOpen";
constexpr std::string_view kChange = "textDocument/didChange";
constexpr std::string_view kClose = "textDocument/didClose";
constexpr std::string_view kSave = "textDocument/didSave";

// Of gopls' documents a server is told by these alone.
bool is_document_event(const EnvelopeText& envelope) {
  return envelope.method_is(kOpen) || envelope.method_is(kChange) || envelope.method_is(kClose);
}

// Messages that a sleeping server need not be woken for: a fresh one reads the disk, and has
// nothing to cancel.
bool lets_sleep(const EnvelopeText& envelope) {
  return envelope.method_is("$/cancelRequest") || envelope.method_is("$/setTrace") ||
         envelope.method_is("workspace/didChangeWatchedFiles");
}

}  // namespace

Decision Replay::on_editor_frame(const FrameView& view) {
  if (!settings_.on) return {};
  if (phase_ == Phase::inactive) {
    journal_.on_editor_message(view.envelope, view.body);
    return {};
  }
  if (view.envelope.kind == MessageKind::response) return on_answer(view);
  if (stopped_ && phase_ != Phase::live) return Decision::dropped();
  if (!lets_sleep(view.envelope)) {
    ++editor_frames_;
    if (quiet_ && phase_ == Phase::live) watch_for_activity();
  }
  return phase_ == Phase::live ? on_live_frame(view) : on_waiting_frame(view);
}

// The editor answers a server's request, or one of ours.
Decision Replay::on_answer(const FrameView& view) {
  std::string_view const id = view.envelope.id;
  ServerIds::Answer const answer = server_ids_.on_answer(id);
  if (answer.swallow || (answer.raw_id && view.body.empty())) return Decision::dropped();
  journal_.on_editor_message(view.envelope, view.body);
  if (answer.raw_id) return Decision::replaced(framed(with_id(view.body, id, *answer.raw_id)));
  if (is_ours(id)) return Decision::dropped();
  bool const gone = phase_ == Phase::waiting || phase_ == Phase::asleep;
  return gone ? Decision::dropped() : Decision{};
}

Decision Replay::on_live_frame(const FrameView& view) {
  if (auto const decision = on_unopened_document(view.envelope, view.body)) return *decision;
  if (view.envelope.kind == MessageKind::request && is_about_unopened_document(view.body)) {
    send(Kind::answer_editor, error_message(view.envelope.id, kContentModified,
                                            "gopls has not the text of this file as you see it"));
    return Decision::dropped();
  }
  journal_.on_editor_message(view.envelope, view.body);
  if (view.envelope.method_is(kOpen)) {
    if (OpenDocument const* const document = document_of(view.body)) {
      opened_lately_.push_back(document->raw_uri);
      arm(SessionTimer::open_watch, kOpenWatch);
    }
  }
  return {};
}

// The open document that a message is about; nullptr: none.
OpenDocument const* Replay::document_of(std::string_view body) const {
  return journal_.documents().find(document_uri(field(body, "params")));
}

// Of a document that the editor has open and the server does not.
std::optional<Decision> Replay::on_unopened_document(const EnvelopeText& envelope,
                                                     std::string_view body) {
  if (unopened_.empty() || (!is_document_event(envelope) && !envelope.method_is(kSave))) {
    return std::nullopt;
  }
  OpenDocument const* document = document_of(body);
  if (document == nullptr || unopened_.count(document->raw_uri) == 0) return std::nullopt;
  std::string const raw_uri = document->raw_uri;
  journal_.on_editor_message(envelope, body);
  if (envelope.method_is(kSave)) return Decision::dropped();
  suspects_.forgive(raw_uri);
  if (envelope.method_is(kClose)) {
    unopened_.erase(raw_uri);
    return Decision::dropped();
  }
  document = document_of(body);
  if (document == nullptr || !document->lost.empty()) return Decision::dropped();
  unopened_.erase(raw_uri);
  return Decision::replaced(framed(OpenDocuments::did_open(*document)));
}

// The server would answer from the file on disk: a rename then is of another text.
bool Replay::is_about_unopened_document(std::string_view body) const {
  if (unopened_.empty()) return false;
  OpenDocument const* const document = document_of(body);
  return document != nullptr && unopened_.count(document->raw_uri) != 0;
}

// No server knows the whole session.
Decision Replay::on_waiting_frame(const FrameView& view) {
  EnvelopeText const& envelope = view.envelope;
  if (phase_ == Phase::asleep) {
    if (lets_sleep(envelope)) {
      journal_.on_editor_message(envelope, view.body);
      return Decision::dropped();
    }
    log(LogKind::info, "waking the server for " + std::string(envelope.method));
    start(lease::AcquireReason::woken);
  }
  if (phase_ == Phase::resting && !lets_sleep(envelope)) wake_after_rest_ = true;

  if (envelope.kind == MessageKind::request) {
    keep_request(view);
    return Decision::dropped();
  }
  if (envelope.method_is("$/cancelRequest")) {
    cancel_waiting(view.body);
    return Decision::dropped();
  }
  bool const preamble_sent = phase_ == Phase::reopening;
  if (is_document_event(envelope)) {
    // Answers are for the text that was there when they were asked for.
    answer_waiting("the text was edited after this was asked");
    forgive(view.body);
    if (preamble_sent) return on_document_while_reopening(view);
#if BRIDGE_PLANTED_BUG == 2
    if (envelope.method_is("textDocument/didChange")) return Decision::dropped();
#endif
    journal_.on_editor_message(envelope, view.body);
    forgive(view.body);  // it may have been opened again
    return Decision::dropped();
  }
  journal_.on_editor_message(envelope, view.body);
  if (envelope.method_is("initialized")) return Decision::dropped();
  if (envelope.method_is("$/setTrace") || envelope.method_is("workspace/didChangeConfiguration")) {
    return preamble_sent ? Decision{} : Decision::dropped();
  }
  // They are part of `initialize`: of one that was sent already they are not.
  if (envelope.method_is("workspace/didChangeWorkspaceFolders")) {
    if (phase_ == Phase::greeting) folder_changes_.emplace_back(view.body);
    return preamble_sent ? Decision{} : Decision::dropped();
  }
  keep_notification(view);
  return Decision::dropped();
}

Decision Replay::on_document_while_reopening(const FrameView& view) {
  if (auto const decision = on_unopened_document(view.envelope, view.body)) return *decision;
  OpenDocument const* const document = document_of(view.body);
  bool waits = false;
  if (document != nullptr) {
    auto const at = std::find(to_reopen_.begin(), to_reopen_.end(), document->raw_uri);
    waits = at != to_reopen_.end();
    if (waits && view.envelope.method_is(kClose)) to_reopen_.erase(at);
    // The text that is being tried is no more.
    if (document->raw_uri == opened_alone_) opened_alone_.clear();
  }
  journal_.on_editor_message(view.envelope, view.body);
  forgive(view.body);
  return waits ? Decision::dropped() : Decision{};
}

// The document of this message has another text now, or is closed: if it was left out, the next
// server gets it again.
void Replay::forgive(std::string_view body) {
  if (suspects_.empty()) return;
  OpenDocument const* const document = document_of(body);
  if (document != nullptr && suspects_.is_left_out(document->raw_uri)) {
    suspects_.forgive(document->raw_uri);
  }
}

// Whether what waits leaves room for this; not for what stayed in the kernel.
bool Replay::may_wait(const FrameView& view) const {
  return !view.body.empty() &&
         notification_bytes_ + journal_.asked().waiting_bytes() + view.frame_bytes <=
             kWaitingBytesMax;
}

void Replay::keep_request(const FrameView& view) {
  if (wait_over_ || !may_wait(view)) {
    return send(Kind::answer_editor,
                error_message(view.envelope.id, kContentModified, no_server_text()));
  }
  AskedRequests& asked = journal_.asked();
  std::size_t const before = asked.size();
  journal_.on_editor_message(view.envelope, view.body, /*keep=*/true);
  if (asked.size() > before) asked.at(before).with_server = false;
}

void Replay::keep_notification(const FrameView& view) {
  if (!may_wait(view)) {
    return log(LogKind::warning,
               "dropped " + std::string(view.envelope.method) + ": too much waits for a server");
  }
  notifications_.emplace_back(view.body);
  notification_bytes_ += view.body.size();
}

void Replay::cancel_waiting(std::string_view body) {
  AskedRequest* const request = journal_.asked().find(raw_param(body, "id"));
  if (request == nullptr) return;
  answer(*request, kRequestCancelled, "cancelled");
  journal_.asked().remove(std::string(request->raw_id));
}

// They will not be asked.
void Replay::answer_waiting(const std::string& text) {
  for (AskedRequests& asked = journal_.asked(); !asked.empty(); asked.remove_at(0)) {
    answer(asked.at(0), kContentModified, text);
  }
}

}  // namespace bridge::session
