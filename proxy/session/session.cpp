#include "proxy/session/session.h"

#include <signal.h>

#include <cstring>
#include <ctime>
#include <utility>

#include "proxy/exit_codes.h"
#include "proxy/observe/log.h"
#include "proxy/server/process_usage.h"
#include "proxy/session/file_uri.h"
#include "proxy/session/session_server.h"

namespace bridge::session {

using observe::LogLevel;

namespace {

// A process that closed its output is as good as gone; its exit status follows at once. After an
// orderly end nobody asks for that status, and gopls v0.23 may still be busy with a shutdown that
// the bridge has answered: it is waited for only so that no zombie is left where nobody above us
// reaps.
constexpr int kStatusWaitMs = 100;
constexpr int kReapWaitMs = 10;

// Longer than the pauses within a burst of answers, shorter than a person's between two bursts.
constexpr std::chrono::seconds kPipesKept{1};

// A gopls starts in 50 ms; nobody waits for this one.
constexpr std::chrono::seconds kTrialPatience{30};

}  // namespace

Session::Session(EditorEnd editor, lease::ServerSource& servers,
                 std::optional<lease::ServerConnection> first, const Settings& settings)
    : editor_(std::move(editor)),
      servers_(servers),
      program_path_(settings.replay.on ? settings.program : std::string()),
      broker_(settings.broker),
      own_reason_(settings.own_reason),
      began_(static_cast<std::uint64_t>(std::time(nullptr))),
      messages_grew_at_(std::chrono::steady_clock::now()) {
  for (auto& timer : timers_) timer = std::make_unique<ArmedTimer>(io_);
  ServerEnds const ends = first ? adopt(std::move(*first)) : ServerEnds{};
  core_.emplace(editor_.source, editor_.sink, ends, static_cast<World&>(*this),
                SessionCore::Settings{
                    .lifecycle = settings.lifecycle,
                    .replay = settings.replay,
                    .journal = settings.journal,
                    .limits = settings.limits,
                    .pipes = settings.zero_copy == relay::ZeroCopy::on ? &pipes_ : nullptr});

  editor_source_ready_.readable = [this] { core_->on_editor_source_ready(); };
  editor_sink_ready_.writable = [this] { core_->on_editor_sink_ready(); };
  editor_sink_ready_.hangup = [this] { core_->on_editor_sink_hangup(); };
  editor_errors_ready_.writable = [this] {
    if (server_ && server_->lines) server_->lines->on_sink_ready();
  };
  editor_source_watch_.emplace(readiness_, editor_.source.poll_fd(), editor_source_ready_);
  editor_sink_watch_.emplace(readiness_, editor_.sink.poll_fd(), editor_sink_ready_);
  editor_errors_watch_.emplace(readiness_, editor_.errors.poll_fd(), editor_errors_ready_);
  editor_sink_watch_->want_hangup();
  readiness_.on_turn_over(*this);
  if (broker_ != nullptr && broker_->fd() >= 0) {
    broker_ready_.readable = [this] { on_broker(); };
    broker_watch_.emplace(readiness_, broker_->fd(), broker_ready_);
    broker_watch_->want({.readable = true});
  }
}

Session::~Session() = default;

Outcome Session::run() {
  wait_for_signals();
  readiness_.start();
  update_interests();
  io_.run();
  last_words();
  outcome_->untouched = core_->untouched();
  return *outcome_;
}

void Session::settle() {
  if (outcome_) return;
  core_->settle();
  if (outcome_) return;
  if (broker_ != nullptr && !told_first_ && !core_->awaits_first()) tell_broker();
  update_interests();
  if (pipes_.has_idle() && !pipes_timer_armed_) close_idle_pipes_later();
}

void Session::update_interests() {
  editor_source_watch_->want({.readable = core_->wants_editor_source()});
  editor_sink_watch_->want({.writable = core_->wants_editor_sink()});
  bool errors_wait = false;
  if (server_) {
    if (server_->source_watch)
      server_->source_watch->want({.readable = core_->wants_server_source()});
    if (server_->sink_watch) server_->sink_watch->want({.writable = core_->wants_server_sink()});
    if (server_->lines) {
      server_->errors_watch->want({.readable = server_->lines->wants_source()});
      errors_wait = server_->lines->wants_sink();
    }
  }
  editor_errors_watch_->want({.writable = errors_wait});
}

// --- the server ----------------------------------------------------------------------------------

ServerEnds Session::adopt(lease::ServerConnection connection) {
  observe::log(LogLevel::info, "session: " + connection.name);
  server_ = std::make_unique<Server>(readiness_, std::move(connection), editor_.errors);
  server_->source_ready.readable = [this] { core_->on_server_source_ready(); };
  server_->sink_ready.writable = [this] { core_->on_server_sink_ready(); };
  server_->sink_ready.hangup = [this] { core_->on_server_sink_hangup(); };
  server_->exit_ready.readable = [this] {
    server_->exit_watch.reset();
    core_->on_server_exited();
  };
  server_->sink_watch->want_hangup();
  watch_program();
  return {.source = &server_->source,
          .sink = &server_->sink,
          .name = server_->connection.name,
          .sharing = server_->connection.sharing,
          .environment = &server_->connection.environment,
          .parked = std::move(server_->connection.parked)};
}

boost::system::result<ServerEnds, lease::AcquireError> Session::start_server(
    lease::AcquireReason reason) {
  drop_server(/*kill=*/false);
  if (program_) program_->note_start();
  auto connection = servers_.acquire(reason);
  told_first_ = false;  // something is new to tell
  if (!connection) return connection.error();
  try {
    return adopt(std::move(*connection));
  } catch (const boost::system::system_error& error) {
    return lease::AcquireError{std::string("cannot use the server's descriptors: ") + error.what()};
  }
}

// A shared gopls is not this session's to replace, and a watch is one of 128 that a user may have.
void Session::watch_program() {
  if (program_path_.empty() || server_->connection.sharing != lease::Sharing::own) {
    program_watch_.reset();
    program_.reset();
    return;
  }
  if (program_) return;
  program_.emplace(program_path_);
  program_ready_.readable = [this] {
    if (program_->changed()) core_->on_program_changed();
  };
  if (program_->fd() < 0) return;
  program_watch_.emplace(readiness_, program_->fd(), program_ready_);
  program_watch_->want({.readable = true});
}

void Session::close_server_input() {
  server_->sink_watch.reset();
  server_->sink.finish();
}

void Session::drop_server(bool kill) {
  std::erase_if(leaving_,
                [](server::ChildProcess& child) { return child.exit_status().has_value(); });
  if (!server_) return;
  auto& process = server_->connection.process;
  if (kill && process) process->kill();
  bool const reaped = server_->wait_exit(kReapWaitMs).has_value();
  if (server_->lines) server_->lines->drain();
  if (process && !reaped) leaving_.push_back(std::move(*process));
  server_.reset();
  servers_.release();
  told_first_ = false;
}

ServerEnd Session::how_it_ended() {
  ServerEnd end;
  if (!server_) return end;
  if (server_->lines) server_->lines->drain();
  if (auto const exit = server_->wait_exit(kStatusWaitMs)) {
    end.words = server_->connection.name + ": " + describe(*exit);
    end.killed = exit->signal == SIGKILL;
  } else if (auto const told = servers_.how_it_ended()) {
    end.words = server_->connection.name + ": " + told->words;
    end.killed = told->killed;
  }
  if (server_->lines && !server_->lines->telling_line().empty()) {
    end.words += (end.words.empty() ? "" : "; ") + ("it wrote: " + server_->lines->telling_line());
  }
  return end;
}

std::string Session::server_usage() {
  if (!server_ || !server_->connection.process) return {};
  auto const usage = server::process_usage(server_->connection.process->pid());
  if (!usage) return {};
  return server_->connection.name + ": " + std::to_string(usage->pss_kib / 1024) + " MiB (PSS), " +
         std::to_string(usage->cpu.count()) + " ms of processor time";
}

std::optional<std::string> Session::read_file(std::string_view raw_uri, std::size_t bytes_max) {
  return read_file_of_uri(raw_uri, bytes_max);
}

void Session::try_program(const std::string& frame) {
  if (trial_) return;  // its answer comes
  auto connection = servers_.acquire(lease::AcquireReason::trial);
  if (!connection) return core_->on_program_tried(std::nullopt, connection.error().message);
  trial_.emplace(std::move(*connection), frame, kTrialPatience);
  trial_ready_.readable = [this] {
    auto const& outcome = trial_->on_readable();
    if (!outcome) return;
    lease::TrialServer::Outcome const copy = *outcome;
    trial_watch_.reset();
    trial_.reset();
    core_->on_program_tried(copy.answer, copy.error);
  };
  trial_watch_.emplace(readiness_, trial_->fd(), trial_ready_);
  trial_watch_->want({.readable = true});
}

// --- time ----------------------------------------------------------------------------------------

void Session::arm(SessionTimer timer, std::chrono::milliseconds delay) {
  ArmedTimer& armed = *timers_[static_cast<std::size_t>(timer)];
  std::uint64_t const generation = ++armed.generation;
  armed.timer.expires_after(delay);
  armed.timer.async_wait([this, &armed, timer, generation](const boost::system::error_code& error) {
    if (error || generation != armed.generation || outcome_) return;
    core_->on_timer(timer);
    settle();
  });
}

void Session::disarm(SessionTimer timer) {
  ArmedTimer& armed = *timers_[static_cast<std::size_t>(timer)];
  ++armed.generation;
  armed.timer.cancel();
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

// --- signals, log, end ---------------------------------------------------------------------------

void Session::wait_for_signals() {
  for (int const signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
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
    if (signal == SIGUSR1) {
      core_->on_program_changed();
    } else {
      core_->on_signal(::strsignal(signal));
    }
    settle();
    if (!outcome_) next_signal();
  });
}

void Session::log(LogKind kind, const std::string& text) {
  observe::log(kind == LogKind::error     ? LogLevel::error
               : kind == LogKind::warning ? LogLevel::warn
                                          : LogLevel::info,
               text);
}

void Session::finish(int exit_code, const std::string& reason) {
  outcome_ = Outcome{.exit_code = exit_code, .reason = reason};
  readiness_.stop();
  io_.stop();
}

// What the server had to say on its stderr before it ended: a panic's text is worth more than ours.
// And its exit status, so that no zombie is left where the process above us does not reap.
void Session::last_words() {
  if (!server_) return;
  bool const lost = outcome_->exit_code == kExitNoServer;
  auto const exit = server_->wait_exit(lost ? kStatusWaitMs : kReapWaitMs);
  if (exit && lost) {
    outcome_->reason += "; " + server_->connection.name + ": " + describe(*exit);
  }
  if (server_->lines) server_->lines->drain();
}

}  // namespace bridge::session
