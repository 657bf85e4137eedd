// Which gopls serves whom: the decisions of the broker, as a machine without I/O and without a
// clock. Requests and events go in; what is to be done comes out as actions (daemon.h obeys).
//
//   starting ──► serving ──► (no leases for idle_timeout) ──► gone
//       └────────────┴── (its process ended) ──► gone
//
// One gopls per key. Nobody's leaving ends it but that of the last one, and that after a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bridge::daemon {

using FrontId = std::uint64_t;
using ServerId = std::uint64_t;
using TimePoint = std::chrono::steady_clock::time_point;

// How the gopls of a key is started; the front that asked first says it.
struct Recipe {
  std::string key;
  std::string program;
  std::vector<std::string> args;
  std::vector<std::string> environment;  // NAME=value, whole
  std::string go;
  std::string go_version;
  mode_t umask = 077;
};

struct PoolAction {
  enum class Kind : std::uint8_t {
    start,   // `recipe`, as `server`; then on_serving() or on_ended()
    grant,   // a connection to `server` for `front`; then on_grant_failed() if there is none
    refuse,  // `front`, for `text`
    tell,    // `front` that its `server` has ended, how: `text`, `killed`
    end,     // `server`: nobody needs it; on_ended() follows
  };
  Kind kind;
  FrontId front = 0;
  ServerId server = 0;
  bool killed = false;
  std::string text{};
  const Recipe* recipe = nullptr;  // valid until the next call
};

class Pool {
 public:
  struct Settings {
    // Without leases; zero: never.
    std::chrono::milliseconds idle_timeout{10 * 60 * 1000};
  };
  enum class State : std::uint8_t { starting, serving, ending };
  struct Server {
    Recipe recipe;
    State state = State::starting;
    std::vector<FrontId> leases;  // and those that wait for it to serve
    TimePoint idle_since{};       // meaningful while there are no leases
    bool end_when_free = false;   // memory is short
    bool retired = false;         // nobody else gets it
  };

  explicit Pool(Settings settings) : settings_(settings) {}

  // --- events -----------------------------------------------------------------------------------
  void lease(FrontId front, Recipe recipe, TimePoint now);
  void release(FrontId front, TimePoint now);  // also when the front is gone
  void on_serving(ServerId server, TimePoint now);
  // `words`: how; empty: not known.
  void on_ended(ServerId server, const std::string& words, bool killed);
  void on_grant_failed(FrontId front, const std::string& why, TimePoint now);
  // A server of a daemon before this one, which serves.
  ServerId adopt(Recipe recipe, TimePoint now);
  // A front says that it holds a lease of a server that was adopted.
  void claim(FrontId front, ServerId server);
  // `to` has what `from` had; the gopls does not notice. What `to` had before is given back.
  void pass_lease(FrontId from, FrontId to, TimePoint now);
  // Give it up as soon as nobody holds it.
  void end_when_free(ServerId server, TimePoint now);
  // The next who asks for its key gets another one; it ends when those who have it are gone.
  void retire(ServerId server, TimePoint now);
  void tick(TimePoint now);

  // When tick() is to be called next; nullopt: not until something happens.
  std::optional<TimePoint> next_tick() const;
  std::vector<PoolAction> take_actions() { return std::exchange(actions_, {}); }

  const std::map<ServerId, Server>& servers() const noexcept { return servers_; }
  std::optional<ServerId> lease_of(FrontId front) const;
  // How often the gopls of this key has been started again after it ended by itself.
  std::uint64_t restarts(const std::string& key) const;

 private:
  void let_go(ServerId id, FrontId front, TimePoint now);
  void end(ServerId id);
  void grant(FrontId front, ServerId server);

  Settings settings_;
  std::map<ServerId, Server> servers_;
  std::map<FrontId, ServerId> leases_;
  std::map<std::string, std::uint64_t> losses_;  // by key
  ServerId last_id_ = 0;
  std::vector<PoolAction> actions_;
};

}  // namespace bridge::daemon
