// The daemon's parked sessions: what parking decides is done here.
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>

#include "proxy/daemon/daemon.h"
#include "proxy/observe/log.h"

namespace bridge::daemon {

using lease::ControlMessage;
using observe::log;
using observe::LogLevel;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

namespace {

std::string name_of(ParkedId id) { return "p" + std::to_string(id); }

// "after 12.345 s".
std::string after_time(std::chrono::steady_clock::duration time) {
  auto const ms = duration_cast<milliseconds>(time).count();
  char text[48];
  std::snprintf(text, sizeof text, "after %lld.%03lld s", static_cast<long long>(ms / 1000),
                static_cast<long long>(ms % 1000));
  return text;
}

// Whether the file of a program that runs is another one now.
bool is_replaced(const ServerProcess& process) {
  struct stat running {};
  struct stat there {};
  if (::stat(("/proc/" + std::to_string(process.pid()) + "/exe").c_str(), &running) != 0)
    return false;  // it has ended, which is heard of in another way
  return ::stat(process.recipe().program.c_str(), &there) != 0 || running.st_dev != there.st_dev ||
         running.st_ino != there.st_ino;
}

std::uint64_t count(milliseconds time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
}

}  // namespace

// --- leases --------------------------------------------------------------------------------------

void Daemon::release(FrontId front, bool for_good) {
  parking_.release(front, pool_.lease_of(front), for_good, now());
  pool_.release(front, now());
  obey_parking();
}

void Daemon::obey_parking() {
  for (auto actions = parking_.take_actions(); !actions.empty(); actions = parking_.take_actions())
    for (ParkingAction& action : actions) obey(action);
}

void Daemon::obey(ParkingAction& action) {
  switch (action.kind) {
    case ParkingAction::Kind::fresh:
      return pool_.lease(action.front, std::move(action.recipe), now());
    case ParkingAction::Kind::resume:
      return resume(action.front, action.parked, std::move(action.recipe));
    case ParkingAction::Kind::retire:
      return retire(action.server);
    case ParkingAction::Kind::drop: {
      Parked& parked = parked_.at(action.parked);
      ++dropped_;
      parked.ended = true;
      log(LogLevel::info, name_of(action.parked) + ": dropped the parked session of " + parked.who +
                              " " + after_time(now() - parked.since) + ": " + action.text);
      // The connection is closed when the turn is over: it may be what told us.
      return pool_.release(holder_of(action.parked), now());
    }
  }
}

void Daemon::retire(ServerId server) {
  parking_.drop_of(server, "its gopls is given to nobody else", now());
  obey_parking();
  pool_.retire(server, now());
}

void Daemon::drop_parked(ParkedId id, const std::string& why) {
  parking_.drop(id, why, now());
  obey_parking();
}

// What an upgraded program has left under its old key would be had by nobody.
void Daemon::drop_upgraded(const Recipe& recipe) {
  std::vector<ParkedId> old;
  for (auto const& [id, parked] : parking_.parked()) {
    auto const server = servers_.find(parked.server);
    if (server == servers_.end()) continue;
    ServerProcess const& process = *server->second.process;
    if (process.recipe().program == recipe.program && process.recipe().key != recipe.key &&
        is_replaced(process))
      old.push_back(id);
  }
  for (ParkedId const id : old) drop_parked(id, recipe.program + " is another program now");
}

// --- park ----------------------------------------------------------------------------------------

void Daemon::on_park(Front& front, lease::ReceivedControl& received) {
  front.request = received.message.number("request").value_or(0);
  ParkedId id = 0;
  std::string const why = park(front, received, id);
  ControlMessage answer{.verb = why.empty() ? "parked" : "refused", .fields = {}};
  answer.add("request", front.request);
  if (why.empty()) {
    answer.add("session", name_of(id));
    log(LogLevel::info, name_of(id) + ": parked the session of " + parked_.at(id).who + ", " +
                            std::to_string(parked_.at(id).connection->state_bytes()) + " bytes");
  } else {
    answer.add("reason", why);
    log(LogLevel::info,
        "the session of pid " + std::to_string(front.peer().pid) + " is not parked: " + why);
    release(front.id(), /*for_good=*/true);
  }
  front.send(answer);
  if (!why.empty()) return;
  // Now that it is told: one that waits for it may have it at once.
  if (parked_.at(id).connection->ready()) parking_.on_ready(id, true, now());
  obey_parking();
}

std::string Daemon::park(Front& front, lease::ReceivedControl& received, ParkedId& id) {
  if (!front.peer().refusal.empty()) return front.peer().refusal;
  auto const lease = pool_.lease_of(front.id());
  if (!lease) return "there is no lease";
  Pool::Server const& pooled = pool_.servers().at(*lease);
  if (pooled.state != Pool::State::serving) return "its gopls does not serve";
  if (pooled.retired) return "its gopls is given to nobody else";
  if (pooled.end_when_free) return "memory is short";
  auto const server = servers_.find(*lease);
  if (server == servers_.end() || server->second.ended) return "its gopls has ended";
  std::string complaint;
  ParkedId const next = parking_.next_id();
  auto connection =
      ParkedConnection::take(next, std::move(received.descriptor), std::move(received.second),
                             server->second.process->pid(), readiness_,
                             static_cast<ParkedConnection::Listener&>(*this), complaint);
  if (!connection) return complaint;
  complaint = parking_.park(front.id(), *lease, now(), id);
  obey_parking();  // what had to make room
  if (!complaint.empty()) return complaint;
  pool_.pass_lease(front.id(), holder_of(id), now());
  Parked& parked = parked_[id];
  parked.connection = std::move(connection);
  parked.since = now();
  parked.who = "pid " + std::to_string(front.peer().pid);
  for (auto const& [name, value] : front.facts) {
    if (name == "editor" && !value.empty()) parked.who += " (" + value + ")";
    if (name == "editor" || name == "folder") parked.facts.emplace_back(name, value);
  }
  parked.who += " at " + server->second.process->name();
  return {};
}

void Daemon::on_parked_ready(ParkedId id, bool ready) {
  parking_.on_ready(id, ready, now());
  obey_parking();
}

void Daemon::on_parked_trouble(ParkedId id, const std::string& why) { drop_parked(id, why); }

// --- resume --------------------------------------------------------------------------------------

void Daemon::resume(FrontId front_id, ParkedId id, Recipe recipe) {
  auto const front = fronts_.find(front_id);
  Parked& parked = parked_.at(id);
  auto const server = pool_.lease_of(holder_of(id));
  if (front == fronts_.end() || front->second->gone() || !server) return parking_.not_resumed(id);
  if (!parked.connection->prepare()) {
    parking_.not_resumed(id);
    if (parked.connection->trouble().empty()) {
      parking_.on_ready(id, false, now());
    } else {
      drop_parked(id, parked.connection->trouble());
    }
    return pool_.lease(front_id, std::move(recipe), now());
  }
  ServerProcess const& process = *servers_.at(*server).process;
  ControlMessage answer{.verb = "granted", .fields = {}};
  answer.add("request", front->second->request)
      .add("server", process.name())
      .add("pid", static_cast<std::uint64_t>(process.pid()));
  if (auto const error =
          front->second->send(answer, parked.connection->socket(), parked.connection->state())) {
    // Nothing has left: it stays for the next one.
    log(LogLevel::warn, name_of(id) + ": cannot be passed on: " + error.message());
    parking_.not_resumed(id);
    return pool_.lease(front_id, std::move(recipe), now());
  }
  ++resumed_;
  log(LogLevel::info, name_of(id) + ": the session that was parked by " + parked.who +
                          " was taken up by pid " + std::to_string(front->second->peer().pid) +
                          " " + after_time(now() - parked.since));
  pool_.pass_lease(holder_of(id), front_id, now());
  parking_.resumed(id);
  parked.connection->let_go();
  parked.ended = true;
}

// --- what ends them ------------------------------------------------------------------------------

void Daemon::on_drop(Front& front, const ControlMessage& message) {
  auto const wanted = message.get("session");
  std::vector<ParkedId> ids;
  for (auto const& [id, parked] : parking_.parked()) {
    if (wanted.empty() || wanted == name_of(id)) ids.push_back(id);
  }
  for (ParkedId const id : ids) drop_parked(id, "somebody asked for it");
  ControlMessage answer{.verb = "done", .fields = {}};
  answer.add("sessions", ids.size());
  front.send(answer);
}

// Memory is short: they go before anybody who works is asked for anything, and with them each gopls
// that nobody else uses.
void Daemon::make_room(const std::string& why) {
  parking_.drop_all(why, now());
  obey_parking();
  std::vector<ServerId> unused;
  for (auto const& [id, server] : pool_.servers()) {
    if (server.leases.empty() && server.state == Pool::State::serving) unused.push_back(id);
  }
  for (ServerId const id : unused) pool_.end_when_free(id, now());
}

void Daemon::watch_pressure() {
  if (parking_.parked().empty()) return pressure_.reset();
  if (pressure_) return;
  pressure_.emplace(io_, MemoryPressure::kFile, [this] {
    make_room("memory is short on this machine");
    on_turn_over();
  });
}

// --- status --------------------------------------------------------------------------------------

void Daemon::about_parked(Front& asking) const {
  for (auto const& [id, parked] : parking_.parked()) {
    Parked const& kept = parked_.at(id);
    ControlMessage message{.verb = "parked", .fields = {}};
    message.add("session", name_of(id));
    auto const server = servers_.find(parked.server);
    if (server != servers_.end()) message.add("server", server->second.process->name());
    for (auto const& [name, value] : kept.facts) message.add(name, value);
    message.add("age_ms", count(duration_cast<milliseconds>(now() - kept.since)));
    if (auto const end = parking_.end_of(parked))
      message.add("ends_in_ms", count(duration_cast<milliseconds>(*end - now())));
    message.add("state_bytes", kept.connection->state_bytes()).add("ready", parked.ready ? 1 : 0);
    asking.send(message);
  }
}

}  // namespace bridge::daemon
