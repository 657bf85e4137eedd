// Where a session gets its server from. In private mode a gopls of its own; with --connect one that
// listens already; from the broker daemon later; a fake in tests. The session asks again, with a
// reason, when it has lost one.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "proxy/kernel/unique_fd.h"
#include "proxy/server/child_process.h"

namespace bridge::lease {

enum class AcquireReason : std::uint8_t {
  first,               // the session begins
  lost_before_answer,  // the last server ended before the editor got a byte from it
  lost,                // the last server ended in the middle, or could not be had
  woken,               // the session slept, and the editor needs a server again
  trial,               // beside the present one: what would the program on disk answer?
  replaced,            // the server's program is another one now
};

// A connection to a server that speaks LSP. All descriptors are ours alone.
struct ServerConnection {
  kernel::UniqueFd read;         // what the server writes
  kernel::UniqueFd write;        // what the server reads; may be a duplicate of the same socket
  kernel::UniqueFd stderr_read;  // empty: the server's stderr is not ours
  std::optional<server::ChildProcess> process;  // set when the server is this session's own
  // Whether other sessions share the process: then `exit` must never reach it.
  bool shared = false;
  std::string name;  // "gopls (pid 123, /path)", "server at /run/…": for messages
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
};

// boost::system::result asks for this (found by argument-dependent lookup): value() on an error is
// a fault of ours.
[[noreturn]] inline void throw_exception_from_error(const AcquireError& error,
                                                    const boost::source_location&) {
  throw std::logic_error(error.message);
}

}  // namespace bridge::lease
