// Drives one session: gives the core (session_core.h) what it asks of the world. Here are the
// descriptors, the event loop, the timers, the signals, the server's process and its stderr; no
// decision.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "framing/limits.h"
#include "proxy/lease/broker_link.h"
#include "proxy/lease/server_source.h"
#include "proxy/lease/trial_server.h"
#include "proxy/relay/descriptor_channel.h"
#include "proxy/relay/pipe_pool.h"
#include "proxy/relay/readiness_set.h"
#include "proxy/relay/zero_copy.h"
#include "proxy/server/program_watch.h"
#include "proxy/session/park/background_walk.h"
#include "proxy/session/session_core.h"
#include "proxy/session/world.h"

namespace bridge::session {

struct EditorEnd {
  relay::DescriptorSource source;
  relay::DescriptorSink sink;
  relay::DescriptorSink errors;  // where the server's stderr goes
};

struct Outcome {
  int exit_code = 0;
  std::string reason;  // for the log; empty is never right
  // The server ended before anything was read from the editor: the process may still become the
  // real gopls.
  bool untouched = false;
};

class Session final : private World, private relay::ReadinessSet::TurnListener {
 public:
  struct Settings {
    Lifecycle::Settings lifecycle;
    Replay::Settings replay;
    Journal::Settings journal;
    framing::Limits limits;
    relay::ZeroCopy zero_copy = relay::ZeroCopy::on;
    // The absolute path of the server's program: when another is there, it takes over from a server
    // of the session's own. Empty: the server is not ours to replace.
    std::string program;
    // Where the session takes part in the broker's: it hears of the daemon's wishes here, and tells
    // about itself. Must outlive the session; null: it does not.
    lease::BrokerLink* broker = nullptr;
    // Why the present server is not a shared one; empty: it is. Asked when the session tells.
    std::function<std::string()> own_reason{};
  };

  // `servers` must outlive the session. `first` is what its acquire() gave; without it, a server is
  // acquired when the editor has said what it needs.
  Session(EditorEnd editor, lease::ServerSource& servers,
          std::optional<lease::ServerConnection> first, const Settings& settings);
  ~Session() override;

  // Runs to the end of the session. Once.
  Outcome run();

 private:
  struct Server;

  // World.
  void tell_needs(const lease::SessionNeeds& needs) override { servers_.tell(needs); }
  boost::system::result<ServerEnds, lease::AcquireError> start_server(
      lease::AcquireReason reason) override;
  void close_server_input() override;
  void drop_server(bool kill) override;
  ServerEnd how_it_ended() override;
  std::string server_usage() override;
  std::optional<std::string> read_file(std::string_view raw_uri, std::size_t bytes_max) override;
  void try_program(const std::string& frame) override;
  std::string why_not_park() override { return servers_.why_not_park(); }
  void tell_leaving() override { servers_.leaving(); }
  std::string links() override { return servers_.links(); }
  std::string take_up_links(std::string_view name) override;
  std::string park_server(std::string_view state) override;
  void start_walk(const std::vector<std::string>& folders, const ParkedSession* parked) override;
  TimePoint now() override { return std::chrono::steady_clock::now(); }
  void arm(SessionTimer timer, std::chrono::milliseconds delay) override;
  void disarm(SessionTimer timer) override;
  void log(LogKind kind, const std::string& text) override;
  void finish(int exit_code, const std::string& reason) override;

  void on_turn_over() override { settle(); }
  void settle();
  ServerEnds adopt(lease::ServerConnection connection);
  void update_interests();
  void close_idle_pipes_later();
  void wait_for_signals();
  void next_signal();
  void last_words();
  void watch_program();
  void on_broker();
  void tell_broker();

  struct ArmedTimer {
    explicit ArmedTimer(boost::asio::io_context& io) : timer(io) {}
    boost::asio::steady_timer timer;
    std::uint64_t generation = 0;
  };

  boost::asio::io_context io_{1};
  relay::ReadinessSet readiness_{io_};
  std::array<std::unique_ptr<ArmedTimer>, kSessionTimers> timers_;
  boost::asio::signal_set signals_{io_};
  boost::asio::steady_timer pipes_timer_{io_};
  bool pipes_timer_armed_ = false;

  EditorEnd editor_;
  lease::ServerSource& servers_;
  relay::PipePool pipes_;
  std::unique_ptr<Server> server_;
  std::list<server::ChildProcess> leaving_;  // not reaped yet
  std::optional<SessionCore> core_;

  relay::ReadinessCallbacks editor_source_ready_;
  relay::ReadinessCallbacks editor_sink_ready_;
  relay::ReadinessCallbacks editor_errors_ready_;
  std::optional<relay::ReadinessSet::Watch> editor_source_watch_;
  std::optional<relay::ReadinessSet::Watch> editor_sink_watch_;
  std::optional<relay::ReadinessSet::Watch> editor_errors_watch_;

  std::string program_path_;  // empty: not watched
  std::optional<server::ProgramWatch> program_;
  relay::ReadinessCallbacks program_ready_;
  std::optional<relay::ReadinessSet::Watch> program_watch_;

  std::optional<lease::TrialServer> trial_;
  relay::ReadinessCallbacks trial_ready_;
  std::optional<relay::ReadinessSet::Watch> trial_watch_;

  std::optional<BackgroundWalk> walk_;
  relay::ReadinessCallbacks walk_ready_;
  std::optional<relay::ReadinessSet::Watch> walk_watch_;

  lease::BrokerLink* broker_;
  std::function<std::string()> own_reason_;
  relay::ReadinessCallbacks broker_ready_;
  std::optional<relay::ReadinessSet::Watch> broker_watch_;
  std::uint64_t began_;  // Unix time, s
  // When the editor's messages were last seen to have become more: at a report.
  std::uint64_t messages_told_ = 0;
  TimePoint messages_grew_at_{};
  bool told_first_ = false;

  std::optional<Outcome> outcome_;
};

}  // namespace bridge::session
