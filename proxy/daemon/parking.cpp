#include "proxy/daemon/parking.h"

#include <algorithm>

namespace bridge::daemon {
namespace {

using Kind = ParkingAction::Kind;

// Of those that parked a session one after another; a session lives for days at most.
constexpr std::size_t kParkersMax = 32;
// Nobody restarts that many in a minute; it bounds what a flood leaves behind.
constexpr std::size_t kDepartedMax = 256;

bool is_among(const std::vector<std::string>& parkers, const std::string& parker) {
  return std::find(parkers.begin(), parkers.end(), parker) != parkers.end();
}

}  // namespace

// --- fronts --------------------------------------------------------------------------------------

void Parking::lease(FrontId front, Recipe recipe, SessionMark mark, bool resume, TimePoint now) {
  std::erase_if(waiting_, [front](auto const& one) { return one.front == front; });
  sessions_.erase(front);
  if (!resume || !mark.may_park() || restarts(mark, now))
    return give_fresh(front, std::move(recipe), std::move(mark));
  Waiting waiting{.front = front,
                  .recipe = std::move(recipe),
                  .mark = std::move(mark),
                  .until = now + kLeavingPatience};
  if (!settle(waiting, now)) waiting_.push_back(std::move(waiting));
}

// The same process had such a session, and has left it: what it had is not to be had again.
bool Parking::restarts(const SessionMark& mark, TimePoint now) {
  std::vector<ServerId> servers;
  std::vector<ParkedId> theirs;
  for (auto const& [id, parked] : parked_) {
    if (!parked.mark.same_session(mark) || parked.mark.parker != mark.parker) continue;
    theirs.push_back(id);
    servers.push_back(parked.server);
  }
  for (auto const& [front, session] : sessions_) {
    if (session.leaving && session.mark.same_session(mark) && session.mark.parker == mark.parker)
      servers.push_back(session.server);
  }
  for (Departed const& one : departed_) {
    if (one.mark.same_session(mark) && one.mark.parker == mark.parker &&
        now - one.at < kRestartWindow)
      servers.push_back(one.server);
  }
  std::erase_if(departed_, [&mark](auto const& one) {
    return one.mark.same_session(mark) && one.mark.parker == mark.parker;
  });
  for (ParkedId const id : theirs) drop(id, "its editor starts its language server again", now);
  std::sort(servers.begin(), servers.end());
  servers.erase(std::unique(servers.begin(), servers.end()), servers.end());
  for (ServerId const server : servers)
    actions_.push_back({.kind = Kind::retire, .server = server});
  return !servers.empty();
}

bool Parking::settle(const Waiting& waiting, TimePoint now) {
  ParkedId best = 0;
  bool hope = false;
  for (auto const& [id, parked] : parked_) {
    if (parked.promised || !parked.mark.same_session(waiting.mark) ||
        is_among(parked.parkers, waiting.mark.parker))
      continue;
    hope = true;
    if (parked.ready) best = id;  // the latest: ids count up
  }
  if (best != 0) {
    parked_.at(best).promised = true;
    auto const& parkers = parked_.at(best).parkers;
    sessions_[waiting.front] = Session{.mark = waiting.mark, .parkers = parkers};
    actions_.push_back(
        {.kind = Kind::resume, .front = waiting.front, .parked = best, .recipe = waiting.recipe});
    return true;
  }
  for (auto const& [front, session] : sessions_) {
    hope = hope || (session.leaving && session.mark.same_session(waiting.mark) &&
                    session.mark.parker != waiting.mark.parker &&
                    !is_among(session.parkers, waiting.mark.parker));
  }
  if (hope && now < waiting.until) return false;
  give_fresh(waiting.front, waiting.recipe, waiting.mark);
  return true;
}

void Parking::settle_all(TimePoint now) {
  std::erase_if(waiting_, [this, now](auto const& waiting) { return settle(waiting, now); });
}

void Parking::give_fresh(FrontId front, Recipe recipe, SessionMark mark) {
  sessions_[front] = Session{.mark = std::move(mark), .parkers = {}};
  actions_.push_back({.kind = Kind::fresh, .front = front, .recipe = std::move(recipe)});
}

void Parking::claim(FrontId front, SessionMark mark) {
  sessions_[front] = Session{.mark = std::move(mark), .parkers = {}};
}

void Parking::leaving(FrontId front, ServerId server) {
  auto const found = sessions_.find(front);
  if (found == sessions_.end()) return;
  found->second.leaving = found->second.mark.may_park();
  found->second.server = server;
}

bool Parking::is_leaving(FrontId front) const {
  auto const found = sessions_.find(front);
  return found != sessions_.end() && found->second.leaving;
}

void Parking::release(FrontId front, std::optional<ServerId> server, bool for_good, TimePoint now) {
  std::erase_if(waiting_, [front](auto const& one) { return one.front == front; });
  auto const found = sessions_.find(front);
  if (found == sessions_.end()) return;
  Session session = std::move(found->second);
  sessions_.erase(found);
  if (server && (for_good || session.leaving)) note_departed(std::move(session.mark), *server, now);
  if (session.leaving) settle_all(now);
}

void Parking::note_departed(SessionMark mark, ServerId server, TimePoint now) {
  if (!mark.may_park()) return;
  std::erase_if(departed_, [now](auto const& one) { return now - one.at >= kRestartWindow; });
  if (departed_.size() >= kDepartedMax) departed_.erase(departed_.begin());
  departed_.push_back({.mark = std::move(mark), .server = server, .at = now});
}

std::string Parking::park(FrontId front, ServerId server, TimePoint now, ParkedId& id) {
  auto const found = sessions_.find(front);
  if (found == sessions_.end()) return "there is no lease";
  if (!found->second.mark.may_park()) return "its lease was not asked for so";
  if (settings_.sessions_max == 0) return "parked_max is 0";
  Session session = std::move(found->second);
  sessions_.erase(found);
  note_departed(session.mark, server, now);
  id = ++last_id_;
  Parked& parked = parked_[id];
  parked.server = server;
  parked.parkers = std::move(session.parkers);
  parked.parkers.push_back(session.mark.parker);
  if (parked.parkers.size() > kParkersMax) parked.parkers.erase(parked.parkers.begin());
  parked.mark = std::move(session.mark);
  parked.since = now;
  // Only now: who waits for this one must not be told that it does not come.
  while (parked_.size() > settings_.sessions_max)
    drop(parked_.begin()->first, "there are more than parked_max", now);
  return {};
}

void Parking::resumed(ParkedId id) { parked_.erase(id); }

void Parking::not_resumed(ParkedId id) {
  auto const found = parked_.find(id);
  if (found != parked_.end()) found->second.promised = false;
}

// --- parked sessions -----------------------------------------------------------------------------

void Parking::on_ready(ParkedId id, bool ready, TimePoint now) {
  auto const found = parked_.find(id);
  if (found == parked_.end() || found->second.ready == ready) return;
  found->second.ready = ready;
  if (ready) settle_all(now);
}

void Parking::drop(ParkedId id, const std::string& why, TimePoint now) {
  auto const found = parked_.find(id);
  if (found == parked_.end()) return;
  actions_.push_back(
      {.kind = Kind::drop, .parked = id, .server = found->second.server, .text = why});
  parked_.erase(found);
  settle_all(now);
}

void Parking::drop_of(ServerId server, const std::string& why, TimePoint now) {
  std::vector<ParkedId> ids;
  for (auto const& [id, parked] : parked_) {
    if (parked.server == server) ids.push_back(id);
  }
  for (ParkedId const id : ids) drop(id, why, now);
}

void Parking::drop_all(const std::string& why, TimePoint now) {
  while (!parked_.empty()) drop(parked_.begin()->first, why, now);
}

std::optional<TimePoint> Parking::end_of(const Parked& parked) const {
  if (settings_.timeout.count() == 0) return std::nullopt;
  return parked.since + settings_.timeout;
}

void Parking::tick(TimePoint now) {
  std::vector<ParkedId> over;
  for (auto const& [id, parked] : parked_) {
    auto const end = end_of(parked);
    if (end && now >= *end && !parked.promised) over.push_back(id);
  }
  for (ParkedId const id : over) drop(id, "nobody came for it within park_timeout", now);
  settle_all(now);
}

std::optional<TimePoint> Parking::next_tick() const {
  std::optional<TimePoint> next;
  auto const sooner = [&next](TimePoint at) {
    if (!next || at < *next) next = at;
  };
  for (auto const& [id, parked] : parked_) {
    if (auto const end = end_of(parked)) sooner(*end);
  }
  for (Waiting const& waiting : waiting_) sooner(waiting.until);
  return next;
}

}  // namespace bridge::daemon
