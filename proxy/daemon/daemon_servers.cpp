// The daemon's gopls processes: what the pool decides is done here.
#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "proxy/daemon/daemon.h"
#include "proxy/daemon/scope.h"
#include "proxy/observe/log.h"
#include "proxy/server/process_usage.h"

namespace bridge::daemon {

using lease::ControlMessage;
using observe::log;
using observe::LogLevel;

namespace {

// One that does not listen after it is broken.
constexpr std::chrono::seconds kStartLimit{30};
// How long a gopls whose backlog is full is tried again.
constexpr std::chrono::seconds kGrantLimit{5};
// What gopls wrote before it ended is kept for so many of them.
constexpr std::uint64_t kLogsKept = 16;
// Memory grows in seconds; a look costs a millisecond for each GiB.
constexpr std::chrono::seconds kMemoryTick{10};

std::string name_of(std::uint64_t number) { return "s" + std::to_string(number); }

std::uint64_t number_of(const std::string& name) {
  return name.size() > 1 ? std::strtoull(name.c_str() + 1, nullptr, 10) : 0;
}

}  // namespace

// --- servers -------------------------------------------------------------------------------------

void Daemon::obey() {
  // Obeying may ask for more: a server that cannot be started has ended.
  for (auto actions = pool_.take_actions(); !actions.empty(); actions = pool_.take_actions()) {
    for (PoolAction const& action : actions) obey(action);
  }
}

void Daemon::obey(const PoolAction& action) {
  auto const front = fronts_.find(action.front);
  switch (action.kind) {
    case PoolAction::Kind::start:
      return start(action.server, *action.recipe);
    case PoolAction::Kind::grant:
      return grant(action.front, action.server, now() + kGrantLimit);
    case PoolAction::Kind::refuse:
      if (front != fronts_.end()) refuse(*front->second, action.text);
      return;
    case PoolAction::Kind::tell: {
      if (is_parked_holder(action.front))
        return drop_parked(parked_of(action.front), "gopls has ended: " + action.text);
      if (front == fronts_.end()) return;
      ControlMessage message{.verb = "ended", .fields = {}};
      auto const server = servers_.find(action.server);
      if (server != servers_.end()) message.add("server", server->second.process->name());
      message.add("words", action.text).add("killed", action.killed ? 1 : 0);
      front->second->send(message);
      return;
    }
    case PoolAction::Kind::end:
      log(LogLevel::info, servers_.at(action.server).process->name() +
                              ": nobody needs this gopls any more; it is told to end");
      return servers_.at(action.server).process->end();
  }
}

void Daemon::start(ServerId id, const Recipe& recipe) {
  std::string const name = name_of(++names_given_);
  if (names_given_ > kLogsKept) {
    ServerProcess::forget(place_.directory, name_of(names_given_ - kLogsKept));
  }
  std::string error;
  auto process = ServerProcess::start(place_.directory, name, recipe, error);
  if (!process) {
    log(LogLevel::error, error);
    return pool_.on_ended(id, error, /*killed=*/false);
  }
  log(LogLevel::info, name + ": started " + recipe.program + " (pid " +
                          std::to_string(process->pid()) + ", key " + recipe.key + ")");
  Server& server = servers_[id];
  server.process = std::move(process);
  server.started = now();
  watch_exit(id, server);
  take_scope(server);
}

void Daemon::watch_exit(ServerId id, Server& server) {
  server.exit_ready.readable = [this, id] { on_exit(id); };
  server.exit_watch.emplace(readiness_, server.process->exit_fd(), server.exit_ready);
  server.exit_watch->want({.readable = true});
}

void Daemon::take_scope(Server& server) {
  if (!place_.manager.present() || settings_.cpu_weight == 0) return;
  auto maker = start_scope(server.process->pid(), settings_.cpu_weight);
  if (!maker || maker->exit_fd() < 0) return;
  server.scope_maker.emplace(std::move(*maker));
  server.scope_ready.readable = [&server] {
    auto const exit = server.scope_maker->exit_status();
    if (!exit) return;
    server.scope_watch->want({});
    pid_t const pid = server.process->pid();
    if (exit->code == 0 && exit->signal == 0) {
      server.scope = scope_name(pid);
    } else {
      log(LogLevel::warn, server.process->name() + ": no scope of its own (busctl: " +
                              describe(*exit) + "); it ends with the service");
    }
  };
  server.scope_watch.emplace(readiness_, server.scope_maker->exit_fd(), server.scope_ready);
  server.scope_watch->want({.readable = true});
}

void Daemon::on_exit(ServerId id) {
  Server& server = servers_.at(id);
  if (server.ended) return;
  server.ended = true;
  server.exit_watch->want({});
  ServerProcess::End const end = server.process->take_end();
  log(LogLevel::info, server.process->name() + ": gopls (pid " +
                          std::to_string(server.process->pid()) + ") has ended: " + end.words);
  pool_.on_ended(id, end.words, end.killed);
}

void Daemon::look_at_starting() {
  for (auto& [id, server] : servers_) {
    if (server.serving || server.ended) continue;
    server.process->errors().cap();
    if (server.process->try_to_serve() == ServerProcess::Serving::yes) {
      server.serving = true;
      pool_.on_serving(id, now());
    } else if (now() - server.started > kStartLimit) {
      log(LogLevel::error, server.process->name() + ": does not listen; it is killed");
      server.started = now();
      server.process->kill();
    }
  }
  for (PendingGrant const& one : std::exchange(pending_, {})) {
    if (pool_.lease_of(one.front) == one.server) grant(one.front, one.server, one.until);
  }
}

void Daemon::grant(FrontId front_id, ServerId server_id, TimePoint until) {
  auto const front = fronts_.find(front_id);
  auto const server = servers_.find(server_id);
  if (front == fronts_.end() || front->second->gone() || server == servers_.end()) return;
  auto const connection = server->second.process->connect();
  if (!connection && connection.error().value() == EAGAIN && now() < until) {
    pending_.push_back({front_id, server_id, until});
    return;
  }
  if (!connection) {
    return pool_.on_grant_failed(front_id,
                                 "cannot connect to " + server->second.process->name() + " (pid " +
                                     std::to_string(server->second.process->pid()) +
                                     "): " + connection.error().message(),
                                 now());
  }
  ControlMessage answer{.verb = "granted", .fields = {}};
  answer.add("request", front->second->request)
      .add("server", server->second.process->name())
      .add("pid", static_cast<std::uint64_t>(server->second.process->pid()));
  if (auto const error = front->second->send(answer, connection->get())) {
    pool_.on_grant_failed(front_id, "cannot pass a connection: " + error.message(), now());
  }
}

void Daemon::adopt_recorded() {
  for (std::string const& name : ServerProcess::recorded(place_.directory)) {
    names_given_ = std::max(names_given_, number_of(name));
    auto process = ServerProcess::adopt(place_.directory, name);
    if (!process) continue;
    log(LogLevel::info, name + ": took over gopls (pid " + std::to_string(process->pid()) + ")");
    ServerId const id = pool_.adopt(process->recipe(), now());
    Server& server = servers_[id];
    server.process = std::move(process);
    server.serving = true;
    std::string const scope = scope_name(server.process->pid());
    if (cgroup_of(server.process->pid()).ends_with('/' + scope)) server.scope = scope;
    watch_exit(id, server);
    ++adopted_;
  }
}

// --- memory --------------------------------------------------------------------------------------

void Daemon::look_at_memory() {
  after(memory_timer_, kMemoryTick, [this] { look_at_memory(); });
  std::uint64_t sum = 0;
  for (auto const& [id, server] : servers_) {
    auto const usage = server::process_usage(server.process->pid());
    sum += usage ? usage->pss_kib : 0;
  }
  if (sum > settings_.memory_budget_kib && !parking_.parked().empty()) {
    // Nobody waits for them.
    make_room("all gopls together take " + std::to_string(sum / 1024) +
              " MiB, more than memory_budget_mib");
  } else if (sum > settings_.memory_budget_kib) {
    // The one whose liveliest session has been silent longest. One at a time: it gives its memory
    // back only when its last session sleeps, and the next look sees what came of it.
    ServerId idlest = 0;
    std::uint64_t silence = 0;
    for (auto const& [id, server] : pool_.servers()) {
      if (server.end_when_free) continue;
      std::uint64_t least = UINT64_MAX;
      for (FrontId const front : server.leases) {
        least = std::min(least, quiet_ms(*fronts_.at(front)));
      }
      if (server.state == Pool::State::serving && (idlest == 0 || least > silence)) {
        idlest = id;
        silence = least;
      }
    }
    if (idlest != 0) {
      log(LogLevel::info, servers_.at(idlest).process->name() + ": all gopls together take " +
                              std::to_string(sum / 1024) + " MiB, more than memory_budget_mib; " +
                              "this one has been idle longest and is put to sleep");
      // A copy: one that is found to be gone gives its lease back.
      auto const leases = pool_.servers().at(idlest).leases;
      for (FrontId const front : leases) {
        fronts_.at(front)->send({.verb = "sleep", .fields = {}});
      }
      pool_.end_when_free(idlest, now());
    }
  }
  // For the next look.
  ask_for_reports();
}

}  // namespace bridge::daemon
