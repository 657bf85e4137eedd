// What Replay makes of the server's frames.
#include "framing/envelope.h"
#include "proxy/session/compose.h"
#include "proxy/session/replay/replay.h"

namespace bridge::session {

using framing::EnvelopeText;
using framing::MessageKind;
using relay::Decision;
using relay::FrameView;
using Kind = ReplayAction::Kind;

namespace {

// How often it is looked whether a fresh server has settled: loaded, and quiet since the last look.
constexpr std::chrono::seconds kSettleTick{2};
constexpr int kTicksWithoutProgress = 3;  // the editor may not support progress
constexpr int kSettleTicksMax = 30;
constexpr int kSettleTicksLoading = 300;

std::string with_own_id(std::string_view body, std::string_view raw_id) {
  framing::Envelope const envelope = framing::scan_envelope(body);
  return with_id(body, envelope.id.in(body), raw_id);
}

}  // namespace

Decision Replay::on_server_frame(const FrameView& view) {
  if (!settings_.on) return {};
  EnvelopeText const& envelope = view.envelope;
  if (envelope.kind == MessageKind::response && is_ours(envelope.id)) {
    if (!stopped_ && envelope.id == awaited_id_) on_own_answer(view.body);
    return Decision::dropped();
  }
  // Of a server that is about to be left, before the editor knew of it.
  if (stopped_ && !serves()) return Decision::dropped();
  ++server_frames_;
  if (phase_ == Phase::inactive) {
    journal_.on_server_message(envelope, view.body);
    if (journal_.can_replay()) {
      phase_ = Phase::live;
      watch_for_rest();
      if (program_changed_) on_program_changed();
    }
    return {};
  }
  switch (envelope.kind) {
    case MessageKind::response:
      return on_server_answer(view);
    case MessageKind::request:
      return on_server_request(view);
    case MessageKind::notification:
      return on_server_notification(view);
    case MessageKind::batch:
    case MessageKind::invalid:
      return {};
  }
  return {};
}

void Replay::on_own_answer(std::string_view body) {
  switch (phase_) {
    case Phase::greeting:
      return on_greeted(body);
    case Phase::reopening:
      return slowly_ ? void() : open_next_suspect();
    case Phase::resting:
      awaited_id_.clear();
      if (sharing_ == lease::Sharing::own) send(Kind::to_server, notification_message("exit", {}));
      return act({.kind = Kind::close_server_input});
    default:
      return;
  }
}

Decision Replay::on_server_answer(const FrameView& view) {
  if (!proven_ && journal_.asked().find(view.envelope.id) != nullptr) {
    proven_ = true;
    failures_ = 0;
  }
  journal_.on_server_message(view.envelope, view.body);
  return {};
}

Decision Replay::on_server_request(const FrameView& view) {
  EnvelopeText envelope = view.envelope;
  std::string changed;
  ServerRegistrations::Outcome outcome;
  if (settling_ && envelope.method_is("window/workDoneProgress/create")) {
    hidden_progress_.emplace(raw_param(view.body, "token"));
    outcome.swallow = true;
  } else if (registrations_.busy() && envelope.method_is("client/registerCapability")) {
    outcome = registrations_.on_register(view.body);
  } else if (registrations_.busy() && envelope.method_is("client/unregisterCapability")) {
    outcome = registrations_.on_unregister(view.body);
  }
  if (outcome.swallow) {
    send(Kind::to_server, result_message(envelope.id, "null"));
    return Decision::dropped();
  }
  if (outcome.body) changed = std::move(*outcome.body);
  if (auto const id = server_ids_.given_to(envelope.id)) {
    changed = with_own_id(changed.empty() ? view.body : std::string_view(changed), *id);
  }
  if (changed.empty()) {
    journal_.on_server_message(envelope, view.body);
    return {};
  }
  journal_.on_server_message(framing::text_of(framing::scan_envelope(changed), changed), changed);
  return Decision::replaced(framed(changed));
}

Decision Replay::on_server_notification(const FrameView& view) {
  EnvelopeText const& envelope = view.envelope;
  if (!hidden_progress_.empty() && envelope.method_is("$/progress")) {
    std::string const token(raw_param(view.body, "token"));
    if (hidden_progress_.count(token) != 0) {
      std::string_view const kind = field(raw_param(view.body, "value"), "kind");
      if (kind == "\"begin\"") {
        ++open_progress_;
        progress_seen_ = true;
      } else if (kind == "\"end\"") {
        --open_progress_;
        hidden_progress_.erase(token);
      }
      return Decision::dropped();
    }
  }
  if (envelope.method_is("textDocument/publishDiagnostics")) {
    ++published_;
    if (!diagnosed_before_.empty()) {
      diagnosed_before_.erase(std::string(raw_param(view.body, "uri")));
    }
  }
  if (server_ids_.busy() && envelope.method_is("$/cancelRequest")) {
    std::string_view const theirs = raw_param(view.body, "id");
    if (auto const id = server_ids_.given(theirs)) {
      return Decision::replaced(framed(with_id(view.body, theirs, *id)));
    }
  }
  journal_.on_server_message(envelope, view.body);
  return {};
}

void Replay::watch_for_settling() {
  settle_ticks_ = 0;
  published_at_tick_ = published_;
  arm(SessionTimer::settle, kSettleTick);
}

// --- settled -------------------------------------------------------------------------------------

void Replay::on_settle_tick() {
  if (phase_ != Phase::live || !settling_) return;
  ++settle_ticks_;
  bool const quiet = published_ == published_at_tick_;
  published_at_tick_ = published_;
  bool const loading = progress_seen_ ? open_progress_ > 0 : settle_ticks_ < kTicksWithoutProgress;
  bool const patience = settle_ticks_ < (loading ? kSettleTicksLoading : kSettleTicksMax);
  if ((loading || !quiet) && patience) return arm(SessionTimer::settle, kSettleTick);
  settled();
}

void Replay::settled() {
  settling_ = false;
  proven_ = true;
  failures_ = 0;
  told_ = false;
  opened_lately_.clear();
  suspects_.clear();
  slowly_ = false;
  for (std::string const& uri : diagnosed_before_) {
    tell_editor(notification_message("textDocument/publishDiagnostics",
                                     R"({"uri":)" + uri + R"(,"diagnostics":[]})"));
  }
  diagnosed_before_.clear();
  if (auto const params = registrations_.take_left_over()) {
    ask_editor("client/unregisterCapability", *params);
  }
  if (other_version_) ask_for_refreshes();
  other_version_ = false;
  log(LogKind::info, "the session is built again");
  if (program_changed_) watch_for_replacing();
}

// gopls asks for none of these itself; what another version would say differently the editor shows
// only if it asks again.
void Replay::ask_for_refreshes() {
  std::string const initialize = journal_.initialize_request("0");
  std::string_view const workspace = field(raw_param(initialize, "capabilities"), "workspace");
  auto const ask = [&](std::string_view feature, const char* method) {
    if (field(feature, "refreshSupport") == "true") ask_editor(method, {});
  };
  ask(field(workspace, "semanticTokens"), "workspace/semanticTokens/refresh");
  ask(field(workspace, "inlayHint"), "workspace/inlayHint/refresh");
  ask(field(workspace, "codeLens"), "workspace/codeLens/refresh");
}

void Replay::ask_editor(std::string_view method, std::string_view raw_params) {
  tell_editor(request_message(next_id(), method, raw_params));
}

// In the server's place.
void Replay::tell_editor(const std::string& body) {
  journal_.on_server_message(framing::text_of(framing::scan_envelope(body), body), body);
  send(Kind::to_editor, body);
}

}  // namespace bridge::session
