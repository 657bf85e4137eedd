// The daemon at work: its sockets, fronts, servers, parked sessions and timers, and what connects
// them. What is decided about servers is the pool's (pool.h), about parked sessions parking's
// (parking.h); here it is done.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/daemon/front.h"
#include "proxy/daemon/memory_pressure.h"
#include "proxy/daemon/parked_connection.h"
#include "proxy/daemon/parking.h"
#include "proxy/daemon/pool.h"
#include "proxy/daemon/run_daemon.h"
#include "proxy/daemon/server_process.h"
#include "proxy/daemon/service_manager.h"
#include "proxy/daemon/sockets.h"
#include "proxy/lease/runtime_directory.h"
#include "proxy/relay/readiness_set.h"
#include "proxy/server/child_process.h"
#include "proxy/server/program_watch.h"

namespace bridge::daemon {

class Daemon final : private Front::Listener,
                     private ParkedConnection::Listener,
                     private relay::ReadinessSet::TurnListener {
 public:
  // What it takes over: the directory, the lock that makes it the only one there, the manager, and
  // the sockets that were inherited (none: it binds its own).
  struct Place {
    lease::RuntimeDirectory directory;
    kernel::UniqueFd lock;
    ServiceManager manager;
    std::vector<ListeningSocket> sockets;
    std::string program;  // our own executable's path
  };
  Daemon(const DaemonSettings& settings, Place place);
  ~Daemon() override;

  // To the end; the exit code.
  int run();
  // Where the program on disk is another one now: what it is to take over.
  bool wants_reexecution() const noexcept { return reexecute_; }
  std::vector<ListeningSocket*> sockets();
  const ServiceManager& manager() const noexcept { return place_.manager; }
  int lock() const noexcept { return place_.lock.get(); }

 private:
  struct Server {
    std::unique_ptr<ServerProcess> process;
    bool serving = false;
    TimePoint started{};
    bool ended = false;  // to be dropped when the turn is over
    std::string scope;
    std::optional<server::ChildProcess> scope_maker;
    relay::ReadinessCallbacks exit_ready;
    relay::ReadinessCallbacks scope_ready;
    std::optional<relay::ReadinessSet::Watch> exit_watch;
    std::optional<relay::ReadinessSet::Watch> scope_watch;
  };
  struct Listening {
    ListeningSocket socket;
    relay::ReadinessCallbacks ready;
    std::optional<relay::ReadinessSet::Watch> watch;
    bool gone = false;  // to be dropped when the turn is over
  };
  // A front that we started for a raw client: it is only reaped.
  struct RawFront {
    explicit RawFront(server::ChildProcess started) : process(std::move(started)) {}
    server::ChildProcess process;
    bool ended = false;
    relay::ReadinessCallbacks ready;
    std::optional<relay::ReadinessSet::Watch> watch;
  };
  struct Parked {
    std::unique_ptr<ParkedConnection> connection;
    TimePoint since{};
    std::string who;                                         // for the log
    std::vector<std::pair<std::string, std::string>> facts;  // editor and folders, for status
    bool ended = false;                                      // to be dropped when the turn is over
  };
  struct PendingGrant {
    FrontId front;
    ServerId server;
    TimePoint until;
  };

  // Front::Listener.
  void on_message(Front& front, lease::ReceivedControl& received) override;
  void on_gone(Front& front) override;
  // ParkedConnection::Listener.
  void on_parked_ready(ParkedId id, bool ready) override;
  void on_parked_trouble(ParkedId id, const std::string& why) override;
  // ReadinessSet::TurnListener.
  void on_turn_over() override;

  // Sockets (daemon_sockets.cpp).
  bool listen();
  bool bind_own();
  void add(ListeningSocket socket);
  void accept(Listening& listening);
  void accept_raw(kernel::UniqueFd socket, const Peer& peer);
  void watch_directory();
  void check_directory();
  void come_into(lease::RuntimeDirectory directory);
  void mark_here();

  // Fronts.
  void on_lease(Front& front, const lease::ControlMessage& message);
  void on_session(Front& front, const lease::ControlMessage& message);
  void on_restart(Front& front, const lease::ControlMessage& message);
  void refuse(Front& front, const std::string& reason);

  // Parked sessions (daemon_parking.cpp).
  void on_park(Front& front, lease::ReceivedControl& received);
  std::string park(Front& front, lease::ReceivedControl& received, ParkedId& id);
  void on_drop(Front& front, const lease::ControlMessage& message);
  void release(FrontId front, bool for_good);
  void obey_parking();
  void obey(ParkingAction& action);
  void resume(FrontId front, ParkedId id, Recipe recipe);
  void drop_parked(ParkedId id, const std::string& why);
  void retire(ServerId server);
  void drop_upgraded(const Recipe& recipe);
  void make_room(const std::string& why);
  void watch_pressure();
  void about_parked(Front& asking) const;

  // Servers.
  void obey();
  void obey(const PoolAction& action);
  void start(ServerId id, const Recipe& recipe);
  void grant(FrontId front, ServerId server, TimePoint until);
  void adopt_recorded();
  void on_exit(ServerId id);
  void take_scope(Server& server);
  void look_at_starting();
  void watch_exit(ServerId id, Server& server);

  // Status (daemon_status.cpp).
  void on_status(Front& front);
  void answer_status();
  lease::ControlMessage about_daemon() const;
  lease::ControlMessage about(ServerId id, const Server& server) const;
  lease::ControlMessage about(const Front& front) const;
  static std::uint64_t quiet_ms(const Front& front);
  void ask_for_reports();
  void look_at_memory();

  void arm_timers();
  void show_life();
  std::size_t sessions() const;
  void say_state();
  void finish(const std::string& why);
  void goodbye(const std::string& why);
  static TimePoint now() { return std::chrono::steady_clock::now(); }
  void after(boost::asio::steady_timer& timer, std::chrono::milliseconds delay,
             std::function<void()> handler);

  DaemonSettings settings_;
  Place place_;
  std::string first_directory_;  // where it began
  std::uint64_t began_;

  boost::asio::io_context io_{1};
  relay::ReadinessSet readiness_{io_};
  boost::asio::signal_set signals_{io_};
  boost::asio::steady_timer poll_timer_{io_};  // while a gopls starts, or cannot take one more
  boost::asio::steady_timer idle_timer_{io_};  // the pool's next tick, or our own end
  boost::asio::steady_timer watchdog_timer_{io_};
  boost::asio::steady_timer memory_timer_{io_};
  boost::asio::steady_timer status_timer_{io_};
  boost::asio::steady_timer directory_timer_{io_};
  boost::asio::steady_timer accept_timer_{io_};
  std::optional<TimePoint> idle_at_;
  bool polling_ = false;

  Pool pool_;
  Parking parking_;
  std::map<ParkedId, Parked> parked_;
  std::uint64_t resumed_ = 0;
  std::uint64_t dropped_ = 0;
  std::optional<MemoryPressure> pressure_;  // while something is parked
  std::map<ServerId, Server> servers_;
  std::uint64_t names_given_ = 0;
  std::uint64_t adopted_ = 0;
  std::map<FrontId, std::unique_ptr<Front>> fronts_;
  FrontId last_front_ = 0;
  std::list<Listening> listening_;
  std::list<RawFront> raw_fronts_;
  std::vector<PendingGrant> pending_;
  std::vector<FrontId> status_waiters_;
  std::uint64_t refusals_ = 0;
  std::string last_refusal_;
  std::string last_state_;
  TimePoint empty_since_;
  bool empty_ = true;

  kernel::UniqueFd directory_news_;  // inotify
  kernel::UniqueFd mounts_;          // /proc/self/mountinfo
  relay::ReadinessCallbacks directory_ready_;
  relay::ReadinessCallbacks mounts_ready_;
  std::optional<relay::ReadinessSet::Watch> directory_watch_;
  std::optional<relay::ReadinessSet::Watch> mounts_watch_;

  std::optional<server::ProgramWatch> program_;
  relay::ReadinessCallbacks program_ready_;
  std::optional<relay::ReadinessSet::Watch> program_watch_;

  bool reexecute_ = false;
  bool over_ = false;
};

}  // namespace bridge::daemon
