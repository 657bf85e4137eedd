// Time that passes only by being stepped: what is due next happens, and the clock jumps to it.
// Events of the same moment happen in the order in which they were asked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace bridge::simulation {

using Time = std::chrono::steady_clock::time_point;
using Span = std::chrono::steady_clock::duration;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Timeline {
 public:
  using Event = std::function<void()>;
  using Ticket = std::pair<Time, std::uint64_t>;

  Time now() const noexcept { return now_; }
  double seconds_since_start() const {
    return std::chrono::duration<double>(now_ - kStart).count();
  }

  Ticket at(Time time, Event event) {
    Ticket const ticket{time < now_ ? now_ : time, ++count_};
    events_.emplace(ticket, std::move(event));
    return ticket;
  }
  Ticket after(Span delay, Event event) { return at(now_ + delay, std::move(event)); }
  void cancel(const Ticket& ticket) { events_.erase(ticket); }

  // False: nothing is left to happen, or nothing until `end`; then it is `end`.
  bool step(Time end = Time::max()) {
    if (events_.empty() || events_.begin()->first.first > end) {
      if (end != Time::max() && now_ < end) now_ = end;
      return false;
    }
    now_ = events_.begin()->first.first;
    Event const event = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    event();
    return true;
  }

 private:
  // Not the clock's own zero: a time that was never set must not look like a moment ago.
  static constexpr Time kStart{std::chrono::hours(24)};
  Time now_ = kStart;
  std::uint64_t count_ = 0;
  std::map<Ticket, Event> events_;
};

}  // namespace bridge::simulation
