#include "proxy/session/replay/replay.h"

#include <algorithm>

#include "proxy/session/capabilities.h"
#include "proxy/session/compose.h"
#include "proxy/session/replay/backoff.h"
#include "proxy/session/replay/read_only_commands.h"

namespace bridge::session {

using relay::Direction;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = ReplayAction::Kind;

namespace {

// A gopls starts in 50 ms; on a machine that is short of memory in seconds.
constexpr seconds kStartLimit{30};
// A parsed file answers in milliseconds; a document that takes longer is not the one that kills.
constexpr seconds kBarrierLimit{2};
// gopls diagnoses a file a second after it was opened, and may end only then. Where a server has
// passed all barriers and was lost all the same, the next is given this time for each suspect.
constexpr seconds kSlowBarrier{5};
// A request that ends a server does so soon.
constexpr seconds kPoisonWithin{10};
// A shared server that is lost: sessions whose editor was quiet for that long need not have another
// at once, and two losses within it are one story.
constexpr seconds kNeighbourWindow{60};
// One that ends it late, by eating its memory, must not do so for ever.
constexpr int kAskedAgainMax = 2;

}  // namespace

Replay::Replay(Settings settings, Journal& journal, World& world)
    : settings_(settings), journal_(journal), world_(world) {}

bool Replay::needs_body(Direction direction, const framing::EnvelopeText& head) const noexcept {
  if (!settings_.on) return false;
  if (journal_.needs_body(direction, head)) return true;
  // What is kept until a server can take it, ids that are rewritten, and what is for us.
  bool const answer = head.kind == framing::MessageKind::response;
  if (direction == Direction::to_server) return !serves() || (answer && server_ids_.busy());
  return answer ? !awaited_id_.empty() : server_ids_.busy();
}

// --- parked sessions -----------------------------------------------------------------------------

void Replay::take_up() {
  if (!settings_.on) return;
  phase_ = Phase::live;
  watch_for_rest();
}

void Replay::register_again(std::string_view raw_params) {
  ask_editor("client/registerCapability", raw_params);
}

void Replay::on_parked() {
  stop();
  phase_ = Phase::asleep;
}

// --- loss and start ------------------------------------------------------------------------------

void Replay::on_server_lost(const std::string& how, const ServerEnd& end) {
  if (!outlives()) return;
  if (phase_ == Phase::resting) return rested(/*kill=*/false);
  lose(how, end);
}

void Replay::lose(const std::string& how, const ServerEnd& end) {
  bool const came_to_nothing = phase_ != Phase::live || !proven_;
  std::string const told = end.words.empty() ? how : how + "; " + end.words;
  bool const may_sleep =
      pooled() && phase_ == Phase::live && quiet_ && !server_owes() && !settling_;
  // Killed from outside is nobody's doing, and servers of their own would take more memory yet.
  if (pooled() && !end.killed) judge_neighbours();
  judge_documents(end);
  end_what_it_began();
  if (may_sleep) {
    log(LogKind::info, "the shared server was lost (" + told +
                           "); nobody waits for it, so another is taken when it is needed");
    act({.kind = Kind::drop_server, .kill = true});
    phase_ = Phase::asleep;
    return;
  }
  if (phase_ == Phase::live) judge_in_flight(end);
  phase_ = Phase::waiting;
  act({.kind = Kind::drop_server, .kill = true});
  wait_for_server();
  if (came_to_nothing) return failed(told);
  log(LogKind::warning, "the server was lost (" + told + "); building the session again");
  failures_ = 0;
  start(lease::AcquireReason::lost);
}

// What the editor has of the server that is gone.
void Replay::end_what_it_began() {
  for (SessionTimer const timer :
       {SessionTimer::start_limit, SessionTimer::open_watch, SessionTimer::settle,
        SessionTimer::hibernate, SessionTimer::hang, SessionTimer::stop_limit,
        SessionTimer::activity}) {
    disarm(timer);
  }
  server_ids_.lose(journal_.server_requests());
  journal_.forget_server_requests();
  registrations_.lose(journal_.registrations());
  for (std::string const& token : journal_.open_progress()) {
    send(Kind::to_editor, notification_message("$/progress", R"({"token":)" + token +
                                                                 R"(,"value":{"kind":"end"}})"));
  }
  journal_.forget_progress();
  hidden_progress_.clear();
  for (std::string& uri : journal_.diagnosed()) diagnosed_before_.insert(std::move(uri));
  settling_ = false;
  awaited_id_.clear();
  unopened_.clear();
  to_reopen_.clear();
  opened_lately_.clear();
  opened_alone_.clear();
}

bool Replay::server_owes() const {
  AskedRequests const& asked = journal_.asked();
  for (std::size_t n = 0; n < asked.size(); ++n) {
    if (asked.at(n).with_server) return true;
  }
  return false;
}

// Any of its sessions may have ended a shared server. Those for which two in a row were at work get
// one of their own: it serves the innocent as well, and tells who is not.
void Replay::judge_neighbours() {
  bool const owes = server_owes() || (phase_ == Phase::reopening && !opened_alone_.empty());
  auto const now = world_.now();
  if (owes && owed_at_loss_ && now - shared_loss_at_ <= kNeighbourWindow) wants_own_ = true;
  owed_at_loss_ = owes;
  shared_loss_at_ = now;
}

void Replay::take_another(const std::string& why, lease::AcquireReason reason) {
  if (phase_ != Phase::live) return;
  wants_unused_ = reason == lease::AcquireReason::stale;
  log(LogKind::info, "another server is taken: " + why);
  sharing_ = lease::Sharing::own;  // what follows is nobody's fault
  lose(why, {.words = {}, .killed = true});
}

// What becomes of the requests that the lost server owed.
void Replay::judge_in_flight(const ServerEnd& end) {
  auto const window = std::max<milliseconds>(kPoisonWithin, 2 * settings_.hang_timeout);
  bool const lately = world_.now() - asked_again_at_ <= window;
  AskedRequests& asked = journal_.asked();
  for (std::size_t n = 0; n < asked.size();) {
    AskedRequest& request = asked.at(n);
    bool const may_be_repeated =
        !request.body.empty() && (request.method != "workspace/executeCommand" ||
                                  is_read_only_command(raw_param(request.body, "command")));
    if (request.cancelled) {
      answer(request, kRequestCancelled, "cancelled");
#if BRIDGE_PLANTED_BUG != 1  // one of three that tests/simulation must find
    } else if (request.edits != journal_.documents().events()) {
      answer(request, kContentModified,
             "the text was edited after this was asked, and gopls ended");
#endif
    } else if (!may_be_repeated) {
      answer(request, kContentModified, "gopls ended before it answered, and was not asked again");
    } else if (!pooled() && request.asked_again > 0 &&
               (lately || request.asked_again >= kAskedAgainMax)) {
      std::string const text = "gopls ended twice while it worked on " + request.method +
                               "; it is not asked a third time. " + end.words;
      log(LogKind::warning, text);
      answer(request, end.killed ? kContentModified : kRequestFailed, text);
    } else {
      request.with_server = false;
      ++request.asked_again;
      ++n;
      continue;
    }
    asked.remove_at(n);
  }
}

// Which documents may have done it.
void Replay::judge_documents(const ServerEnd& end) {
  if (end.killed) return;
  if (!pooled() && phase_ == Phase::reopening && !opened_alone_.empty()) {
    if (!suspects_.blame(opened_alone_)) return;
    std::string const text = "gopls ended each time " + opened_alone_ +
                             " was opened; it goes on without that file until you change it. " +
                             end.words;
    log(LogKind::error, text);
    send(Kind::to_editor, show_error_message(text));
    return;
  }
  if (phase_ == Phase::live && settling_ && one_by_one_) slowly_ = true;
  suspects_.suspect(opened_lately_);
}

void Replay::failed(const std::string& how) {
  phase_ = Phase::waiting;
  ++failures_;
  milliseconds const delay = delay_after(failures_);
  std::string const next = "next try in " + std::to_string(delay.count()) + " ms";
  log(LogKind::warning, "no server for this session (" + std::to_string(failures_) +
                            " in a row): " + how + "; " + next);
  if (failures_ >= kFailuresTold && !told_) {
    told_ = true;
    send(Kind::to_editor,
         show_error_message("gopls does not come up (" + std::to_string(failures_) +
                            " tries): " + how +
                            ". Trying on, at least every 30 s. What it wrote "
                            "last is in the editor's output of the language server (stderr)."));
  }
  arm(SessionTimer::start_again, delay);
}

void Replay::wait_for_server() {
  if (wait_armed_) return;
  wait_armed_ = true;
  arm(SessionTimer::request_wait, settings_.request_wait);
}

void Replay::start(lease::AcquireReason reason) {
  phase_ = Phase::waiting;
  folder_changes_.clear();  // its `initialize` has them
  wait_for_server();
  if (std::exchange(wants_unused_, false)) reason = lease::AcquireReason::stale;
  if (std::exchange(wants_own_, false)) reason = lease::AcquireReason::suspected;
  act({.kind = Kind::start_server, .reason = reason});
}

void Replay::on_start_failed(const std::string& why) {
  if (phase_ == Phase::waiting) failed(why);
}

void Replay::on_server_started(const std::string& name) {
  if (phase_ != Phase::waiting) return;
  phase_ = Phase::greeting;
  proven_ = false;
  settling_ = true;
  open_progress_ = 0;
  progress_seen_ = false;
  program_changed_ = false;
  disarm(SessionTimer::replace);
  log(LogKind::info, "telling " + name + " the session");
  awaited_id_ = next_id();
  send(Kind::to_server, journal_.initialize_request(awaited_id_));
  arm(SessionTimer::start_limit, kStartLimit);
}

void Replay::on_greeted(std::string_view body) {
  awaited_id_.clear();
  disarm(SessionTimer::start_limit);
  std::string_view const result = field(body, "result");
  if (result.empty() || !field(body, "error").empty()) {
    act({.kind = Kind::drop_server, .kill = true});
    end_what_it_began();
    return failed("it refused to initialize: " + std::string(field(body, "error")));
  }
  CapabilityChange const change = compare_capabilities(journal_.initialize_result(), result);
  if (change.version_now != version_now_.value_or(change.version_before)) other_version_ = true;
  version_now_ = change.version_now;
  if (!change.none()) {
    log(LogKind::warning, "the editor was told of another server: " + describe(change));
  } else if (other_version_) {
    log(LogKind::info, "another version answers now: " + change.version_now);
  }
  if (!journal_.initialized()) return be_live();
  for (std::string& message : journal_.preamble()) send(Kind::to_server, std::move(message));
  for (std::string& message : std::exchange(folder_changes_, {})) {
    send(Kind::to_server, std::move(message));
  }
  reopen_documents();
}

void Replay::reopen_documents() {
  OpenDocuments const& documents = journal_.documents();
  for (std::size_t n = 0; n < documents.size(); ++n) {
    OpenDocument const& document = documents.at(n);
    if (suspects_.is_left_out(document.raw_uri)) {
      unopened_.insert(document.raw_uri);
    } else if (suspects_.is_suspect(document.raw_uri)) {
      to_reopen_.push_back(document.raw_uri);
    } else {
      open_document(document);
    }
  }
  one_by_one_ = !to_reopen_.empty();
  if (!one_by_one_) return be_live();
  phase_ = Phase::reopening;
  open_next_suspect();
}

void Replay::open_document(const OpenDocument& document) {
  if (document.lost.empty()) {
    send(Kind::to_server, OpenDocuments::did_open(document));
  } else {
    std::optional<std::string> text;
    if (document.saved) {
      text = world_.read_file(document.raw_uri, settings_.document_bytes_max);
    }
    if (!text) {
      log(LogKind::warning, "the text of " + document.raw_uri + " is not known (" + document.lost +
                                "): the server sees the file on disk until it is opened again");
      unopened_.insert(document.raw_uri);
      return;
    }
    send(Kind::to_server, OpenDocuments::did_open(document, *text));
  }
  opened_lately_.push_back(document.raw_uri);
}

void Replay::open_next_suspect() {
  awaited_id_.clear();
  opened_alone_.clear();
  disarm(SessionTimer::open_watch);
  while (!to_reopen_.empty()) {
    std::string const uri = std::move(to_reopen_.front());
    to_reopen_.erase(to_reopen_.begin());
    OpenDocument const* document = nullptr;
    for (std::size_t n = 0; n < journal_.documents().size(); ++n) {
      if (journal_.documents().at(n).raw_uri == uri) document = &journal_.documents().at(n);
    }
    if (document == nullptr) continue;
    open_document(*document);
    if (unopened_.count(uri) != 0) continue;
    opened_lately_.pop_back();
    opened_alone_ = uri;
    awaited_id_ = next_id();
    send(Kind::to_server, request_message(awaited_id_, "textDocument/foldingRange",
                                          R"({"textDocument":{"uri":)" + uri + "}}"));
    arm(SessionTimer::open_watch, slowly_ ? kSlowBarrier : kBarrierLimit);
    return;
  }
  be_live();
}

void Replay::be_live() {
  phase_ = Phase::live;
  disarm(SessionTimer::request_wait);
  wait_armed_ = false;
  wait_over_ = false;
  for (std::string& message : notifications_) send(Kind::to_server, std::move(message));
  notifications_.clear();
  notification_bytes_ = 0;
  asked_again_at_ = world_.now();
  AskedRequests& asked = journal_.asked();
  for (std::size_t n = 0; n < asked.size(); ++n) {
    asked.at(n).with_server = true;
    send(Kind::to_server, asked.at(n).body);
  }
  watch_for_settling();
  watch_for_rest();
}

void Replay::on_timer(SessionTimer timer) {
  if (!outlives()) return;
  switch (timer) {
    case SessionTimer::lifecycle:
    case SessionTimer::kept:
      return;  // not ours
    case SessionTimer::start_again:
      if (phase_ == Phase::waiting) start(lease::AcquireReason::lost);
      return;
    case SessionTimer::start_limit:
      if (phase_ == Phase::greeting) {
        lose("it did not answer initialize within " + std::to_string(kStartLimit.count()) + " s",
             {});
      }
      return;
    case SessionTimer::request_wait:
      wait_armed_ = false;
      wait_over_ = true;
      return answer_waiting(no_server_text());
    case SessionTimer::open_watch:
      if (phase_ == Phase::reopening) return open_next_suspect();
      if (!settling_) opened_lately_.clear();
      return;
    case SessionTimer::settle:
      return on_settle_tick();
    case SessionTimer::hibernate:
      return on_hibernate_tick();
    case SessionTimer::hang:
      return on_hang_tick();
    case SessionTimer::replace:
      return on_replace_tick();
    case SessionTimer::activity:
      return on_activity_tick();
    case SessionTimer::stop_limit:
      if (phase_ == Phase::resting) rested(/*kill=*/true);
      return;
  }
}

bool Replay::is_ours(std::string_view raw_id) {
  return raw_id.starts_with("\"gopls-bridge:") && !raw_id.starts_with("\"gopls-bridge:s:");
}

const char* Replay::no_server_text() {
  return "gopls is not running, or not ready for this session yet; the bridge keeps trying "
         "(see its stderr or log)";
}

void Replay::answer(const AskedRequest& request, int code, const std::string& text) {
  send(Kind::answer_editor, error_message(request.raw_id, code, text));
}

}  // namespace bridge::session
