// One session without its descriptors and its event loop: two pumps, the lifecycle, the journal and
// the replay, and what connects them. Session (session.h) drives it with real ones, the simulation
// (tests/simulation) with made-up ones.
//
// Passive: it is told what happened, and then asked what it waits for. After each event, or batch
// of events, settle() must be called; only it starts, drops and finishes things.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "framing/limits.h"
#include "proxy/relay/channel.h"
#include "proxy/relay/frame_gate.h"
#include "proxy/relay/frame_pump.h"
#include "proxy/relay/pipe_pool.h"
#include "proxy/session/journal/journal.h"
#include "proxy/session/lifecycle.h"
#include "proxy/session/replay/replay.h"
#include "proxy/session/world.h"

namespace bridge::session {

class SessionCore final : private relay::FrameGate {
 public:
  struct Settings {
    Lifecycle::Settings lifecycle;
    Replay::Settings replay;
    Journal::Settings journal;
    framing::Limits limits;
    relay::PipePool* pipes = nullptr;
  };
  // `first`: the server that is there already. All given must outlive the core.
  SessionCore(relay::Source& editor_source, relay::Sink& editor_sink, ServerEnds first,
              World& world, Settings settings);
  ~SessionCore() override;

  // --- events ---------------------------------------------------------------------------------
  void on_editor_source_ready();
  void on_editor_sink_ready();
  void on_editor_sink_hangup();
  void on_server_source_ready();
  void on_server_sink_ready();
  void on_server_sink_hangup();
  // Its process has ended; its output may still hold bytes.
  void on_server_exited();
  void on_signal(std::string_view name);
  // The server's program on disk is another one now.
  void on_program_changed();
  void on_timer(SessionTimer timer);
  void settle();

  // --- what it waits for, valid after settle() --------------------------------------------------
  bool wants_editor_source() const noexcept;
  bool wants_editor_sink() const noexcept;
  // False where there is no server.
  bool wants_server_source() const noexcept;
  bool wants_server_sink() const noexcept;
  bool has_server() const noexcept;

  // Nothing was read from the editor, and nothing written to it.
  bool untouched() const noexcept;
  const Journal& journal() const noexcept { return journal_; }
  const Replay& replay() const noexcept { return replay_; }
};

}  // namespace bridge::session
