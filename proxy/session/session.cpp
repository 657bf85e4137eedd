#include "proxy/session/session.h"

#include <poll.h>
#include <signal.h>

#include <cstring>
#include <utility>

#include "proxy/exit_codes.h"
#include "proxy/observe/log.h"

namespace bridge::session {

using observe::log;
using observe::LogLevel;
using relay::DescriptorSink;
using relay::DescriptorSource;
using relay::Direction;
using relay::EndReason;
using relay::FramePump;
using relay::ReadinessSet;

namespace {

// A process that closed its output is as good as gone; its exit status follows at once. After an
// orderly end nobody asks for that status, and gopls v0.23 may still be busy with a shutdown that
// the bridge has answered: it is waited for only so that no zombie is left where nobody above us
// reaps.
constexpr int kStatusWaitMs = 100;
constexpr int kReapWaitMs = 10;

// Longer than the pauses within a burst of answers, shorter than a person's between two bursts.
constexpr std::chrono::seconds kPipesKept{1};

bool sink_ended(const relay::PumpEnd& end) {
  return end.reason == EndReason::sink_closed || end.reason == EndReason::sink_failed;
}

// A descriptor that the kernel gave us a moment ago and that nobody else holds.
template <class Channel>
Channel own(kernel::UniqueFd fd) {
  auto channel = Channel::own(std::move(fd));
  if (!channel) throw boost::system::system_error(channel.error(), "taking over a descriptor");
  return std::move(*channel);
}

}  // namespace

// The server's side of the session. Watches are declared last: they leave the set before the
// descriptors they watch are closed.
struct Session::Server {
  Server(ReadinessSet& set, lease::ServerConnection taken, relay::Sink& error_sink)
      : connection(std::move(taken)),
        source(own<DescriptorSource>(std::move(connection.read))),
        sink(own<DescriptorSink>(std::move(connection.write))),
        source_watch(std::in_place, set, source.poll_fd(), source_ready),
        sink_watch(std::in_place, set, sink.poll_fd(), sink_ready) {
    if (connection.stderr_read) {
      errors.emplace(own<DescriptorSource>(std::move(connection.stderr_read)));
      lines.emplace(*errors, error_sink);
      errors_ready.readable = [this] { lines->on_source_ready(); };
      errors_watch.emplace(set, errors->poll_fd(), errors_ready);
    }
    if (connection.process && connection.process->exit_fd() >= 0) {
      exit_watch.emplace(set, connection.process->exit_fd(), exit_ready);
      exit_watch->want({.readable = true});
    }
  }

  lease::ServerConnection connection;
  DescriptorSource source;
  DescriptorSink sink;
  std::optional<DescriptorSource> errors;
  std::optional<relay::LineRelay> lines;

  relay::ReadinessCallbacks source_ready;
  relay::ReadinessCallbacks sink_ready;
  relay::ReadinessCallbacks errors_ready;
  relay::ReadinessCallbacks exit_ready;
  std::optional<ReadinessSet::Watch> source_watch;
  std::optional<ReadinessSet::Watch> sink_watch;
  std::optional<ReadinessSet::Watch> errors_watch;
  std::optional<ReadinessSet::Watch> exit_watch;
};

Session::Session(EditorEnd editor, lease::ServerSource& servers, lease::ServerConnection first,
                 Lifecycle::Settings lifecycle, framing::Limits limits, relay::ZeroCopy zero_copy)
    : editor_(std::move(editor)),
      servers_(servers),
      limits_(limits),
      lifecycle_(lifecycle),
      pipes_used_(zero_copy == relay::ZeroCopy::on ? &pipes_ : nullptr) {
  editor_source_ready_.readable = [this] { to_server_->on_source_ready(); };
  editor_sink_ready_.writable = [this] { to_editor_->on_sink_ready(); };
  editor_sink_ready_.hangup = [this] { to_editor_->on_sink_hangup(); };
  editor_errors_ready_.writable = [this] {
    if (server_->lines) server_->lines->on_sink_ready();
  };
  editor_source_watch_.emplace(readiness_, editor_.source.poll_fd(), editor_source_ready_);
  editor_sink_watch_.emplace(readiness_, editor_.sink.poll_fd(), editor_sink_ready_);
  editor_errors_watch_.emplace(readiness_, editor_.errors.poll_fd(), editor_errors_ready_);
  editor_sink_watch_->want_hangup();

  adopt(std::move(first));
  to_server_.emplace(Direction::to_server, editor_.source, server_->sink, gate(),
                     FramePump::Options{.limits = limits_, .pipes = pipes_used_});
  readiness_.on_turn_over(*this);
}

Session::~Session() = default;

void Session::adopt(lease::ServerConnection connection) {
  log(LogLevel::info, "session: " + connection.name);
  server_ = std::make_unique<Server>(readiness_, std::move(connection), editor_.errors);
  server_->source_ready.readable = [this] { to_editor_->on_source_ready(); };
  server_->sink_ready.writable = [this] { to_server_->on_sink_ready(); };
  server_->sink_ready.hangup = [this] { to_server_->on_sink_hangup(); };
  server_->exit_ready.readable = [this] {
    server_->exit_watch.reset();
    lifecycle_.on_server_exited();
  };
  server_->sink_watch->want_hangup();
  // Servers, and the shims in front of them, do print to stdout: such text is logged and skipped.
  to_editor_.emplace(
      Direction::to_editor, server_->source, editor_.sink, gate(),
      FramePump::Options{
          .limits = limits_, .bare_text = framing::BareText::skip, .pipes = pipes_used_});
  to_editor_end_.reset();
}

Outcome Session::run() {
  wait_for_signals();
  readiness_.start();
  update_interests();
  io_.run();
  last_words();
  outcome_->untouched = to_server_->received_bytes() == 0 && to_editor_->sent_bytes() == 0;
  return *outcome_;
}

relay::Decision Session::decide(Direction direction, const relay::FrameView& view) {
  if (direction == Direction::to_editor) return lifecycle_.on_server_frame(view);
  relay::Decision decision = lifecycle_.on_editor_frame(view);
  if (prologue_kept_ && decision.verdict == relay::Decision::Verdict::pass) {
    prologue_kept_ = prologue_.size() + view.frame.size() <= kPrologueBytesMax;
    if (prologue_kept_) prologue_ += view.frame;
  }
  return decision;
}

// The prologue is made of whole frames.
bool Session::needs_body(Direction direction, const framing::EnvelopeText&) {
  return direction == Direction::to_server && prologue_kept_;
}

void Session::on_bare_text(Direction, std::string_view text) {
  log(LogLevel::warn, server_->connection.name + " wrote text that is no message, skipped: " +
                          std::string(text.substr(0, 512)));
}

// Brings pumps, lifecycle and interests into agreement after anything has happened.
void Session::settle() {
  if (outcome_) return;
  if (prologue_kept_ && to_editor_->sent_bytes() > 0) prologue_kept_ = false;
  if (!prologue_kept_ && !prologue_.empty()) prologue_ = std::string();

  while (report_ends() || lifecycle_.has_actions()) {
    for (Action const& action : lifecycle_.take_actions()) {
      obey(action);
      if (outcome_) return;
    }
  }
  if (close_input_asked_ && to_server_->idle()) {
    close_input_asked_ = false;
    to_server_->discard_output();
    server_->sink_watch.reset();
    server_->sink.finish();
  }
  update_interests();
  if (pipes_.has_idle() && !pipes_timer_armed_) close_idle_pipes_later();
}

bool Session::report_ends() {
  bool reported = false;
  if (to_server_->end() && to_server_end_ != to_server_->end()) {
    reported = true;
    to_server_end_ = to_server_->end();
    relay::PumpEnd const end = *to_server_end_;
    if (sink_ended(end)) {
      lifecycle_.on_server_deaf();
    } else {
      lifecycle_.on_editor_ended(end);
    }
  }
  if (to_editor_->end() && to_editor_end_ != to_editor_->end()) {
    reported = true;
    to_editor_end_ = to_editor_->end();
    relay::PumpEnd const end = *to_editor_end_;
    if (sink_ended(end)) {
      lifecycle_.on_editor_gone();
    } else {
      lifecycle_.on_server_ended(end, /*answered=*/to_editor_->sent_bytes() > 0,
                                 /*retry=*/prologue_kept_ && !retried_);
    }
  }
  return reported;
}

void Session::obey(const Action& action) {
  switch (action.kind) {
    case Action::Kind::arm_timer:
      return arm_timer(action.timer, action.delay);
    case Action::Kind::answer_editor:
      log(LogLevel::info, "answered shutdown in the server's place");
      return to_editor_->inject(action.text);
    case Action::Kind::release_editor:
      return to_server_->release();
    case Action::Kind::close_server_input:
      close_input_asked_ = true;
      return;
    case Action::Kind::discard_to_server:
      to_server_end_.reset();
      return to_server_->discard_output();
    case Action::Kind::discard_to_editor:
      to_editor_end_.reset();
      return to_editor_->discard_output();
    case Action::Kind::stop_editor:
      editor_source_watch_.reset();
      return;
    case Action::Kind::acquire_again:
      return acquire_again(action.text);
    case Action::Kind::finish:
      return finish(action.exit_code, action.text);
  }
}

void Session::acquire_again(const std::string& why) {
  std::string const lost = server_->connection.name + " ended before it answered (" + why + ")";
  if (to_server_->received_bytes() == 0) return finish(kExitNoServer, lost);
  retried_ = true;
  auto again = servers_.acquire(lease::AcquireReason::lost_before_answer);
  if (!again) return finish(kExitNoServer, lost + "; " + again.error().message);
  log(LogLevel::warn, lost + "; starting over with what the editor has sent");
  last_words();
  std::unique_ptr<Server> const before = std::move(server_);
  adopt(std::move(*again));
  to_server_end_.reset();
  to_server_->restart(server_->sink, prologue_);
}

void Session::update_interests() {
  if (editor_source_watch_) editor_source_watch_->want({.readable = to_server_->wants_source()});
  editor_sink_watch_->want({.writable = to_editor_->wants_sink()});
  server_->source_watch->want({.readable = to_editor_->wants_source()});
  if (server_->sink_watch) server_->sink_watch->want({.writable = to_server_->wants_sink()});
  if (server_->lines) {
    server_->errors_watch->want({.readable = server_->lines->wants_source()});
    editor_errors_watch_->want({.writable = server_->lines->wants_sink()});
  }
}

// Large frames come in runs: a pipe is kept for the next one, but not by a session that rests.
void Session::close_idle_pipes_later() {
  pipes_timer_armed_ = true;
  pipes_timer_.expires_after(kPipesKept);
  pipes_timer_.async_wait([this](const boost::system::error_code& error) {
    pipes_timer_armed_ = false;
    if (!error && !outcome_ && pipes_.close_idle()) close_idle_pipes_later();
  });
}

void Session::arm_timer(Timer timer, std::chrono::milliseconds delay) {
  std::uint64_t const generation = ++timer_generation_;
  timer_.expires_after(delay);
  timer_.async_wait([this, timer, delay, generation](const boost::system::error_code& error) {
    if (error || generation != timer_generation_ || outcome_) return;
    // What a server that is gone has said waits for a slow editor, not for the server.
    if (timer == Timer::server_end && to_editor_->wants_sink()) return arm_timer(timer, delay);
    lifecycle_.on_timer(timer);
    settle();
  });
}

void Session::wait_for_signals() {
  for (int const signal : {SIGTERM, SIGINT, SIGHUP}) {
    struct sigaction current {};
    // nohup and some supervisors ignore signals on purpose: that stays.
    if (::sigaction(signal, nullptr, &current) == 0 && current.sa_handler == SIG_IGN) continue;
    signals_.add(signal);
  }
  next_signal();
}

void Session::next_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error || outcome_) return;
    lifecycle_.on_signal(::strsignal(signal));
    settle();
    if (!outcome_) next_signal();
  });
}

void Session::finish(int exit_code, std::string reason) {
  outcome_ = Outcome{.exit_code = exit_code, .reason = std::move(reason)};
  readiness_.stop();
  io_.stop();
}

// What the server had to say on its stderr before it ended: a panic's text is worth more than ours.
// And its exit status, so that no zombie is left where the process above us does not reap.
void Session::last_words() {
  if (auto& process = server_->connection.process; process && process->exit_fd() >= 0) {
    bool const lost = outcome_ && outcome_->exit_code == kExitNoServer;
    pollfd one{process->exit_fd(), POLLIN, 0};
    ::poll(&one, 1, lost ? kStatusWaitMs : kReapWaitMs);
    auto const exit = process->exit_status();
    if (exit && lost) {
      outcome_->reason += "; " + server_->connection.name + ": " + describe(*exit);
    }
  }
  if (server_->lines) server_->lines->drain();
}

}  // namespace bridge::session
