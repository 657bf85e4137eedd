#include "proxy/daemon/pool.h"

namespace bridge::daemon {

using Kind = PoolAction::Kind;

void Pool::lease(FrontId front, Recipe recipe, TimePoint now) {
  release(front, now);
  // The newest: of those that a daemon before us has left, an older one was to be replaced.
  auto found = servers_.end();
  for (auto it = servers_.begin(); it != servers_.end(); ++it) {
    Server const& server = it->second;
    if (server.recipe.key == recipe.key && server.state != State::ending && !server.retired)
      found = it;
  }
  if (found == servers_.end()) {
    ServerId const id = ++last_id_;
    found = servers_.emplace(id, Server{.recipe = std::move(recipe), .leases = {}}).first;
    actions_.push_back({.kind = Kind::start, .server = id, .recipe = &found->second.recipe});
  }
  found->second.end_when_free = false;
  found->second.leases.push_back(front);
  leases_[front] = found->first;
  if (found->second.state == State::serving) grant(front, found->first);
}

void Pool::grant(FrontId front, ServerId server) {
  actions_.push_back({.kind = Kind::grant, .front = front, .server = server});
}

void Pool::release(FrontId front, TimePoint now) {
  auto const lease = leases_.find(front);
  if (lease == leases_.end()) return;
  ServerId const server = lease->second;
  leases_.erase(lease);
  let_go(server, front, now);
}

void Pool::let_go(ServerId id, FrontId front, TimePoint now) {
  auto const found = servers_.find(id);
  if (found == servers_.end()) return;
  Server& server = found->second;
  std::erase(server.leases, front);
  if (!server.leases.empty()) return;
  server.idle_since = now;
  if (server.end_when_free && server.state == State::serving) end(id);
}

void Pool::on_serving(ServerId id, TimePoint now) {
  auto const found = servers_.find(id);
  if (found == servers_.end() || found->second.state != State::starting) return;
  found->second.state = State::serving;
  found->second.idle_since = now;
  for (FrontId const front : found->second.leases) grant(front, id);
}

void Pool::on_ended(ServerId id, const std::string& words, bool killed) {
  auto const found = servers_.find(id);
  if (found == servers_.end()) return;
  Server const server = std::move(found->second);
  servers_.erase(found);
  if (server.state == State::serving) ++losses_[server.recipe.key];
  for (FrontId const front : server.leases) {
    leases_.erase(front);
    if (server.state == State::starting) {
      actions_.push_back({.kind = Kind::refuse,
                          .front = front,
                          .text = server.recipe.program + " did not start to serve: " + words});
    } else {
      actions_.push_back(
          {.kind = Kind::tell, .front = front, .server = id, .killed = killed, .text = words});
    }
  }
}

void Pool::on_grant_failed(FrontId front, const std::string& why, TimePoint now) {
  release(front, now);
  actions_.push_back({.kind = Kind::refuse, .front = front, .text = why});
}

ServerId Pool::adopt(Recipe recipe, TimePoint now) {
  ServerId const id = ++last_id_;
  servers_.emplace(
      id,
      Server{
          .recipe = std::move(recipe), .state = State::serving, .leases = {}, .idle_since = now});
  return id;
}

void Pool::claim(FrontId front, ServerId id) {
  auto const found = servers_.find(id);
  if (found == servers_.end() || leases_.count(front) != 0) return;
  found->second.leases.push_back(front);
  leases_[front] = id;
}

void Pool::pass_lease(FrontId from, FrontId to, TimePoint now) {
  auto const lease = leases_.find(from);
  if (lease == leases_.end()) return;
  release(to, now);
  ServerId const server = lease->second;
  leases_.erase(lease);
  leases_[to] = server;
  for (FrontId& holder : servers_.at(server).leases) {
    if (holder == from) holder = to;
  }
}

void Pool::end_when_free(ServerId id, TimePoint now) {
  auto const found = servers_.find(id);
  if (found == servers_.end()) return;
  found->second.end_when_free = true;
  if (found->second.leases.empty() && found->second.state == State::serving) {
    found->second.idle_since = now;
    end(id);
  }
}

void Pool::retire(ServerId id, TimePoint now) {
  auto const found = servers_.find(id);
  if (found == servers_.end()) return;
  found->second.retired = true;
  end_when_free(id, now);
}

void Pool::end(ServerId id) {
  servers_.at(id).state = State::ending;
  actions_.push_back({.kind = Kind::end, .server = id});
}

void Pool::tick(TimePoint now) {
  if (settings_.idle_timeout.count() == 0) return;
  for (auto const& [id, server] : servers_) {
    if (server.state == State::serving && server.leases.empty() &&
        now - server.idle_since >= settings_.idle_timeout) {
      end(id);
    }
  }
}

std::optional<TimePoint> Pool::next_tick() const {
  std::optional<TimePoint> next;
  if (settings_.idle_timeout.count() == 0) return next;
  for (auto const& [id, server] : servers_) {
    if (server.state != State::serving || !server.leases.empty()) continue;
    TimePoint const at = server.idle_since + settings_.idle_timeout;
    if (!next || at < *next) next = at;
  }
  return next;
}

std::optional<ServerId> Pool::lease_of(FrontId front) const {
  auto const found = leases_.find(front);
  if (found == leases_.end()) return std::nullopt;
  return found->second;
}

std::uint64_t Pool::restarts(const std::string& key) const {
  auto const found = losses_.find(key);
  return found == losses_.end() ? 0 : found->second;
}

}  // namespace bridge::daemon
