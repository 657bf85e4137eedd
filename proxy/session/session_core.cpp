#include "proxy/session/session_core.h"

#include <utility>

#include "proxy/exit_codes.h"
#include "proxy/session/compose.h"
#include "proxy/session/session_needs.h"

namespace bridge::session {

using relay::Decision;
using relay::Direction;
using relay::EndReason;
using relay::FrameView;

namespace {

// Stands for the server's ends while there is none.
struct NoEnd final : relay::Source, relay::Sink {
  relay::Transfer read_some(std::span<char>) noexcept override {
    return relay::Transfer::blocked();
  }
  relay::Transfer write_some(std::string_view) noexcept override {
    return relay::Transfer::blocked();
  }
  bool splices() const noexcept override { return false; }
  int poll_fd() const noexcept override { return -1; }
};
NoEnd no_end;

bool sink_ended(const relay::PumpEnd& end) {
  return end.reason == EndReason::sink_closed || end.reason == EndReason::sink_failed;
}

bool changes_server(ReplayAction::Kind kind) {
  using Kind = ReplayAction::Kind;
  return kind == Kind::start_server || kind == Kind::drop_server ||
         kind == Kind::close_server_input || kind == Kind::try_program;
}

}  // namespace

SessionCore::SessionCore(relay::Source& editor_source, relay::Sink& editor_sink,
                         const ServerEnds& first, World& world, Settings settings)
    : world_(world),
      lifecycle_(settings.lifecycle),
      journal_(settings.journal),
      replay_(settings.replay, journal_, world),
      to_server_(Direction::to_server, editor_source, first.sink != nullptr ? *first.sink : no_end,
                 gate(), {.limits = settings.limits, .pipes = settings.pipes}),
      // Servers, and the shims in front of them, do print to stdout: such text is logged and
      // skipped.
      to_editor_(Direction::to_editor, first.source != nullptr ? *first.source : no_end,
                 editor_sink, gate(),
                 {.limits = settings.limits,
                  .bare_text = framing::BareText::skip,
                  .pipes = settings.pipes}) {
  awaits_first_ = first.source == nullptr;
  has_server_ = !awaits_first_;
  if (has_server_) note(first);
  tell_lifecycle();
}

SessionCore::~SessionCore() = default;

// --- frames --------------------------------------------------------------------------------------

Decision SessionCore::decide(Direction direction, const FrameView& view) {
  return direction == Direction::to_editor ? decide_server(view) : decide_editor(view);
}

Decision SessionCore::decide_editor(const FrameView& view) {
  if (awaits_first_) {
    if (view.envelope.method_is("initialize")) {
      needs_ = needs_of(view.body);
      editor_ = editor_of(view.body);
    }
    return {.verdict = Decision::Verdict::hold, .replacement = {}};
  }
  bool const initialize = view.envelope.method_is("initialize");
  if (taken_ && !initialize) {
    // What is on disk now must be told first.
    held_for_walk_ = !taken_->walk;
    if (held_for_walk_) return {.verdict = Decision::Verdict::hold, .replacement = {}};
    tell_what_is_new();
    if (view.envelope.method_is("initialized")) {
      ++messages_in_;
      replay_.on_editor_frame(view);
      return Decision::dropped();
    }
  }
  ++messages_in_;
  tell_lifecycle();
  Decision decision = lifecycle_.on_editor_frame(view);
  if (view.envelope.method_is("shutdown")) stop_replay();
  if (decision.verdict != Decision::Verdict::pass) return decision;
  if (initialize) {
    decision = environment_ != nullptr ? with_environment(view) : pass_to_replay(view);
    if (!taken_) return decision;
    answer_initialize(view.envelope.id);
    return Decision::dropped();
  }
  if (pooled_) {
    if (sets_for_all(view)) return Decision::dropped();
    record_.on_editor_message(view.envelope, view.body);
    if (!kept_.empty() && view.envelope.method_is("textDocument/didOpen")) forget_kept(view.body);
  }
  return pass_to_replay(view);
}

Decision SessionCore::pass_to_replay(const FrameView& view) {
  if (prologue_kept_) {
    prologue_kept_ = prologue_.size() + view.frame.size() <= kPrologueBytesMax;
    if (prologue_kept_) prologue_ += view.frame;
  }
  Decision decision = replay_.on_editor_frame(view);
  obey_replay_now();
  return decision;
}

Decision SessionCore::decide_server(const FrameView& view) {
  ++messages_out_;
  if (pooled_) record_.on_server_message(view.envelope, view.body, journal_);
  Decision decision = replay_.on_server_frame(view);
  obey_replay_now();
  if (decision.verdict == Decision::Verdict::drop) return decision;
  Decision const ours = lifecycle_.on_server_frame(view);
  return ours.verdict == Decision::Verdict::pass ? decision : ours;
}

// The prologue is made of whole frames.
bool SessionCore::needs_body(Direction direction, const framing::EnvelopeText& head) {
  return (direction == Direction::to_server && (prologue_kept_ || (pooled_ && may_set(head)))) ||
         replay_.needs_body(direction, head);
}

void SessionCore::on_bare_text(Direction, std::string_view text) {
  world_.log(LogKind::warning, server_name_ + " wrote text that is no message, skipped: " +
                                   std::string(text.substr(0, 512)));
}

// --- events --------------------------------------------------------------------------------------

void SessionCore::on_editor_source_ready() { to_server_.on_source_ready(); }
void SessionCore::on_editor_sink_ready() { to_editor_.on_sink_ready(); }
void SessionCore::on_editor_sink_hangup() { to_editor_.on_sink_hangup(); }
void SessionCore::on_server_source_ready() {
  if (has_server_) to_editor_.on_source_ready();
}
void SessionCore::on_server_sink_ready() {
  if (has_server_) to_server_.on_sink_ready();
}
void SessionCore::on_server_sink_hangup() {
  if (has_server_) to_server_.on_sink_hangup();
}
void SessionCore::on_server_exited() {
  if (has_server_) lifecycle_.on_server_exited();
}
void SessionCore::on_signal(std::string_view name) {
  stop_replay();
  lifecycle_.on_signal(name);
}
void SessionCore::on_program_changed() { replay_.on_program_changed(); }
void SessionCore::on_memory_short() { replay_.on_memory_short(); }
void SessionCore::on_program_tried(const std::optional<std::string>& answer,
                                   const std::string& error) {
  replay_.on_program_tried(answer, error);
}

void SessionCore::on_timer(SessionTimer timer) {
  if (timer == SessionTimer::kept) return close_kept();
  if (timer != SessionTimer::lifecycle) return replay_.on_timer(timer);
  // What a server that is gone has said waits for a slow editor, not for the server.
  if (lifecycle_timer_ == Timer::server_end && to_editor_.wants_sink()) {
    return world_.arm(timer, lifecycle_delay_);
  }
  lifecycle_.on_timer(lifecycle_timer_);
}

// Brings pumps, lifecycle and replay into agreement after anything has happened.
void SessionCore::settle() {
  if (prologue_kept_ && to_editor_.sent_bytes() > 0) prologue_kept_ = false;
  if (!prologue_kept_ && !prologue_.empty()) prologue_ = std::string();
  if (awaits_first_ && to_server_.holding()) acquire_first();
  if (!other_server_why_.empty()) {
    world_.tell_needs(needs_);
    replay_.take_another(std::exchange(other_server_why_, {}));
  }

  // Also where the session that it was for has been lost.
  if (held_for_walk_ && (!taken_ || taken_->walk)) {
    held_for_walk_ = false;
    to_server_.release();
  }

  while (!over_ && (obey_replay() || report_ends() || lifecycle_.has_actions())) {
    for (Action const& action : lifecycle_.take_actions()) {
      obey(action);
      if (over_) return;
    }
  }
  if (!over_ && parking_ && to_server_.idle() && to_editor_.unread()) {
    finish_park();
    return settle();
  }
  for (std::string const& remark : journal_.take_remarks()) world_.log(LogKind::warning, remark);
  if (!over_ && close_input_asked_ && to_server_.idle()) {
    close_input_asked_ = false;
    to_server_.discard_output();
    if (has_server_) world_.close_server_input();
  }
}

bool SessionCore::report_ends() {
  bool reported = false;
  if (to_server_.end() && to_server_end_ != to_server_.end()) {
    reported = true;
    to_server_end_ = to_server_.end();
    relay::PumpEnd const end = *to_server_end_;
    if (sink_ended(end)) {
      lifecycle_.on_server_deaf();
    } else {
      lifecycle_.on_editor_ended(end);
    }
  }
  if (to_editor_.end() && to_editor_end_ != to_editor_.end()) {
    reported = true;
    to_editor_end_ = to_editor_.end();
    relay::PumpEnd const end = *to_editor_end_;
    if (sink_ended(end)) {
      lifecycle_.on_editor_gone();
    } else if (has_server_) {
      lifecycle_.on_server_ended(end, /*answered=*/to_editor_.sent_bytes() > 0,
                                 /*retry=*/prologue_kept_ && !retried_);
    }
  }
  return reported;
}

void SessionCore::obey(const Action& action) {
  switch (action.kind) {
    case Action::Kind::arm_timer:
      lifecycle_timer_ = action.timer;
      lifecycle_delay_ = action.delay;
      return world_.arm(SessionTimer::lifecycle, action.delay);
    case Action::Kind::disarm_timer:
      return world_.disarm(SessionTimer::lifecycle);
    case Action::Kind::answer_editor:
      world_.log(LogKind::info, "answered shutdown in the server's place");
      return to_editor_.inject(action.text);
    case Action::Kind::release_editor:
      return to_server_.release();
    case Action::Kind::close_server_input:
      close_input_asked_ = true;
      return;
    case Action::Kind::discard_to_server:
      to_server_end_.reset();
      return to_server_.discard_output();
    case Action::Kind::discard_to_editor:
      to_editor_end_.reset();
      return to_editor_.discard_output();
    case Action::Kind::stop_editor:
      listens_ = false;
      return;
    case Action::Kind::acquire_again:
      return start_over(action.text);
    case Action::Kind::park:
      return begin_park();
    case Action::Kind::stop_parking:
      parking_ = false;
      return;
    case Action::Kind::server_lost:
      return replay_.on_server_lost(action.text, world_.how_it_ended());
    case Action::Kind::finish:
      return finish(action.exit_code, action.text);
  }
}

// --- replay --------------------------------------------------------------------------------------

void SessionCore::stop_replay() {
  replay_.stop();
  tell_lifecycle();
}

void SessionCore::tell_lifecycle() {
  lifecycle_.on_replay(replay_.outlives(), !awaits_first_ && replay_.serves());
}

// From inside a pump: what the other messages must not overtake, and nothing that changes servers.
void SessionCore::obey_replay_now() {
  if (!replay_.has_actions()) return;
  for (ReplayAction& action : replay_.take_actions()) {
    if (later_.empty() && !changes_server(action.kind)) {
      obey(action);
    } else {
      later_.push_back(std::move(action));
    }
  }
}

bool SessionCore::obey_replay() {
  bool obeyed = false;
  for (;;) {
    for (ReplayAction& action : replay_.take_actions()) later_.push_back(std::move(action));
    if (later_.empty()) break;
    obeyed = true;
    for (ReplayAction const& action : std::exchange(later_, {})) {
      obey(action);
      if (over_) return true;
    }
  }
  tell_lifecycle();
  return obeyed;
}

void SessionCore::obey(const ReplayAction& action) {
  using Kind = ReplayAction::Kind;
  switch (action.kind) {
    case Kind::to_server:
      if (has_server_) to_server_.inject(framed(action.text));
      return;
    case Kind::answer_editor:
      lifecycle_.on_answered();
      [[fallthrough]];
    case Kind::to_editor:
      return to_editor_.inject(framed(action.text));
    case Kind::start_server:
      if (replay_.outlives()) start_server(action.reason);
      return;
    case Kind::drop_server:
      has_server_ = false;
      close_input_asked_ = false;
      to_server_.discard_output();
      to_server_end_.reset();
      // It was for this server.
      if (lifecycle_timer_ == Timer::server_end) world_.disarm(SessionTimer::lifecycle);
      return world_.drop_server(action.kill);
    case Kind::close_server_input:
      close_input_asked_ = true;
      return;
    case Kind::try_program:
      return world_.try_program(framed(action.text));
    case Kind::arm_timer:
      return world_.arm(action.timer, action.delay);
    case Kind::disarm_timer:
      return world_.disarm(action.timer);
    case Kind::log:
      return world_.log(action.level, action.text);
  }
}

SessionCore::Figures SessionCore::figures() const noexcept {
  return {.messages_in = messages_in_,
          .messages_out = messages_out_,
          .bytes_in = to_server_.received_bytes(),
          .bytes_out = to_editor_.sent_bytes(),
          .in_flight = lifecycle_.owed_answers(),
          .replays = replays_};
}

void SessionCore::finish(int exit_code, const std::string& reason) {
  over_ = true;
  world_.finish(exit_code, reason);
}

}  // namespace bridge::session
