// Where a session gets its server from. In private mode a gopls of its own; with --connect one that
// listens already; from the broker daemon; a fake in tests. The session asks again, with a
// reason, when it has lost one.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/kernel/unique_fd.h"
#include "proxy/server/child_process.h"

namespace bridge::lease {

enum class AcquireReason : std::uint8_t {
  first,               // the session begins
  lost_before_answer,  // the last server ended before the editor got a byte from it
  lost,                // the last server ended in the middle, or could not be had
  woken,               // the session slept, and the editor needs a server again
  suspected,           // the last two, shared ones, ended while this session had work with them
  trial,               // beside the present one: what would the program on disk answer?
  replaced,            // the server's program is another one now
  stale,               // what the last server's process knows is out of date, for any session
};

// Who else uses a server.
enum class Sharing : std::uint8_t {
  own,        // nobody: it ends with the session
  connected,  // whoever connects, we do not know: it must never see `exit`
  pooled,  // sessions of the broker's: another of the pool, or one of its own, can be had instead
};

// What a session is known to need, told before a server is acquired for it.
struct SessionNeeds {
  std::vector<std::string> folders;  // raw URIs of the workspace
  // Not empty: a server of its own, and why, in words for the user.
  std::string own_reason;
  // What of the editor's wishes must be equal to take up another's session, and who asks
  // (session/park/fingerprint.h). Empty: this one takes up none and leaves none.
  std::string identity{};
  std::string parker{};
};

// How a server that was lost has ended, where the source knows and the session cannot.
struct SourceServerEnd {
  std::string words;    // "killed by signal 9 (Killed)"
  bool killed = false;  // by SIGKILL: from outside
};

// A connection to a server that speaks LSP. All descriptors are ours alone.
struct ServerConnection {
  kernel::UniqueFd read;         // what the server writes
  kernel::UniqueFd write;        // what the server reads; may be a duplicate of the same socket
  kernel::UniqueFd stderr_read;  // empty: the server's stderr is not ours
  std::optional<server::ChildProcess> process;  // set when the server is this session's own
  Sharing sharing = Sharing::own;
  std::string name;  // "gopls (pid 123, /path)", "server at /run/…": for messages
  // For params.initializationOptions.env: what this session's environment has and the server's may
  // lack. A source gives the same with each of its connections.
  std::vector<std::pair<std::string, std::string>> environment{};
  // Not empty: this is the connection of a session that was parked, and its state
  // (session/park/PARKED.md). It must not be told `initialize` again.
  std::string parked{};
};

// Why there is no server, in words for the user.
struct AcquireError {
  std::string message;
};

class ServerSource {
 public:
  virtual ~ServerSource() = default;
  // Blocks for as long as a fork or a local connect takes.
  virtual boost::system::result<ServerConnection, AcquireError> acquire(AcquireReason reason) = 0;
  // For the acquisitions that follow.
  virtual void tell(const SessionNeeds& /*needs*/) {}
  // Waits a moment for the news.
  virtual std::optional<SourceServerEnd> how_it_ended() { return std::nullopt; }
  // The session has let go of its server and has no other.
  virtual void release() {}

  // Whether park() of the present server can be of use; if not, why, in words for the log.
  virtual std::string why_not_park() const { return "it is not shared"; }
  // Names what of the environment is given to the present server in a way that another front can
  // turn to its own, for the parked state; empty: nothing is. And turns what a parked session was
  // given: what the environment of the connection then is, or why that cannot be.
  virtual std::string links() const { return {}; }
  virtual boost::system::result<std::vector<std::pair<std::string, std::string>>, AcquireError>
  take_up_links(std::string_view /*name*/) {
    return AcquireError{"there are no links"};
  }
  // The editor is about to leave: a park or a release follows within moments, and one like it that
  // comes meanwhile may wait for it.
  virtual void leaving() {}
  // Gives the present server's connection away, with the session's state. Blocks for a moment.
  // Empty: it is parked, and is not this session's any more; else why not, and it must be dropped.
  virtual std::string park(kernel::UniqueFd /*connection*/, std::string_view /*state*/) {
    return why_not_park();
  }
};

// boost::system::result asks for this (found by argument-dependent lookup): value() on an error is
// a fault of ours.
[[noreturn]] inline void throw_exception_from_error(const AcquireError& error,
                                                    const boost::source_location&) {
  throw std::logic_error(error.message);
}

}  // namespace bridge::lease
