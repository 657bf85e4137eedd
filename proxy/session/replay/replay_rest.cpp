// How Replay lets a server go that is not lost: hibernation, a server that hangs, a program that
// was replaced on disk.
#include <algorithm>

#include "proxy/session/capabilities.h"
#include "proxy/session/compose.h"
#include "proxy/session/replay/replay.h"

namespace bridge::session {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = ReplayAction::Kind;

namespace {

constexpr int kHibernateTicks = 8;
constexpr int kHangTicks = 4;
// A pause in typing that is no longer one between two words.
constexpr seconds kReplaceTick{2};
constexpr seconds kStopLimit{5};
// An editor that needed nothing for that long can wait for a server that was lost.
constexpr seconds kActivityTick{60};

milliseconds part_of(milliseconds whole, int parts) {
  return std::max(whole / parts, milliseconds(1));
}

}  // namespace

void Replay::watch_for_rest() {
  quiet_hibernate_ticks_ = quiet_hang_ticks_ = 0;
  editor_frames_at_hibernate_tick_ = editor_frames_;
  server_frames_at_hang_tick_ = server_frames_;
  if (settings_.hibernate_after.count() > 0) {
    arm(SessionTimer::hibernate, part_of(settings_.hibernate_after, kHibernateTicks));
  }
  if (settings_.hang_timeout.count() > 0) {
    arm(SessionTimer::hang, part_of(settings_.hang_timeout, kHangTicks));
  }
  if (pooled()) watch_for_activity();
}

// One timer that ends with the activity: a session that rests does not wake.
void Replay::watch_for_activity() {
  quiet_ = false;
  editor_frames_at_activity_tick_ = editor_frames_;
  arm(SessionTimer::activity, kActivityTick);
}

void Replay::on_activity_tick() {
  if (phase_ != Phase::live) return;
  if (editor_frames_ != editor_frames_at_activity_tick_) return watch_for_activity();
  quiet_ = true;
}

void Replay::on_memory_short() {
  if (phase_ != Phase::live || busy() || stopped_) return;
  log(LogKind::info, "memory is short: the server is let go until it is needed");
  rest(Rest::sleep);
}

bool Replay::busy() const {
  return settling_ || !journal_.asked().empty() || !journal_.open_progress().empty() ||
         !journal_.initialized();
}

void Replay::on_hibernate_tick() {
  if (phase_ != Phase::live) return;
  bool const quiet = editor_frames_ == editor_frames_at_hibernate_tick_ && !busy();
  editor_frames_at_hibernate_tick_ = editor_frames_;
  quiet_hibernate_ticks_ = quiet ? quiet_hibernate_ticks_ + 1 : 0;
  if (quiet_hibernate_ticks_ < kHibernateTicks) {
    return arm(SessionTimer::hibernate, part_of(settings_.hibernate_after, kHibernateTicks));
  }
  std::string const usage = world_.server_usage();
  log(LogKind::info, "the editor is quiet: the server is stopped until it is needed" +
                         (usage.empty() ? usage : "; given back: " + usage));
  rest(Rest::sleep);
}

void Replay::on_hang_tick() {
  if (phase_ != Phase::live) return;
  // Quiet though it owed answers for the whole of the time.
  bool const quiet = server_frames_ == server_frames_at_hang_tick_ && owed_at_hang_tick_ &&
                     !journal_.asked().empty();
  server_frames_at_hang_tick_ = server_frames_;
  owed_at_hang_tick_ = !journal_.asked().empty();
  quiet_hang_ticks_ = quiet ? quiet_hang_ticks_ + 1 : 0;
  if (quiet_hang_ticks_ < kHangTicks) {
    return arm(SessionTimer::hang, part_of(settings_.hang_timeout, kHangTicks));
  }
  std::string const usage = world_.server_usage();
  lose("it has sent nothing for " + std::to_string(settings_.hang_timeout.count()) +
           " ms though it owes answers" + (usage.empty() ? usage : ", " + usage),
       {});
}

void Replay::on_program_changed() {
  if (stopped_) return;
  if (phase_ == Phase::waiting) {
    disarm(SessionTimer::start_again);
    return start(lease::AcquireReason::lost);
  }
  // Too early to try it; the next start will have it anyway.
  program_changed_ = phase_ == Phase::inactive;
  if (phase_ == Phase::inactive || phase_ == Phase::asleep || phase_ == Phase::resting) return;
  log(LogKind::info, "another server is wanted: trying the program that is on disk now");
  send(Kind::try_program, journal_.initialize_request(next_id()));
}

void Replay::on_program_tried(const std::optional<std::string>& answer, const std::string& error) {
  if (!outlives()) return;
  std::string_view const result = answer ? field(*answer, "result") : std::string_view();
  if (result.empty()) {
    return log(LogKind::warning,
               "the new program does not initialize (" + error + "); the running server is kept");
  }
  CapabilityChange const change = compare_capabilities(journal_.initialize_result(), result);
  if (!change.none()) {
    return log(LogKind::warning, "the new program cannot do all that the editor was told (" +
                                     describe(change) +
                                     "); the running server is kept until the session ends");
  }
  program_changed_ = true;
  if (!settling_) watch_for_replacing();
}

void Replay::watch_for_replacing() {
  editor_frames_at_replace_tick_ = editor_frames_;
  arm(SessionTimer::replace, kReplaceTick);
}

void Replay::on_replace_tick() {
  if (!program_changed_ || phase_ != Phase::live) return;
  if (editor_frames_ != editor_frames_at_replace_tick_ || busy()) return watch_for_replacing();
  log(LogKind::info, "replacing the server by the program that is on disk now");
  rest(Rest::replace);
}

void Replay::rest(Rest why) {
  rest_ = why;
  phase_ = Phase::resting;
  wake_after_rest_ = false;
  awaited_id_ = next_id();
  send(Kind::to_server, request_message(awaited_id_, "shutdown", {}));
  arm(SessionTimer::stop_limit, kStopLimit);
}

void Replay::rested(bool kill) {
  end_what_it_began();
  act({.kind = Kind::drop_server, .kill = kill});
  phase_ = Phase::asleep;
  if (rest_ == Rest::replace) return start(lease::AcquireReason::replaced);
  if (wake_after_rest_) start(lease::AcquireReason::woken);
}

}  // namespace bridge::session
