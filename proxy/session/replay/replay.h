// Keeps a session going when its server does not: decides what a lost server's requests become,
// when another server is started, what that one is told, and which of its messages the editor need
// not see. A machine without I/O: of the world it asks what it must know (the time, a file's text,
// what the server uses), and what is to be done goes out as actions.
//
//   inactive ─► live ──────► waiting ──► greeting ──► reopening ──► live
//   (before       │  (lost)  (between     (initialize  (documents that may
//   `initialize`  │           two tries)   is asked)    have ended a server)
//   is answered)  └► resting ─► asleep ──► greeting …
//                   (told to   (until the
//                    end)       editor needs one)
//
// The session asks it about each of the editor's frames after the lifecycle, about each of the
// server's before it, and obeys its actions in order. It feeds the journal. What it changes in the
// stream is listed in DESIGN.md, "Named exceptions".
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framing/envelope.h"
#include "proxy/lease/server_source.h"
#include "proxy/relay/frame_gate.h"
#include "proxy/session/journal/journal.h"
#include "proxy/session/replay/server_ids.h"
#include "proxy/session/replay/server_registrations.h"
#include "proxy/session/replay/suspects.h"
#include "proxy/session/session_timer.h"
#include "proxy/session/world.h"

namespace bridge::session {

struct ReplayAction {
  enum class Kind : std::uint8_t {
    to_server,           // `text`: a body, to be framed
    to_editor,           // the same
    answer_editor,       // the same, and it is the answer to a request of the editor's
    start_server,        // for `reason`; then on_server_started() or on_start_failed()
    drop_server,         // `kill` as in World
    close_server_input,  // behind what was sent
    try_program,         // `text`: the body of an `initialize`; then on_program_tried()
    arm_timer,
    disarm_timer,
    log,
  };
  Kind kind;
  lease::AcquireReason reason{};
  bool kill = false;
  SessionTimer timer{};
  std::chrono::milliseconds delay{};
  LogKind level{};
  std::string text{};
};

class Replay {
 public:
  struct Settings {
    bool on = true;
    // How long requests wait for another server before they get an error.
    std::chrono::milliseconds request_wait{10'000};
    // The editor's silence after which the server is stopped; zero: never. It is kept to an eighth.
    std::chrono::milliseconds hibernate_after{30 * 60 * 1000};
    // The server's silence, while it owes answers, after which it is replaced; zero: never. It is
    // kept to a quarter.
    std::chrono::milliseconds hang_timeout{0};
    std::size_t document_bytes_max = std::size_t{16} * 1024 * 1024;
  };
  enum class Phase : std::uint8_t {
    inactive,   // off, or `initialize` has not been answered: losses are not ours
    live,       // a server is there and knows the session
    waiting,    // no server; another is about to be started, or will be at start_again
    greeting,   // a server has been asked to initialize
    reopening,  // it is given suspicious documents, one by one
    resting,    // it was told to end
    asleep,     // no server, until the editor needs one
  };
  // What of the editor's waits for a server at most; requests beyond it get an error.
  static constexpr std::size_t kWaitingBytesMax = std::size_t{8} * 1024 * 1024;

  Replay(Settings settings, Journal& journal, World& world);

  // --- frames -----------------------------------------------------------------------------------
  relay::Decision on_editor_frame(const relay::FrameView& view);
  relay::Decision on_server_frame(const relay::FrameView& view);
  bool needs_body(relay::Direction direction, const framing::EnvelopeText& head) const noexcept;

  // --- events -----------------------------------------------------------------------------------
  // Whether the loss of a server is ours to mend.
  bool outlives() const noexcept { return phase_ != Phase::inactive && !stopped_; }
  // Whether what the editor sends reaches a server that knows the session.
  bool serves() const noexcept { return phase_ == Phase::inactive || phase_ == Phase::live; }
  // `how`: in words.
  void on_server_lost(const std::string& how, const ServerEnd& end);
  void on_server_started(const std::string& name);
  void on_start_failed(const std::string& why);
  void on_timer(SessionTimer timer);
  void on_program_changed();
  // Memory is short: let go of the server, unless the editor waits for something.
  void on_memory_short();
  // The present server must not be the session's any more, and is not to blame.
  void take_another(const std::string& why,
                    lease::AcquireReason reason = lease::AcquireReason::lost);
  // Of the server that is there, or is about to be told the session.
  void on_server(lease::Sharing sharing) noexcept { sharing_ = sharing; }
  void on_program_tried(const std::optional<std::string>& answer, const std::string& error);
  // The server knows a session like this one, and the journal what it answered to `initialize`.
  void take_up();
  // … and what it has registered: raw params of client/registerCapability for the editor.
  void register_again(std::string_view raw_params);
  // Whether the server is one that others can take over as it stands.
  bool settled_live() const noexcept { return phase_ == Phase::live && !settling_; }
  // The server was given away.
  void on_parked();
  // The session ends: nothing is started any more. What a living server and the editor say to each
  // other is kept apart to the end.
  void stop() { stopped_ = true; }

  Phase phase() const noexcept { return phase_; }
  std::vector<ReplayAction> take_actions() { return std::exchange(actions_, {}); }
  bool has_actions() const noexcept { return !actions_.empty(); }

 private:
  using TimePoint = World::TimePoint;
  enum class Rest : std::uint8_t { sleep, replace };

  // Frames of the editor's, by phase.
  relay::Decision on_answer(const relay::FrameView& view);
  relay::Decision on_live_frame(const relay::FrameView& view);
  relay::Decision on_waiting_frame(const relay::FrameView& view);
  void keep_request(const relay::FrameView& view);
  void keep_notification(const relay::FrameView& view);
  void cancel_waiting(std::string_view body);
  relay::Decision on_document_while_reopening(const relay::FrameView& view);
  std::optional<relay::Decision> on_unopened_document(const framing::EnvelopeText& envelope,
                                                      std::string_view body);
  bool may_wait(const relay::FrameView& view) const;
  void answer_waiting(const std::string& text);
  OpenDocument const* document_of(std::string_view body) const;
  void forgive(std::string_view body);
  bool is_about_unopened_document(std::string_view body) const;

  // Frames of the server's.
  void on_own_answer(std::string_view body);
  relay::Decision on_server_answer(const relay::FrameView& view);
  relay::Decision on_server_request(const relay::FrameView& view);
  relay::Decision on_server_notification(const relay::FrameView& view);

  // Loss and start.
  void lose(const std::string& how, const ServerEnd& end);
  void end_what_it_began();
  void judge_neighbours();
  bool server_owes() const;
  void watch_for_activity();
  void on_activity_tick();
  void judge_in_flight(const ServerEnd& end);
  void judge_documents(const ServerEnd& end);
  void failed(const std::string& how);
  void start(lease::AcquireReason reason);
  void wait_for_server();
  void on_greeted(std::string_view body);
  void reopen_documents();
  void open_document(const OpenDocument& document);
  void open_next_suspect();
  void be_live();
  void watch_for_settling();
  void on_settle_tick();
  void settled();
  void ask_for_refreshes();

  // Rest.
  bool busy() const;
  void watch_for_rest();
  void watch_for_replacing();
  void on_hibernate_tick();
  void on_hang_tick();
  void on_replace_tick();
  void rest(Rest why);
  void rested(bool kill);

  // Another session may have ended it, and another server of the kind can be had.
  bool pooled() const noexcept { return sharing_ == lease::Sharing::pooled; }
  std::string next_id() { return "\"gopls-bridge:" + std::to_string(++ids_given_) + '"'; }
  static bool is_ours(std::string_view raw_id);
  static const char* no_server_text();
  void answer(const AskedRequest& request, int code, const std::string& text);
  void tell_editor(const std::string& body);
  void ask_editor(std::string_view method, std::string_view raw_params);
  void act(ReplayAction action) { actions_.push_back(std::move(action)); }
  void send(ReplayAction::Kind kind, std::string body) {
    act({.kind = kind, .text = std::move(body)});
  }
  void arm(SessionTimer timer, std::chrono::milliseconds delay) {
    act({.kind = ReplayAction::Kind::arm_timer, .timer = timer, .delay = delay});
  }
  void disarm(SessionTimer timer) {
    act({.kind = ReplayAction::Kind::disarm_timer, .timer = timer});
  }
  void log(LogKind level, std::string text) {
    act({.kind = ReplayAction::Kind::log, .level = level, .text = std::move(text)});
  }

  Settings settings_;
  Journal& journal_;
  World& world_;
  Phase phase_ = Phase::inactive;
  bool stopped_ = false;
  std::vector<ReplayAction> actions_;

  // Our own requests.
  std::uint64_t ids_given_ = 0;
  std::string awaited_id_;  // of the server: initialize, the barrier, or shutdown, by phase

  // What the editor sent while no server could take it.
  std::vector<std::string> notifications_;
  std::vector<std::string> folder_changes_;  // since the present `initialize` was sent
  std::size_t notification_bytes_ = 0;
  bool wait_over_ = false;  // requests get their error at once
  bool wait_armed_ = false;
  bool wake_after_rest_ = false;

  // Of the servers.
  int failures_ = 0;
  bool told_ = false;   // the user knows that it does not start
  bool proven_ = true;  // the present server has answered something since it took over
  bool settling_ = false;
  ServerIds server_ids_;
  ServerRegistrations registrations_;
  Rest rest_ = Rest::sleep;
  lease::Sharing sharing_ = lease::Sharing::own;

  // Of shared servers, which another session may have ended.
  bool quiet_ = false;  // the editor needed nothing for a while
  bool owed_at_loss_ = false;
  TimePoint shared_loss_at_{};
  bool wants_unused_ = false;  // not even the process of the present server will do
  bool wants_own_ = false;     // two ended while they worked for this session
  std::uint64_t editor_frames_at_activity_tick_ = 0;

  // While the fresh server settles.
  std::set<std::string> hidden_progress_;  // raw tokens that the editor does not know
  int open_progress_ = 0;                  // of those
  bool progress_seen_ = false;
  std::set<std::string> diagnosed_before_;  // raw URIs the editor shows, not yet reported again
  std::uint64_t published_ = 0;
  std::uint64_t published_at_tick_ = 0;
  int settle_ticks_ = 0;
  bool other_version_ = false;
  std::optional<std::string> version_now_;  // of the server, since the first was replaced

  // Documents.
  std::set<std::string> unopened_;  // raw URIs of open documents that the server was not told of
  std::vector<std::string> to_reopen_;
  std::vector<std::string> opened_lately_;  // live, not yet outlived
  std::string opened_alone_;
  Suspects suspects_;
  bool one_by_one_ = false;  // the present server was given suspects so
  bool slowly_ = false;      // and the next one is given time for each

  // Ticks.
  std::uint64_t editor_frames_ = 0;  // that need a server
  std::uint64_t editor_frames_at_hibernate_tick_ = 0;
  int quiet_hibernate_ticks_ = 0;
  std::uint64_t server_frames_ = 0;
  std::uint64_t server_frames_at_hang_tick_ = 0;
  bool owed_at_hang_tick_ = false;
  int quiet_hang_ticks_ = 0;
  std::uint64_t editor_frames_at_replace_tick_ = 0;
  bool program_changed_ = false;

  TimePoint asked_again_at_{};
};

}  // namespace bridge::session
