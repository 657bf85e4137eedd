// A session whose peers are read from a script and write what they get under it: histories as text.
//
// A line of the script begins with the one who acts; what follows from it stands below, indented:
//
//   editor hover 5
//     server 1 gets hover #5
//   server is killed
//     server 2 starts
//     server 2 gets initialize #gopls-bridge:1
//
// The same script in gives the same text out; where it is as it was, the history is as it should
// be. No chance is in it, and no cut: that is the simulation's part.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/session/session_core.h"
#include "proxy/session/world.h"
#include "tests/simulation/timeline.h"
#include "tests/simulation/wire.h"

namespace bridge::simulation {

// What a message is, in a few words.
std::string in_brief(const Json& message);
// The message that a line of the script tells `who` to send. null: it is not one.
Json message_of(const std::string& line);

class StagedSession final : private session::World {
 public:
  explicit StagedSession(session::SessionCore::Settings settings);
  ~StagedSession() override;
  // The text with what truly happened below each line of the script.
  std::string play(const std::string& text);

 private:
  struct End;  // one side: what it sends, and what it gets
  void act(const std::string& line);
  void settle();
  void write_down(const std::string& text) { out_ += "  " + text + "\n"; }
  void make_server();
  session::ServerEnds ends();
  void lose_server(bool killed);

  void tell_needs(const lease::SessionNeeds&) override {}
  boost::system::result<session::ServerEnds, lease::AcquireError> start_server(
      lease::AcquireReason reason) override;
  void close_server_input() override { write_down(name() + " gets end of file"); }
  void drop_server(bool kill) override;
  session::ServerEnd how_it_ended() override { return {.words = "panic", .killed = killed_}; }
  std::string server_usage() override { return {}; }
  std::optional<std::string> read_file(std::string_view, std::size_t) override { return "on disk"; }
  void try_program(const std::string& frame) override;
  TimePoint now() override { return timeline_.now(); }
  void arm(session::SessionTimer timer, milliseconds delay) override;
  void disarm(session::SessionTimer timer) override;
  void log(session::LogKind, const std::string&) override {}
  void finish(int exit_code, const std::string& reason) override;

  std::string name() const { return "server " + std::to_string(servers_); }

  Timeline timeline_;
  std::array<std::optional<Timeline::Ticket>, session::kSessionTimers> timers_;
  std::string out_;
  std::unique_ptr<End> editor_;
  std::unique_ptr<End> server_;
  int servers_ = 0;
  int failing_starts_ = 0;
  bool killed_ = false;
  bool over_ = false;
  std::optional<session::SessionCore> core_;
};

}  // namespace bridge::simulation
