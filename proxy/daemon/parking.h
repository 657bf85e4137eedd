// Which parked session is had by whom, and how long one is kept: the decisions, as a machine
// without I/O and without a clock, beside the pool's (pool.h). Each request for a gopls passes
// here first. The daemon calls take_actions() after each event and obeys at once.
//
// A parked session is had by one that begins with the same key and fingerprint, and whose editor is
// none of the processes that parked it. The same process again is somebody who restarts his
// language server: he gets a gopls that nobody used.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/daemon/pool.h"

namespace bridge::daemon {

using ParkedId = std::uint64_t;

// Who holds the lease of a parked session in the pool: no front, but numbered among them.
inline constexpr FrontId kParkedHolders = FrontId{1} << 63;
constexpr FrontId holder_of(ParkedId id) noexcept { return kParkedHolders | id; }
constexpr bool is_parked_holder(FrontId id) noexcept { return (id & kParkedHolders) != 0; }
constexpr ParkedId parked_of(FrontId holder) noexcept { return holder & ~kParkedHolders; }

// What a lease says of its session.
struct SessionMark {
  std::string key;
  std::string fingerprint;  // empty, or no parker: it neither parks nor resumes
  std::string parker;

  bool may_park() const noexcept { return !fingerprint.empty() && !parker.empty(); }
  bool same_session(const SessionMark& other) const noexcept {
    return may_park() && other.may_park() && key == other.key && fingerprint == other.fingerprint;
  }
};

struct ParkingAction {
  enum class Kind : std::uint8_t {
    fresh,   // `front` gets a connection that nobody used: `recipe` is for the pool
    resume,  // `front` gets `parked`; then resumed() or not_resumed()
    drop,    // `parked` is ended, for `text`
    retire,  // `server` is given to nobody else, and what is parked there is dropped
  };
  Kind kind;
  FrontId front = 0;
  ParkedId parked = 0;
  ServerId server = 0;
  std::string text{};
  Recipe recipe{};
};

class Parking {
 public:
  struct Settings {
    std::chrono::milliseconds timeout{10 * 60 * 1000};  // zero: never
    std::size_t sessions_max = 8;                       // beyond it the oldest goes; zero: none
  };
  struct Parked {
    ServerId server = 0;
    SessionMark mark;
    std::vector<std::string> parkers;  // all there were, its own last
    TimePoint since{};
    bool ready = false;     // another front can have it now
    bool promised = false;  // a resume is under way
  };

  // A front that is about to leave is waited for so long: a window that reloads may be back before
  // the old one has left.
  static constexpr std::chrono::milliseconds kLeavingPatience{150};
  // One that left unparked and comes back sooner restarts its server.
  static constexpr std::chrono::seconds kRestartWindow{60};

  explicit Parking(Settings settings) : settings_(settings) {}

  // --- fronts -----------------------------------------------------------------------------------
  // `resume`: its session begins.
  void lease(FrontId front, Recipe recipe, SessionMark mark, bool resume, TimePoint now);
  // It has a lease of a daemon's before this one.
  void claim(FrontId front, SessionMark mark);
  void leaving(FrontId front, ServerId server);
  // It has let go of its lease of `server`; `for_good`: its session is over, as far as is known.
  void release(FrontId front, std::optional<ServerId> server, bool for_good, TimePoint now);
  // Takes its session. Empty: it is parked as `id`; else why not, and release() is to follow.
  std::string park(FrontId front, ServerId server, TimePoint now, ParkedId& id);
  void resumed(ParkedId id);
  // It could not be given; the front is another's business now.
  void not_resumed(ParkedId id);

  // --- parked sessions --------------------------------------------------------------------------
  void on_ready(ParkedId id, bool ready, TimePoint now);
  void drop(ParkedId id, const std::string& why, TimePoint now);
  void drop_of(ServerId server, const std::string& why, TimePoint now);
  void drop_all(const std::string& why, TimePoint now);
  void tick(TimePoint now);

  // When tick() is to be called next; nullopt: not until something happens.
  std::optional<TimePoint> next_tick() const;
  std::vector<ParkingAction> take_actions() { return std::exchange(actions_, {}); }

  ParkedId next_id() const noexcept { return last_id_ + 1; }
  const std::map<ParkedId, Parked>& parked() const noexcept { return parked_; }
  bool is_leaving(FrontId front) const;
  // When it will be dropped; nullopt: never.
  std::optional<TimePoint> end_of(const Parked& parked) const;

 private:
  struct Session {
    SessionMark mark;
    std::vector<std::string> parkers;  // who parked it before
    bool leaving = false;
    ServerId server = 0;  // of one that is leaving
  };
  struct Waiting {
    FrontId front;
    Recipe recipe;
    SessionMark mark;
    TimePoint until;
  };
  struct Departed {
    SessionMark mark;
    ServerId server;
    TimePoint at;
  };

  bool restarts(const SessionMark& mark, TimePoint now);
  // Whether it is over for this one that waits.
  bool settle(const Waiting& waiting, TimePoint now);
  void settle_all(TimePoint now);
  void give_fresh(FrontId front, Recipe recipe, SessionMark mark);
  void note_departed(SessionMark mark, ServerId server, TimePoint now);

  Settings settings_;
  std::map<FrontId, Session> sessions_;  // that have a lease, or were promised one
  std::map<ParkedId, Parked> parked_;
  std::vector<Waiting> waiting_;  // in the order in which they came
  std::vector<Departed> departed_;
  ParkedId last_id_ = 0;
  std::vector<ParkingAction> actions_;
};

}  // namespace bridge::daemon
