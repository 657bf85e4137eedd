// How a session begins and ends, as editors demand it: a machine without I/O and without a clock.
// Frames and events go in; decisions about frames, and actions for the driver (session.h), come
// out.
//
// What it knows beyond LSP, and why:
//  * gopls loses the answer to `shutdown` in one case of ten when `exit` follows at once, so `exit`
//    is held until that answer is in.
//  * gopls v0.23 may delay that answer by 1.6 s after an edit; VS Code's patience is 2 s. So after
//  a
//    moment the bridge answers itself, and drops gopls' answer when it comes.
//  * VS Code's window reload sends `shutdown` and then end of file, never `exit`.
//  * gopls drops the answers it owes when its input ends: after the editor's end of file its input
//    stays open until they are in, within a bound.
//  * A session of the broker's can be left to the daemon (park) while the editor still waits for
//  the
//    answer to `shutdown`: who is started next finds it.
//  * A server that is shared must never see `exit`: without `shutdown` before it, it ends the
//  process.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/lease/server_source.h"
#include "proxy/relay/frame_gate.h"
#include "proxy/relay/pump_end.h"

namespace bridge::session {

// What the driver waits for on the machine's behalf. One timer: arming replaces what was armed.
enum class Timer : std::uint8_t {
  shutdown_answer,  // gopls owes the answer to `shutdown`
  drain,            // answers are owed after the editor's end of file
  leave,            // the server was told to end
  server_end,       // the server stopped reading, or exited, and its output has not ended
  park,             // the server is being given away
};

struct Action {
  enum class Kind : std::uint8_t {
    arm_timer,           // `timer` in `delay`
    answer_editor,       // `text`, a whole frame, to the editor
    release_editor,      // let the held frame of the editor through
    close_server_input,  // after what has been passed on
    discard_to_server,   // go on listening to the editor; nothing can be delivered to the server
    discard_to_editor,   // go on listening to the server; nothing can be delivered to the editor
    stop_editor,         // read no more from the editor
    acquire_again,       // get another server and feed it what was read so far
    disarm_timer,
    park,          // give the server away if that is worth it; on_park_over() follows
    stop_parking,  // it took too long
    server_lost,   // `text` says how; the session goes on with another (Replay)
    finish,        // end the process with `exit_code`; `text` is the reason
  };
  Kind kind;
  Timer timer{};
  std::chrono::milliseconds delay{};
  int exit_code = 0;
  std::string text{};
};

class Lifecycle {
 public:
  struct Settings {
    std::chrono::milliseconds drain_timeout{3000};
    std::chrono::milliseconds shutdown_answer_after{200};
  };

  explicit Lifecycle(Settings settings) : settings_(settings) {}

  // --- frames -------------------------------------------------------------------------------
  relay::Decision on_editor_frame(const relay::FrameView& view);
  relay::Decision on_server_frame(const relay::FrameView& view);

  // --- events -------------------------------------------------------------------------------
  // Everything the editor sent has been passed on (or the stream was refused).
  void on_editor_ended(const relay::PumpEnd& end);
  // The editor's reading side is gone.
  void on_editor_gone();
  // The server takes no more bytes.
  void on_server_deaf();
  // Everything the server sent has been passed on; nothing more comes. `answered`: the editor got
  // at least one byte. `retry`: there is a way to start over that has not been tried.
  void on_server_ended(const relay::PumpEnd& end, bool answered, bool retry);
  // The server's process has ended; its output may still hold bytes.
  void on_server_exited();
  // Whether the loss of a server is mended (Replay::outlives), and whether one is there that knows
  // the session. Both are as they were until the next call; at first: no and yes.
  void on_replay(bool outlives, bool serves) noexcept {
    outlives_ = outlives;
    serves_ = serves;
  }
  // A request of the editor's was answered in the server's place.
  void on_answered();
  // The server was given away (`parked`), or stays.
  void on_park_over(bool parked);
  // Another server is there. One that others use must never see `exit`; one of the broker's need
  // not see `shutdown` either, for the end of its connection says the same.
  void on_server(lease::Sharing sharing) noexcept { sharing_ = sharing; }
  void on_signal(std::string_view name);
  void on_timer(Timer timer);

  // What to do now, in order. Empties the list.
  std::vector<Action> take_actions();
  bool has_actions() const noexcept { return !actions_.empty(); }

  // Requests of the editor that the server has not answered.
  std::uint64_t owed_answers() const noexcept { return owed_; }

 private:
  enum class Phase : std::uint8_t {
    open,
    draining,  // the editor ended; answers are owed
    leaving,   // the server was told to end
    over,
  };

  bool is_shutdown_answer(const relay::FrameView& view) const;
  void shutdown_answered();
  void answer_shutdown();
  void leave(int exit_code, std::string reason);
  void finish(int exit_code, std::string reason);
  bool may_park() const noexcept {
    return sharing_ == lease::Sharing::pooled && serves_ && !server_ended_ && !park_tried_;
  }
  void park();
  void say_goodbye();
  void act(Action::Kind kind) { actions_.push_back({.kind = kind}); }
  void arm(Timer timer, std::chrono::milliseconds delay) {
    actions_.push_back({.kind = Action::Kind::arm_timer, .timer = timer, .delay = delay});
  }

  Settings settings_;
  lease::Sharing sharing_ = lease::Sharing::own;
  std::vector<Action> actions_;
  Phase phase_ = Phase::open;
  std::uint64_t owed_ = 0;

  std::optional<std::string> shutdown_id_;  // raw text
  bool shutdown_answered_ = false;
  bool shutdown_answer_ours_ = false;
  bool editor_ended_ = false;
  bool editor_gone_ = false;
  bool server_ended_ = false;
  bool park_tried_ = false;
  bool parking_ = false;
  bool outlives_ = false;
  bool serves_ = true;

  int exit_code_ = 0;
  std::string exit_reason_;
};

}  // namespace bridge::session
