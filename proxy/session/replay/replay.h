// Keeps a session going when its server does not: decides what a lost server's requests become,
// when another server is started, what that one is told, and which of its messages the editor need
// not see. A machine without I/O; time comes in with the events.
//
//   inactive ─► live ─► waiting ─► greeting ─► reopening ─► live
//     (no          │  ▲    (no        (initialize   (documents that may have
//   initialize     │  │  server)      is asked)     ended a server, one by one)
//   answer yet)    ▼  │
//              resting ─► asleep ─► greeting …      (hibernation)
//
// The session asks it about each frame after the lifecycle (editor) or before it (server), and
// obeys its actions in order. What it changes in the stream is listed in DESIGN.md, "Named
// exceptions".
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framing/envelope.h"
#include "proxy/lease/server_source.h"
#include "proxy/relay/frame_gate.h"
#include "proxy/session/journal/journal.h"
#include "proxy/session/session_timer.h"
#include "proxy/session/world.h"

namespace bridge::session {

struct ReplayAction {
  enum class Kind : std::uint8_t {
    start_server,        // for `reason`; then on_server_started() or on_start_failed()
    drop_server,         // `kill` as in World
    to_server,           // `text`: a whole frame
    to_editor,           // `text`: a whole frame
    answer_editor,       // the same, and it answers a request that the editor counts on
    close_server_input,  // behind what was sent
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
  using TimePoint = World::TimePoint;
  struct Settings {
    bool on = true;
    // How long requests wait for another server before they get an error.
    std::chrono::milliseconds request_wait{10'000};
    // The editor's silence after which the server is stopped; zero: never.
    std::chrono::milliseconds hibernate_after{30 * 60 * 1000};
    // The server's silence, while it owes answers, after which it is replaced; zero: never.
    std::chrono::milliseconds hang_timeout{0};
  };
  enum class Phase : std::uint8_t {
    inactive,   // replay is off, or `initialize` has not been answered: losses are not ours
    live,       // a server is there and knows the session
    waiting,    // no server; the next try is at start_again
    greeting,   // a server has been asked to initialize
    reopening,  // it is given suspicious documents, one by one
    resting,    // it was asked to end in order, for hibernation or to be replaced
    asleep,     // no server, until the editor needs one
  };

  // The journal must outlive it; it alone feeds the journal.
  Replay(Settings settings, Journal& journal);

  // --- frames: called for each frame that the lifecycle lets pass ------------------------------
  relay::Decision on_editor_frame(const relay::FrameView& view);
  // Before the lifecycle. A frame that is dropped or replaced here is still counted by the
  // lifecycle only if `to_editor` is true afterwards.
  relay::Decision on_server_frame(const relay::FrameView& view);
  bool needs_body(relay::Direction direction, const framing::EnvelopeText& head) const noexcept;

  // --- events -----------------------------------------------------------------------------------
  // Whether the loss of the server is ours to mend.
  bool outlives() const noexcept;
  // `how`: in words; `last_words`: World::last_words().
  void on_server_lost(TimePoint now, const std::string& how, const std::string& last_words);
  void on_server_started(TimePoint now, const std::string& name);
  void on_start_failed(TimePoint now, const std::string& why);
  void on_timer(TimePoint now, SessionTimer timer, const std::string& usage);
  void on_program_changed(TimePoint now);
  // The session ends: nothing is started any more.
  void stop();

  Phase phase() const noexcept { return phase_; }
  std::vector<ReplayAction> take_actions();
  bool has_actions() const noexcept;

 private:
  Phase phase_ = Phase::inactive;
};

}  // namespace bridge::session
