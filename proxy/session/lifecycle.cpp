#include "proxy/session/lifecycle.h"

#include <utility>

#include "framing/envelope.h"
#include "proxy/exit_codes.h"
#include "proxy/session/compose.h"
#include "proxy/session/journal/message_id.h"

namespace bridge::session {
namespace {

using framing::MessageKind;
using relay::Decision;
using std::chrono::milliseconds;

// VS Code kills what still lives 2 s after it asked for the end; half of that is for the server.
constexpr milliseconds kLeaveTimeout{1000};
// A process that has exited, or closed its input, closes its output within milliseconds, unless a
// descendant holds it.
constexpr milliseconds kServerEndTimeout{500};
// Parking takes milliseconds; a gopls that does not read, or a busy daemon, must not keep an editor
// that waits for the answer to `shutdown`.
constexpr milliseconds kParkTimeout{300};

// Of a session that the editor's stream ended.
int exit_code_for(const relay::PumpEnd& end) {
  switch (end.reason) {
    case relay::EndReason::source_closed:
      return kExitOk;
    case relay::EndReason::source_failed:
      return kExitInternal;
    default:
      return kExitBadFraming;
  }
}

// The sentence for the user: why a side's stream ended, and what to do about it.
std::string explain(std::string_view side, const relay::PumpEnd& end) {
  std::string text = std::string(side) + " stream: " + relay::describe(end);
  if (end.reason != relay::EndReason::bad_framing) return text;
  if (end.fault == framing::Fault::length_over_limit) {
    return text + "; frame_limit_bytes (--frame-limit) sets the limit";
  }
  return text + "; is another program writing into it?";
}

}  // namespace

Decision Lifecycle::on_editor_frame(const relay::FrameView& view) {
  if (view.envelope.method_is("exit")) {
    if (shutdown_id_ && !shutdown_answered_)
      return {.verdict = Decision::Verdict::hold, .replacement = {}};
    // Who ends like this is broken, or in a hurry.
    if (!shutdown_id_) park_tried_ = true;
    leave(shutdown_id_ ? kExitOk : kExitWithoutShutdown, "the editor sent exit");
    // A server of our own gets `exit` too, and its input is closed behind it.
    if (server_ended_ || !serves_ || sharing_ != lease::Sharing::own) {
      return {.verdict = Decision::Verdict::drop, .replacement = {}};
    }
    return {};
  }
  if (view.envelope.kind == MessageKind::request) {
    ++owed_;
    if (!shutdown_id_ && view.envelope.method_is("shutdown")) {
      shutdown_id_.emplace(view.envelope.id);
      if (!serves_ || sharing_ == lease::Sharing::pooled) {
        if (may_park()) {
          park();
        } else {
          answer_shutdown();
        }
        return Decision::dropped();
      }
      arm(Timer::shutdown_answer, settings_.shutdown_answer_after);
    }
  }
  return {};
}

Decision Lifecycle::on_server_frame(const relay::FrameView& view) {
  if (view.envelope.kind != MessageKind::response) return {};
  Decision decision;
  if (is_shutdown_answer(view)) {
    if (shutdown_answer_ours_) {
      decision.verdict = Decision::Verdict::drop;
    } else {
      shutdown_answered();
    }
  }
  on_answered();
  return decision;
}

void Lifecycle::on_answered() {
  if (owed_ > 0) --owed_;
  if (phase_ == Phase::draining && owed_ == 0) leave(exit_code_, exit_reason_);
}

bool Lifecycle::is_shutdown_answer(const relay::FrameView& view) const {
  return shutdown_id_ && same_id(view.envelope.id, *shutdown_id_);
}

void Lifecycle::shutdown_answered() {
  if (shutdown_answered_) return;
  shutdown_answered_ = true;
  act(Action::Kind::release_editor);
  if (phase_ == Phase::draining) leave(exit_code_, exit_reason_);
  // Its `exit` or end of file may never come.
  if (phase_ == Phase::open && editor_gone_) arm(Timer::leave, kLeaveTimeout);
}

void Lifecycle::answer_shutdown() {
  if (!shutdown_id_ || shutdown_answered_) return;
  shutdown_answer_ours_ = true;
  actions_.push_back(
      {.kind = Action::Kind::answer_editor, .text = framed(result_message(*shutdown_id_, "null"))});
  shutdown_answered();
}

void Lifecycle::park() {
  park_tried_ = true;
  parking_ = true;
  arm(Timer::park, kParkTimeout);
  act(Action::Kind::park);
}

void Lifecycle::on_park_over(bool parked) {
  if (!parking_) return;
  parking_ = false;
  if (parked) serves_ = false;
  if (phase_ == Phase::leaving) {
    answer_shutdown();
    return parked ? finish(exit_code_, exit_reason_) : say_goodbye();
  }
  act(Action::Kind::disarm_timer);
  answer_shutdown();
}

void Lifecycle::on_editor_ended(const relay::PumpEnd& end) {
  if (editor_ended_) return;
  editor_ended_ = true;
  if (phase_ == Phase::leaving || phase_ == Phase::over) return;

  bool const orderly = end.reason == relay::EndReason::source_closed;
  exit_code_ = exit_code_for(end);
  exit_reason_ = explain("the editor's", end);
  if (!orderly) {
    park_tried_ = true;
    return leave(exit_code_, exit_reason_);
  }

  // After `shutdown` nobody waits for anything but its answer.
  bool const waiting = serves_ && (shutdown_id_ ? !shutdown_answered_ : owed_ > 0);
  if (!waiting) return leave(exit_code_, exit_reason_);
  phase_ = Phase::draining;
  if (!shutdown_id_) arm(Timer::drain, settings_.drain_timeout);
}

void Lifecycle::on_editor_gone() {
  editor_gone_ = true;
  act(Action::Kind::discard_to_editor);
  // Its `shutdown` and `exit` may still be in the pipe: they tell the exit code, so they are read
  // before its end of file. Answers are owed to nobody.
  owed_ = 0;
  if (phase_ == Phase::draining) leave(exit_code_, exit_reason_);
  if (phase_ == Phase::open) {
    exit_code_ = kExitOk;
    exit_reason_ = "the editor stopped reading";
    arm(Timer::leave, kLeaveTimeout);
  }
}

void Lifecycle::on_server_deaf() {
  if (server_ended_ || phase_ == Phase::over) return;
  act(Action::Kind::discard_to_server);
  if (phase_ != Phase::leaving) arm(Timer::server_end, kServerEndTimeout);
}

void Lifecycle::on_server_ended(const relay::PumpEnd& end, bool answered, bool retry) {
  if (server_ended_ || phase_ == Phase::over) return;
  if (std::exchange(parking_, false)) act(Action::Kind::stop_parking);
  if (phase_ == Phase::leaving) {
    server_ended_ = true;
    return finish(exit_code_, exit_reason_);
  }
  std::string const how = explain("the server's", end);
  if (!answered && retry && !editor_ended_ && !shutdown_id_) {
    // What is owed stays owed: the next server is fed with the same requests.
    actions_.push_back({.kind = Action::Kind::acquire_again, .text = how});
    return;
  }
  if (outlives_ && phase_ == Phase::open && !shutdown_id_ && !editor_ended_) {
    // What was armed was for this server, or, if the editor is gone, for its last words.
    if (editor_gone_) {
      arm(Timer::leave, kLeaveTimeout);
    } else {
      act(Action::Kind::disarm_timer);
    }
    actions_.push_back({.kind = Action::Kind::server_lost, .text = how});
    return;
  }
  server_ended_ = true;
  if (shutdown_id_) {
    // It ended early, as it was about to be told. The editor must not see us gone before it has
    // sent `exit` or closed: it would start a new server.
    answer_shutdown();
    act(Action::Kind::discard_to_server);
    return;
  }
  if (editor_ended_) return finish(exit_code_, exit_reason_);
  finish(end.reason == relay::EndReason::bad_framing ? kExitBadFraming : kExitNoServer, how);
}

void Lifecycle::on_server_exited() {
  if (server_ended_ || phase_ == Phase::over) return;
  arm(Timer::server_end, kServerEndTimeout);
}

void Lifecycle::on_signal(std::string_view name) {
  if (phase_ == Phase::leaving || phase_ == Phase::over) {
    return finish(exit_code_, std::string(name) + " while ending");
  }
  act(Action::Kind::stop_editor);
  editor_ended_ = true;
  leave(kExitOk, std::string(name));
}

void Lifecycle::on_timer(Timer timer) {
  switch (timer) {
    case Timer::shutdown_answer:
      answer_shutdown();
      return;
    case Timer::drain:
      if (phase_ == Phase::draining) leave(exit_code_, exit_reason_ + "; answers were still owed");
      return;
    case Timer::leave:
      finish(exit_code_, exit_reason_);
      return;
    case Timer::park:
      act(Action::Kind::stop_parking);
      return on_park_over(/*parked=*/false);
    case Timer::server_end:
      if (phase_ == Phase::leaving) return finish(exit_code_, exit_reason_);
      return on_server_ended({.reason = relay::EndReason::source_closed}, /*answered=*/true,
                             /*retry=*/false);
  }
}

std::vector<Action> Lifecycle::take_actions() { return std::exchange(actions_, {}); }

void Lifecycle::leave(int exit_code, std::string reason) {
  if (phase_ == Phase::leaving || phase_ == Phase::over) return;
  phase_ = Phase::leaving;
  exit_code_ = exit_code;
  exit_reason_ = std::move(reason);
  if (server_ended_ || !serves_) return finish(exit_code_, exit_reason_);
  if (parking_) return;  // it says goodbye, or is over, when that is
  if (may_park()) return park();
  say_goodbye();
}

void Lifecycle::say_goodbye() {
  act(Action::Kind::close_server_input);
  arm(Timer::leave, kLeaveTimeout);
}

void Lifecycle::finish(int exit_code, std::string reason) {
  if (phase_ == Phase::over) return;
  phase_ = Phase::over;
  actions_.push_back(
      {.kind = Action::Kind::finish, .exit_code = exit_code, .text = std::move(reason)});
}

}  // namespace bridge::session
