// The world around one session: its servers, its timers, its disk, and the readiness of its ends.
// Drives a SessionCore as Session does, but with chance for a kernel.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "proxy/session/session_core.h"
#include "proxy/session/world.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/stage.h"

namespace bridge::simulation {

class SimulatedWorld final : public session::World {
 public:
  SimulatedWorld(Stage& stage, const Plan& plan, std::uint64_t seed,
                 std::shared_ptr<Pipe> from_editor, std::shared_ptr<Pipe> to_editor);
  ~SimulatedWorld() override;

  void begin();
  // What is still wrong after a while stays wrong.
  void be_calm();
  void upgrade();
  void signal();
  // From now on servers may end in order without being asked by `shutdown`.
  void session_is_ending() { ending_ = true; }

  struct Outcome {
    int exit_code;
    std::string reason;
  };
  const std::optional<Outcome>& outcome() const noexcept { return outcome_; }
  const session::SessionCore& core() const { return *core_; }
  // The last one there was; it may have ended.
  const ModelServer& server() const { return *last_; }
  bool has_server() const { return server_ && last_->alive(); }
  int version() const noexcept { return version_; }
  Time last_start() const noexcept { return last_start_; }

  // --- session::World ---------------------------------------------------------------------------
  void tell_needs(const lease::SessionNeeds&) override {}
  boost::system::result<session::ServerEnds, lease::AcquireError> start_server(
      lease::AcquireReason reason) override;
  void close_server_input() override;
  void drop_server(bool kill) override;
  session::ServerEnd how_it_ended() override;
  std::string server_usage() override { return "none"; }
  std::optional<std::string> read_file(std::string_view raw_uri, std::size_t bytes_max) override;
  void try_program(const std::string& frame) override;
  TimePoint now() override { return stage_.timeline.now(); }
  void arm(session::SessionTimer timer, milliseconds delay) override;
  void disarm(session::SessionTimer timer) override;
  void log(session::LogKind kind, const std::string& text) override;
  void finish(int exit_code, const std::string& reason) override;

 private:
  struct Server;
  void spawn();
  session::ServerEnds ends();
  void forget_server();
  void on_death(ModelServer::Death death);
  void settle();
  void wake();
  void turn();
  bool deliver_one();
  void still_running(const char* what);
  void note(const std::string& text) { stage_.referee.note("bridge", text); }
  void fault(const std::string& text) { stage_.referee.fault("bridge: " + text); }

  Stage& stage_;
  const Plan& plan_;
  Dice dice_;
  Dice fate_;  // of servers
  std::uint64_t seed_;
  std::shared_ptr<Pipe> from_editor_;
  std::shared_ptr<Pipe> to_editor_;
  PipeSource editor_source_;
  PipeSink editor_sink_;
  bool editor_hangup_told_ = false;
  std::unique_ptr<Server> server_;
  bool own_ = false;  // a server of its own from now on
  std::shared_ptr<ModelServer> last_;
  bool killed_ = false;  // how the last one ended
  std::unique_ptr<session::SessionCore> core_;
  std::array<std::optional<Timeline::Ticket>, session::kSessionTimers> timers_;
  bool woken_ = false;
  bool ending_ = false;
  int version_ = 1;
  std::optional<Outcome> outcome_;

  int turns_ = 0;
  int timers_fired_ = 0;
  std::array<Time, 12> recent_starts_{};
  Time last_start_{};
};

}  // namespace bridge::simulation
