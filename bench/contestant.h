// The ways from an editor to a server that are compared, each with the same echo server at its far
// end and the harness, in the editor's place, at the near one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/editor_end.h"
#include "bench/process.h"

namespace bridge::bench {

enum class Way {
  direct,          // the server held by two socketpairs, as VS Code holds gopls
  direct_socket,   // one connection to a listening server
  bridge_private,  // gopls-bridge holds the server's stdio
  bridge_connect,  // gopls-bridge --connect to a listening server
  other_private,   // the same with another build, where one is given
  other_connect,
  socat,      // socat - UNIX-CONNECT:…
  socat_64k,  // the same with -b65536
};

std::string_view to_string(Way way);

struct Programs {
  std::string bridge;
  std::string echo_server;
  std::string other_bridge;  // another build to hold against it; empty: none
};

// All that these programs can go.
std::vector<Way> ways_of(const Programs& programs);

// An echo server that listens at a Unix socket for as long as this lives.
class ListeningServer {
 public:
  ListeningServer(const Programs& programs, std::string path, int workers, bool two_writes);
  ~ListeningServer();
  const std::string& path() const noexcept { return path_; }
  pid_t pid() const noexcept { return process_->pid(); }

 private:
  std::string path_;
  std::optional<Process> process_;
};

// One way, open: the relay (or the server) runs and the editor's end is connected to it. What it
// exchanges with its server is up to the caller.
class OpenWay {
 public:
  // `server` is used by the ways that connect; it must outlive this.
  OpenWay(Way way, const Programs& programs, const ListeningServer& server, bool two_writes);
  OpenWay(OpenWay&&) = default;

  EditorEnd& editor() noexcept { return *editor_; }
  // The relay; the pid of none for the ways that have no relay.
  std::optional<pid_t> relay() const;
  // All processes of this way but the harness. Complete once something has been exchanged.
  std::vector<pid_t> processes() const;

 private:
  Way way_;
  pid_t listening_server_;
  std::optional<Process> process_;  // closed after the editor's end: ends by its end of file
  std::optional<EditorEnd> editor_;
};

}  // namespace bridge::bench
