// Drives one session: obeys the lifecycle, feeds the pumps with readiness, owns the ends.
//
// All decisions are elsewhere: about frames and endings in Lifecycle, about bytes in FramePump.
// Here is what connects them: the event loop, one timer, the signals, the server and its stderr.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "framing/limits.h"
#include "proxy/lease/server_source.h"
#include "proxy/relay/descriptor_channel.h"
#include "proxy/relay/frame_gate.h"
#include "proxy/relay/frame_pump.h"
#include "proxy/relay/line_relay.h"
#include "proxy/relay/pipe_pool.h"
#include "proxy/relay/readiness_set.h"
#include "proxy/relay/zero_copy.h"
#include "proxy/session/lifecycle.h"

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

class Session final : private relay::FrameGate, private relay::ReadinessSet::TurnListener {
 public:
  // What the editor sent before it got the first byte of an answer is kept, so that another server
  // can be fed with it. VS Code's and Neovim's `initialize` are 6 to 20 KB.
  static constexpr std::size_t kPrologueBytesMax = 1024 * 1024;

  // `servers` must outlive the session. `first` is what its acquire() gave.
  Session(EditorEnd editor, lease::ServerSource& servers, lease::ServerConnection first,
          Lifecycle::Settings lifecycle, framing::Limits limits, relay::ZeroCopy zero_copy);
  ~Session() override;

  // Runs to the end of the session. Once.
  Outcome run();

 private:
  struct Server;

  relay::Decision decide(relay::Direction direction, const relay::FrameView& view) override;
  bool needs_body(relay::Direction direction, const framing::EnvelopeText& head) override;
  void on_bare_text(relay::Direction direction, std::string_view text) override;
  void on_turn_over() override { settle(); }

  relay::FrameGate& gate() { return *this; }

  void adopt(lease::ServerConnection connection);
  void acquire_again(const std::string& why);
  void settle();
  bool report_ends();
  void obey(const Action& action);
  void update_interests();
  void close_idle_pipes_later();
  void arm_timer(Timer timer, std::chrono::milliseconds delay);
  void wait_for_signals();
  void next_signal();
  void finish(int exit_code, std::string reason);
  void last_words();

  boost::asio::io_context io_{1};
  relay::ReadinessSet readiness_{io_};
  boost::asio::steady_timer timer_{io_};
  std::uint64_t timer_generation_ = 0;
  boost::asio::signal_set signals_{io_};
  boost::asio::steady_timer pipes_timer_{io_};
  bool pipes_timer_armed_ = false;

  EditorEnd editor_;
  lease::ServerSource& servers_;
  framing::Limits limits_;
  Lifecycle lifecycle_;
  relay::PipePool pipes_;
  relay::PipePool* const pipes_used_;  // null: zero copy is off

  std::optional<relay::FramePump> to_server_;
  std::optional<relay::FramePump> to_editor_;
  std::unique_ptr<Server> server_;

  relay::ReadinessCallbacks editor_source_ready_;
  relay::ReadinessCallbacks editor_sink_ready_;
  relay::ReadinessCallbacks editor_errors_ready_;
  std::optional<relay::ReadinessSet::Watch> editor_source_watch_;
  std::optional<relay::ReadinessSet::Watch> editor_sink_watch_;
  std::optional<relay::ReadinessSet::Watch> editor_errors_watch_;

  std::string prologue_;
  bool prologue_kept_ = true;
  bool retried_ = false;
  bool close_input_asked_ = false;
  // What the lifecycle was last told of.
  std::optional<relay::PumpEnd> to_server_end_;
  std::optional<relay::PumpEnd> to_editor_end_;
  std::optional<Outcome> outcome_;
};

}  // namespace bridge::session
