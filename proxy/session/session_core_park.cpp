// How a session is left to others when its editor goes, and how another's is taken up.
//
//   shutdown, end of file, signal        initialize
//     │ cancel what is in flight,          │ a parked session with an equal fingerprint: its
//     │ close what differs from its file   │ connection and its state
//     ▼                                    ▼
//   all is written ──► park_server()     answered with the recorded result; the walk compares
//     │                                    │ files with the parked snapshot
//     ▼                                    ▼
//   shutdown is answered                 the editor's next frame: the server is told what is new,
//                                        the editor what is registered
#include <algorithm>
#include <utility>

#include "framing/json_text.h"
#include "proxy/session/compose.h"
#include "proxy/session/journal/document_events.h"
#include "proxy/session/journal/record.h"
#include "proxy/session/session_core.h"

namespace bridge::session {
namespace {

// An editor that comes back opens its files with its first messages.
constexpr std::chrono::seconds kKeptOpen{30};

std::string close_message(std::string_view raw_uri) {
  return notification_message("textDocument/didClose",
                              R"({"textDocument":{"uri":)" + std::string(raw_uri) + "}}");
}

std::string key_of(std::string_view raw_uri) {
  std::string key;
  document_key(framing::decode_json_string(between_quotes(raw_uri)), key);
  return key;
}

std::string joined(const std::vector<Registration>& registrations) {
  std::string list;
  for (Registration const& one : registrations) {
    if (!list.empty()) list += ',';
    list += one.raw;
  }
  return list;
}

}  // namespace

// --- leaving -------------------------------------------------------------------------------------

std::string SessionCore::why_not_park() {
  if (!replay_.settled_live()) return "gopls is not in the state in which it was started";
  if (taken_) return "it has just begun";
  std::string why = record_.why_not(journal_);
  if (why.empty() && !baseline_) why = why_no_baseline_;
  return why.empty() ? world_.why_not_park() : why;
}

void SessionCore::begin_park() {
  world_.tell_leaving();
  std::string const why = why_not_park();
  if (!why.empty()) {
    world_.log(LogKind::info, "the session is not kept: " + why);
    return lifecycle_.on_park_over(/*parked=*/false);
  }
  parking_ = true;
  for (std::size_t n = 0; n < journal_.asked().size(); ++n) {
    to_server_.inject(framed(notification_message(
        "$/cancelRequest", R"({"id":)" + journal_.asked().at(n).raw_id + "}")));
  }
  close_what_differs();
}

// What the editor has not saved is nobody's any more. What equals its file stays open: gopls lets
// go of a module that only open files lead to, and all it knows of it (kept_ has the rest).
void SessionCore::close_what_differs() {
  OpenDocuments const& documents = journal_.documents();
  for (std::size_t n = 0; n < documents.size(); ++n) {
    OpenDocument const& document = documents.at(n);
    std::string const text = document.lost.empty() ? document.text.text() : std::string();
    auto const file =
        document.lost.empty() ? world_.read_file(document.raw_uri, text.size()) : std::nullopt;
    if (file && *file == text) {
      kept_.push_back(
          {.raw_uri = document.raw_uri, .bytes = text.size(), .text_checksum = checksum(text)});
    } else {
      to_server_.inject(framed(close_message(document.raw_uri)));
    }
  }
}

// Everything that was to be said has left, and what is left is at a frame boundary.
void SessionCore::finish_park() {
  parking_ = false;
  ParkedSession state;
  state.drain.unread = *to_editor_.unread();
  AskedRequests const& asked = journal_.asked();
  for (std::size_t n = 0; n < asked.size(); ++n) state.drain.owed.push_back(asked.at(n).raw_id);
  state.drain.open_requests = journal_.server_requests();
  state.drain.configuration = record_.configuration();
  state.documents = std::move(kept_);
  state.snapshot = baseline_->serialise();
  state.links = world_.links();
  journal_.forget_editor();
  state.journal = journal_.serialise();
  std::string const why = world_.park_server(serialise(state));
  if (why.empty()) {
    world_.log(LogKind::info, "the session is kept for the next editor");
  } else {
    world_.log(LogKind::warning, "the session is not kept: " + why);
  }
  // It may be the daemon's now, whatever was heard of it.
  has_server_ = false;
  to_server_.discard_output();
  replay_.on_parked();
  tell_lifecycle();
  world_.drop_server(/*kill=*/false);
  lifecycle_.on_park_over(/*parked=*/true);
}

// --- taking up -----------------------------------------------------------------------------------

std::optional<SessionCore::Taken> SessionCore::read_parked(std::string_view state) {
  std::string error;
  auto parked = parse_parked(state, error);
  auto journal = parked ? Journal::parse(parked->journal, {}, error) : std::nullopt;
  if (journal && !journal->can_replay()) error = "it was never initialized";
  if (journal && error.empty()) error = world_.take_up_links(parked->links);
  if (!journal || !error.empty()) {
    world_.log(LogKind::warning, "a parked session is of no use: " + error);
    return std::nullopt;
  }
  for (std::string const& body : parked->news)
    journal->on_server_message(framing::text_of(framing::scan_envelope(body), body), body);
  return Taken{.parked = std::move(*parked),
               .result = std::string(journal->initialize_result()),
               .registrations = joined(journal->registrations()),
               .diagnosed = journal->diagnosed(),
               .walk = std::nullopt};
}

// As the server did when it was asked by another.
void SessionCore::answer_initialize(std::string_view raw_id) {
  prologue_kept_ = false;
  journal_.take_over(taken_->result);
  replay_.take_up();
  record_.note_loaded();
  lifecycle_.on_answered();
  to_editor_.inject(framed(result_message(raw_id, taken_->result)));
  tell_lifecycle();
}

void SessionCore::on_walked(WalkOutcome outcome) {
  why_no_baseline_ = outcome.error;
  if (!taken_) {
    baseline_ = std::move(outcome.snapshot);
    return;
  }
  std::string const useless = outcome.snapshot ? outcome.changes.useless : outcome.error;
  if (!useless.empty()) {
    // Read before outcome is given away.
    auto const reason = outcome.changes.needs_another_gopls ? lease::AcquireReason::stale
                                                            : lease::AcquireReason::lost;
    baseline_ = std::move(outcome.snapshot);
    taken_.reset();
    replay_.take_another("the session that was parked is of no use: " + useless, reason);
  } else {
    taken_->walk = std::move(outcome);
  }
}

// Before anything else of the editor's: the files as they are, then the settings as they are. The
// editor has sent `initialized`, or something else that comes after it, so that it may be asked.
void SessionCore::tell_what_is_new() {
  Taken taken = std::move(*taken_);
  taken_.reset();
  WalkOutcome& walk = *taken.walk;
  auto const tell = [this](std::string_view method, std::string_view params) {
    to_server_.inject(framed(notification_message(method, params)));
  };
  // What is open counts for gopls as if somebody looked at it: where files have changed, and with
  // them perhaps what they belong to, that is the new editor's to say.
  bool const as_it_was = walk.changes.none();
  for (KeptDocument& one : taken.parked.documents) {
    auto const& differing = walk.differing_documents;
    if (as_it_was && std::find(differing.begin(), differing.end(), one.raw_uri) == differing.end())
      kept_.push_back(std::move(one));
    else
      to_server_.inject(framed(close_message(one.raw_uri)));
  }
  // A file whose diagnostics the editor does not have yet is published again if it has "changed".
  for (std::string const& params : watched_file_events(walk.changes, taken.diagnosed))
    tell("workspace/didChangeWatchedFiles", params);
  tell("workspace/didChangeConfiguration", R"({"settings":{}})");
  world_.log(LogKind::info,
             "took up a parked session; files created, changed, deleted meanwhile: " +
                 std::to_string(walk.changes.created.size()) + ", " +
                 std::to_string(walk.changes.changed.size()) + ", " +
                 std::to_string(walk.changes.deleted.size()) + "; the walk over " +
                 std::to_string(walk.snapshot->files()) + " files took " +
                 std::to_string(walk.took.count()) + " us");
  baseline_ = std::move(walk.snapshot);
  journal_.restore_diagnosed(taken.diagnosed);
  if (!taken.registrations.empty())
    replay_.register_again(R"({"registrations":[)" + taken.registrations + "]}");
  if (!kept_.empty()) world_.arm(SessionTimer::kept, kKeptOpen);
}

void SessionCore::forget_kept(std::string_view body) {
  std::string key;
  document_key(document_uri(field(body, "params")), key);
  std::erase_if(kept_, [&](auto const& one) { return key_of(one.raw_uri) == key; });
}

// The editor did not open them again.
void SessionCore::close_kept() {
  for (KeptDocument const& one : std::exchange(kept_, {}))
    if (has_server_) to_server_.inject(framed(close_message(one.raw_uri)));
}

}  // namespace bridge::session
