// What a session asks of the world: servers, time, files, the log. The program's is Session
// (session.h: descriptors and Asio); the simulation's is made up (tests/simulation).
#pragma once

#include <boost/system/result.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/lease/server_source.h"
#include "proxy/relay/channel.h"
#include "proxy/session/park/parked_session.h"
#include "proxy/session/session_timer.h"

namespace bridge::session {

// The ends of a server's connection. They live until the next start_server() or drop_server().
struct ServerEnds {
  relay::Source* source = nullptr;
  relay::Sink* sink = nullptr;
  std::string name;  // for messages
  lease::Sharing sharing = lease::Sharing::own;
  // For params.initializationOptions.env; null: nothing. Lives as long as the ends.
  const std::vector<std::pair<std::string, std::string>>* environment = nullptr;
  std::string parked{};  // as in lease::ServerConnection
};

enum class LogKind : std::uint8_t { info, warning, error };

// What is known of a server's end.
struct ServerEnd {
  // How the process ended and the most telling line of its stderr; may be empty.
  std::string words;
  // By SIGKILL: from outside (a user, the kernel when memory is short), so no request and no
  // document is to blame.
  bool killed = false;
};

class World {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  virtual ~World() = default;
  // What the session needs of the servers that follow.
  virtual void tell_needs(const lease::SessionNeeds& needs) = 0;
  // Ends what is left of the server before, and gives the ends of another. The core is told of
  // readiness on the new ends only.
  virtual boost::system::result<ServerEnds, lease::AcquireError> start_server(
      lease::AcquireReason reason) = 0;
  // The server sees end of file behind what it was sent.
  virtual void close_server_input() = 0;
  // The session is through with the server: nothing is read from it and nothing written to it any
  // more. `kill`: it is not to be trusted to end by itself (a child is killed; a shared server is
  // only left).
  virtual void drop_server(bool kill) = 0;
  // Called after its loss, before drop_server().
  virtual ServerEnd how_it_ended() = 0;
  // Memory and processor time of the server, in words for the log; empty if it is not ours to know.
  virtual std::string server_usage() = 0;
  // The text of a file, at most `bytes_max`, by its raw URI. nullopt: it cannot be read.
  virtual std::optional<std::string> read_file(std::string_view raw_uri, std::size_t bytes_max) = 0;

  // Starts another process of the server's program beside, sends it this frame (an `initialize`),
  // and ends it. SessionCore::on_program_tried() tells what it answered; it may be called from
  // here.
  virtual void try_program(const std::string& frame) = 0;

  // --- parking (session_core_park.cpp) ----------------------------------------------------------
  // Why the present server's session cannot be left to others; empty: it can.
  virtual std::string why_not_park() { return "there is nobody to leave it to"; }
  // As in lease::ServerSource; empty: the connection's environment is turned to this session's.
  virtual std::string links() { return {}; }
  virtual std::string take_up_links(std::string_view /*name*/) { return {}; }
  // The editor leaves: a park may follow within moments.
  virtual void tell_leaving() {}
  // Gives the present server away with the session's state. Empty: done, drop_server() follows;
  // else why not.
  virtual std::string park_server(std::string_view /*state*/) { return why_not_park(); }
  // Looks at the files of the session's folders (raw URIs as in SessionNeeds) and tells by
  // SessionCore::on_walked(); one at a time. `parked`: the state that it is compared with.
  virtual void start_walk(const std::vector<std::string>& /*folders*/,
                          const ParkedSession* /*parked*/) {}

  virtual TimePoint now() = 0;
  virtual void arm(SessionTimer timer, std::chrono::milliseconds delay) = 0;
  virtual void disarm(SessionTimer timer) = 0;

  virtual void log(LogKind kind, const std::string& text) = 0;
  // The session is over. No event reaches the core any more.
  virtual void finish(int exit_code, const std::string& reason) = 0;
};

}  // namespace bridge::session
