// What truly happened, as only the simulation knows it: when there was no server that knew the
// session, and what must happen once in all servers' lives together.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/timeline.h"

namespace bridge::simulation {

class Chronicle {
 public:
  // A server ended though nobody had asked it to.
  void lost(Time now) {
    losses_.push_back(now);
    down(now, now);
    failures_in_a_row_ = answered_since_start_ ? 1 : failures_in_a_row_ + 1;
    failures_max_ = std::max(failures_max_, failures_in_a_row_);
    answered_since_start_ = false;
    lost_since_start_ = true;
  }
  void start_failed(Time now) {
    ++failed_starts_;
    lost(now);
  }
  // It ended because it was told to: nobody waits until another is started.
  void ended_in_order(Time now) { down(now, Time::max()); }
  void started(Time now) {
    ++starts_;
    lost_since_start_ = false;
    answered_since_start_ = false;
    if (is_down() && outages_.back().felt > now) outages_.back().felt = now;
  }
  // A server got `initialized`.
  void rebuilt(Time now) {
    if (is_down()) outages_.back().up = now;
  }
  // The editor got an answer of this one's, so the bridge has seen it.
  void proven(int server) {
    if (server != starts_ || lost_since_start_) return;
    answered_since_start_ = true;
    failures_in_a_row_ = 0;
  }

  bool is_down() const { return !outages_.empty() && outages_.back().up == Time::max(); }
  int starts() const { return starts_; }
  int attempts() const { return starts_ + failed_starts_; }
  int failures_max() const { return failures_max_; }
  std::size_t losses() const { return losses_.size(); }
  std::size_t losses_since(Time time) const {
    std::size_t count = 0;
    for (Time const loss : losses_) count += loss >= time ? 1 : 0;
    return count;
  }
  // Since when it was felt, at the end of this span, that there was no server that knew the
  // session; nothing: all the time there was one. A document that is suspected is tried for a few
  // seconds after `initialized`: that is part of it. Outages that follow one another closely are
  // one.
  std::optional<Time> felt_since(Time from, Time to) const {
    std::optional<Time> felt;
    Time up{};
    for (Outage const& outage : outages_) {
      if (outage.down > to) break;
      bool const joined = felt && up != Time::max() && outage.down < up + kReopening;
      if (!joined) felt = std::min(outage.felt, to);
      up = outage.up;
    }
    bool const overlaps = felt && (up == Time::max() || up + kReopening >= from);
    return overlaps ? felt : std::nullopt;
  }

  // The first of all servers to be told of it. False: it has been done before.
  bool executed(int serial) { return executed_.insert(serial).second; }
  // Serial numbers of plain notifications come in order and once, over all servers.
  bool notified(int serial) {
    bool const good = serial > last_notification_;
    if (good) last_notification_ = serial;
    return good;
  }

 private:
  struct Outage {
    Time down;
    Time felt;
    Time up = Time::max();
  };
  static constexpr seconds kReopening{15};

  void down(Time now, Time felt) {
    if (!is_down()) outages_.push_back({now, felt});
    if (felt < outages_.back().felt) outages_.back().felt = felt;
  }

  std::vector<Outage> outages_;
  std::vector<Time> losses_;
  int starts_ = 0;
  int failed_starts_ = 0;
  int failures_in_a_row_ = 0;
  int failures_max_ = 0;
  bool answered_since_start_ = false;
  bool lost_since_start_ = false;
  std::set<int> executed_;
  int last_notification_ = 0;
};

}  // namespace bridge::simulation
