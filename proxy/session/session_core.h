// One session without its descriptors and its event loop: two pumps, the lifecycle, the journal and
// the replay, and what connects them. Session (session.h) drives it with real ones, the simulation
// (tests/simulation) with made-up ones.
//
// Passive: it is told what happened, and then asked what it waits for. After each event, or batch
// of events, settle() must be called; only it starts, drops and finishes things.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framing/limits.h"
#include "proxy/relay/channel.h"
#include "proxy/relay/frame_gate.h"
#include "proxy/relay/frame_pump.h"
#include "proxy/relay/pipe_pool.h"
#include "proxy/session/journal/journal.h"
#include "proxy/session/lifecycle.h"
#include "proxy/session/park/background_walk.h"
#include "proxy/session/park/parked_session.h"
#include "proxy/session/park_record.h"
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
  // `first`: the server that is there already; without a source, one is acquired when the editor's
  // first message is in, and has said what it needs. All given must outlive the core.
  SessionCore(relay::Source& editor_source, relay::Sink& editor_sink, const ServerEnds& first,
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
  void on_memory_short();
  // What World::try_program() came to: the body of the answer, or why there is none.
  void on_program_tried(const std::optional<std::string>& answer, const std::string& error);
  void on_timer(SessionTimer timer);
  // What World::start_walk() came to.
  void on_walked(WalkOutcome outcome);
  void settle();

  // --- what it waits for, valid after settle() --------------------------------------------------
  bool wants_editor_source() const noexcept { return listens_ && to_server_.wants_source(); }
  bool wants_editor_sink() const noexcept { return to_editor_.wants_sink(); }
  // False where there is no server.
  bool wants_server_source() const noexcept { return has_server_ && to_editor_.wants_source(); }
  bool wants_server_sink() const noexcept { return has_server_ && to_server_.wants_sink(); }
  bool has_server() const noexcept { return has_server_; }

  // Nothing was read from the editor, and nothing written to it.
  bool untouched() const noexcept {
    return to_server_.received_bytes() == 0 && to_editor_.sent_bytes() == 0;
  }
  // --- for status
  // ---------------------------------------------------------------------------------
  struct Figures {
    std::uint64_t messages_in = 0;  // from the editor
    std::uint64_t messages_out = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t in_flight = 0;
    std::uint64_t replays = 0;
  };
  Figures figures() const noexcept;
  const std::string& editor() const noexcept { return editor_; }  // its clientInfo
  const std::vector<std::string>& folders() const noexcept { return needs_.folders; }
  bool awaits_first() const noexcept { return awaits_first_; }

  const Journal& journal() const noexcept { return journal_; }
  const Replay& replay() const noexcept { return replay_; }

 private:
  // What the editor sent before it got the first byte of an answer is kept, so that another server
  // can be fed with it. VS Code's and Neovim's `initialize` are 6 to 20 KB.
  static constexpr std::size_t kPrologueBytesMax = 1024 * 1024;

  relay::Decision decide(relay::Direction direction, const relay::FrameView& view) override;
  bool needs_body(relay::Direction direction, const framing::EnvelopeText& head) override;
  void on_bare_text(relay::Direction direction, std::string_view text) override;

  relay::Decision decide_editor(const relay::FrameView& view);
  relay::Decision with_environment(const relay::FrameView& view);
  relay::Decision pass_to_replay(const relay::FrameView& view);
  bool sets_for_all(const relay::FrameView& view);
  void acquire_first();
  relay::Decision decide_server(const relay::FrameView& view);
  relay::FrameGate& gate() { return *this; }

  bool report_ends();
  void obey(const Action& action);
  void tell_lifecycle();
  void obey_replay_now();
  bool obey_replay();
  void obey(const ReplayAction& action);
  void start_over(const std::string& why);
  void adopt(const ServerEnds& ends);
  void note(const ServerEnds& ends);
  void start_server(lease::AcquireReason reason);
  void stop_replay();

  // Leaving the session to others, and taking one up (session_core_park.cpp).
  std::string why_not_park();
  void begin_park();
  void close_what_differs();
  void finish_park();
  struct Taken;
  std::optional<Taken> read_parked(std::string_view state);
  void answer_initialize(std::string_view raw_id);
  void tell_what_is_new();
  void forget_kept(std::string_view body);
  void close_kept();
  void finish(int exit_code, const std::string& reason);

  World& world_;
  Lifecycle lifecycle_;
  Journal journal_;
  Replay replay_;
  std::vector<ReplayAction> later_;  // actions that must not be taken while a pump is at work

  relay::FramePump to_server_;
  relay::FramePump to_editor_;
  bool has_server_ = true;
  bool awaits_first_ = false;
  bool pooled_ = false;  // the present server is one of the broker's
  std::string server_name_;
  const std::vector<std::pair<std::string, std::string>>* environment_ = nullptr;
  lease::SessionNeeds needs_;
  std::string editor_;
  std::string other_server_why_;  // one that is not shared must take over
  std::uint64_t messages_in_ = 0;
  std::uint64_t messages_out_ = 0;
  std::uint64_t replays_ = 0;
  Timer lifecycle_timer_{};
  std::chrono::milliseconds lifecycle_delay_{};

  ParkRecord record_;
  std::vector<KeptDocument> kept_;             // open at the server, and not (yet) at the editor
  std::optional<WorkspaceSnapshot> baseline_;  // the files as the server knows them
  std::string why_no_baseline_ = "its files have not been looked at yet";
  bool parking_ = false;
  // The session that is being taken up, until the server was told what is new; and that.
  struct Taken {
    ParkedSession parked;
    std::string result;         // raw, of initialize
    std::string registrations;  // raw list
    std::vector<std::string> diagnosed;
    std::optional<WalkOutcome> walk;
  };
  std::optional<Taken> taken_;
  bool held_for_walk_ = false;  // the editor's frames

  std::string prologue_;
  bool prologue_kept_ = true;
  bool retried_ = false;
  bool close_input_asked_ = false;
  bool listens_ = true;  // to the editor
  bool over_ = false;
  // What the lifecycle was last told of.
  std::optional<relay::PumpEnd> to_server_end_;
  std::optional<relay::PumpEnd> to_editor_end_;
};

}  // namespace bridge::session
