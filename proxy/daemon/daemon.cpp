#include "proxy/daemon/daemon.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "proxy/exit_codes.h"
#include "proxy/observe/log.h"

namespace bridge::daemon {

using lease::ControlMessage;
using observe::log;
using observe::LogLevel;
using std::chrono::milliseconds;

namespace {

// A gopls listens 35 to 50 ms after its start: how often it is tried.
constexpr milliseconds kPoll{2};

}  // namespace

Daemon::Daemon(const DaemonSettings& settings, Place place)
    : settings_(settings),
      place_(std::move(place)),
      first_directory_(place_.directory.path),
      began_(static_cast<std::uint64_t>(std::time(nullptr))),
      pool_({.idle_timeout = settings.idle_timeout}),
      parking_({.timeout = settings.park_timeout, .sessions_max = settings.parked_max}),
      empty_since_(now()) {
  readiness_.on_turn_over(*this);
}

Daemon::~Daemon() = default;

void Daemon::after(boost::asio::steady_timer& timer, milliseconds delay,
                   std::function<void()> handler) {
  timer.expires_after(delay);
  timer.async_wait([this, handler = std::move(handler)](const boost::system::error_code& error) {
    if (error || over_) return;
    handler();
    on_turn_over();
  });
}

int Daemon::run() {
  adopt_recorded();
  if (!listen()) return kExitInternal;

  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (!error) finish(std::string("signal: ") + ::strsignal(signal));
  });
  if (!place_.program.empty()) {
    program_.emplace(place_.program);
    program_->note_start();
    program_ready_.readable = [this] {
      if (!program_->changed()) return;
      reexecute_ = true;
      finish("the program on disk is another one now; it takes over");
    };
    if (program_->fd() >= 0) {
      program_watch_.emplace(readiness_, program_->fd(), program_ready_);
      program_watch_->want({.readable = true});
    }
  }
  show_life();
  if (settings_.memory_budget_kib > 0) look_at_memory();
  readiness_.start();
  log(LogLevel::info, "the daemon (pid " + std::to_string(::getpid()) + ", started " +
                          settings_.started + ") listens in " + place_.directory.path);
  place_.manager.notify("READY=1");
  on_turn_over();
  io_.run();
  return kExitOk;
}

void Daemon::goodbye(const std::string& why) {
  ControlMessage message{.verb = "goodbye", .fields = {}};
  message.add("reason", why);
  for (auto const& [id, front] : fronts_) front->send(message);
}

// Servers live on: their sessions have them, and the next daemon adopts them.
void Daemon::finish(const std::string& why) {
  if (over_) return;
  over_ = true;
  log(LogLevel::info, "the daemon ends: " + why);
  // Their connections end with this program, also where it takes over from itself: a cache.
  if (!parked_.empty())
    log(LogLevel::info, "parked sessions that end with it: " + std::to_string(parked_.size()));
  // Who takes over at once need not be waited for.
  if (!reexecute_) {
    place_.manager.notify("STOPPING=1");
    goodbye(why);
    for (Listening const& one : listening_) {
      if (one.socket.ours && is_bound_there(one.socket)) ::unlink(one.socket.path.c_str());
    }
  }
  readiness_.stop();
  io_.stop();
}

// --- after each batch of events ------------------------------------------------------------------

void Daemon::on_turn_over() {
  if (over_) return;
  obey_parking();
  obey();
  std::erase_if(parked_, [](auto const& entry) { return entry.second.ended; });
  std::erase_if(fronts_, [](auto const& entry) { return entry.second->gone(); });
  std::erase_if(servers_, [](auto const& entry) { return entry.second.ended; });
  std::erase_if(listening_, [](Listening const& one) { return one.gone; });
  std::erase_if(raw_fronts_, [](RawFront const& one) { return one.ended; });
  if (!status_waiters_.empty()) {
    bool const all = std::none_of(fronts_.begin(), fronts_.end(),
                                  [](auto const& entry) { return entry.second->asked; });
    if (all) answer_status();
  }
  watch_pressure();
  say_state();
  arm_timers();
}

void Daemon::arm_timers() {
  bool const starting = std::any_of(servers_.begin(), servers_.end(),
                                    [](auto const& entry) { return !entry.second.serving; });
  if ((starting || !pending_.empty()) && !polling_) {
    polling_ = true;
    after(poll_timer_, kPoll, [this] {
      polling_ = false;
      look_at_starting();
    });
  }
  bool const empty = sessions() == 0 && servers_.empty() && raw_fronts_.empty();
  if (empty && !empty_) empty_since_ = now();
  empty_ = empty;
  std::optional<TimePoint> next = pool_.next_tick();
  auto const parking = parking_.next_tick();
  if (parking && (!next || *parking < *next)) next = parking;
  if (empty && settings_.daemon_idle_timeout.count() > 0) {
    TimePoint const end = empty_since_ + settings_.daemon_idle_timeout;
    if (!next || end < *next) next = end;
  }
  if (next == idle_at_) return;
  idle_at_ = next;
  idle_timer_.cancel();
  if (!next) return;
  idle_timer_.expires_at(*next);
  idle_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || over_) return;
    idle_at_.reset();
    parking_.tick(now());
    obey_parking();
    pool_.tick(now());
    if (empty_ && settings_.daemon_idle_timeout.count() > 0 &&
        now() - empty_since_ >= settings_.daemon_idle_timeout) {
      return finish("nobody needs it");
    }
    on_turn_over();
  });
}

void Daemon::show_life() {
  auto const interval = place_.manager.watchdog_interval();
  if (!interval) return;
  place_.manager.notify("WATCHDOG=1");
  after(watchdog_timer_, *interval, [this] { show_life(); });
}

// Who only asks for the status, or nothing, keeps nothing alive.
std::size_t Daemon::sessions() const {
  return static_cast<std::size_t>(
      std::count_if(fronts_.begin(), fronts_.end(), [this](auto const& entry) {
        return !entry.second->facts.empty() || pool_.lease_of(entry.first);
      }));
}

void Daemon::say_state() {
  if (!place_.manager.present()) return;
  std::string const state = "STATUS=" + std::to_string(servers_.size()) + " gopls, " +
                            std::to_string(sessions()) + " sessions, " +
                            std::to_string(parking_.parked().size()) + " parked";
  if (state == last_state_) return;
  last_state_ = state;
  place_.manager.notify(state);
}

// --- fronts --------------------------------------------------------------------------------------

void Daemon::on_message(Front& front, lease::ReceivedControl& received) {
  ControlMessage const& message = received.message;
  if (message.verb == "lease") return on_lease(front, message);
  if (message.verb == "session") return on_session(front, message);
  if (message.verb == "release") return release(front.id(), /*for_good=*/false);
  if (message.verb == "park") return on_park(front, received);
  if (message.verb == "leaving") {
    if (auto const server = pool_.lease_of(front.id())) parking_.leaving(front.id(), *server);
    return;
  }
  if (message.verb == "drop") return on_drop(front, message);
  if (message.verb == "status") return on_status(front);
  if (message.verb == "restart-server") return on_restart(front, message);
  if (message.verb == "stop") {
    front.send({.verb = "done", .fields = {}});
    return finish("somebody asked for it");
  }
  ControlMessage answer{.verb = "unknown", .fields = {}};
  answer.add("verb", message.verb);
  front.send(answer);
}

void Daemon::on_gone(Front& front) {
  release(front.id(), /*for_good=*/true);
  std::erase(status_waiters_, front.id());
}

void Daemon::on_lease(Front& front, const ControlMessage& message) {
  front.request = message.number("request").value_or(0);
  if (!front.peer().refusal.empty()) return refuse(front, front.peer().refusal);
  Recipe recipe{.key = std::string(message.get("key")),
                .program = std::string(message.get("program")),
                .args = message.all("arg"),
                .environment = message.all("env"),
                .go = std::string(message.get("go")),
                .go_version = std::string(message.get("go_version")),
                .umask = front.peer().umask};
  if (recipe.key.empty() || !recipe.program.starts_with('/'))
    return refuse(front, "the request names no key or no absolute program");
  drop_upgraded(recipe);
  if (auto const wanted = message.get("retire"); !wanted.empty()) {
    for (auto const& [id, server] : servers_) {
      if (!server.ended && server.process->name() == wanted) retire(id);
    }
  }
  SessionMark mark{.key = recipe.key,
                   .fingerprint = std::string(message.get("fingerprint")),
                   .parker = std::string(message.get("parker"))};
  pool_.release(front.id(), now());
  parking_.lease(front.id(), std::move(recipe), std::move(mark), message.get("resume") == "1",
                 now());
  obey_parking();
}

void Daemon::refuse(Front& front, const std::string& reason) {
  ++refusals_;
  last_refusal_ = reason;
  log(LogLevel::warn, "refused a lease to pid " + std::to_string(front.peer().pid) + ": " + reason);
  ControlMessage answer{.verb = "refused", .fields = {}};
  answer.add("request", front.request).add("reason", reason);
  front.send(answer);
}

void Daemon::on_session(Front& front, const ControlMessage& message) {
  front.facts = message.fields;
  // Not for others' eyes: a digest of what may be secrets.
  std::erase_if(front.facts, [](auto const& fact) {
    return fact.first == "fingerprint" || fact.first == "parker";
  });
  front.facts_at = now();
  front.asked = false;
  // After a daemon before us: which gopls it has.
  auto const name = message.get("lease");
  auto const pid = message.number("lease_pid");
  if (name.empty() || pool_.lease_of(front.id())) return;
  for (auto const& [id, server] : servers_) {
    bool const same =
        server.process->name() == name && pid == static_cast<std::uint64_t>(server.process->pid());
    if (!same) continue;
    parking_.claim(front.id(), {.key = server.process->recipe().key,
                                .fingerprint = std::string(message.get("fingerprint")),
                                .parker = std::string(message.get("parker"))});
    return pool_.claim(front.id(), id);
  }
}

void Daemon::on_restart(Front& front, const ControlMessage& message) {
  auto const wanted = message.get("server");
  std::uint64_t told = 0;
  for (auto const& [id, other] : fronts_) {
    auto const lease = pool_.lease_of(id);
    if (other.get() == &front || (!lease && (other->facts.empty() || !wanted.empty()))) continue;
    if (lease && !wanted.empty() && servers_.at(*lease).process->name() != wanted) continue;
    other->send({.verb = "replace", .fields = {}});
    ++told;
  }
  // Whoever asks again gets another process: a lease given back is one less for the old one.
  for (auto& [id, server] : servers_) {
    if (wanted.empty() || server.process->name() == wanted) retire(id);
  }
  ControlMessage answer{.verb = "done", .fields = {}};
  answer.add("sessions", told);
  front.send(answer);
}

}  // namespace bridge::daemon
