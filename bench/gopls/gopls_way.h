// The ways from an editor to a real gopls that are compared, and the ground they all stand on: one
// environment, one module, one gopls executable.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/gopls/lsp_peer.h"
#include "bench/gopls/server_process.h"
#include "bench/gopls/target.h"

namespace bridge::bench {

enum class GoplsWay {
  direct,          // gopls held by two socketpairs, as VS Code holds it
  direct_socket,   // one connection to a gopls that listens
  bridge_private,  // gopls-bridge with a gopls of its own
  bridge_connect,  // gopls-bridge --connect to the one that listens
  bridge_lease,    // gopls-bridge with a gopls of its daemon's
  remote,          // gopls -remote=unix;… to the one that listens
  remote_auto,     // gopls -remote=auto, which starts a daemon or finds one
};

std::string_view to_string(GoplsWay way);
// Whether the way uses the gopls that listens.
bool is_connected(GoplsWay way);

// What every process of a run gets. Nothing of it lies outside of one directory of ours, but for
// the module cache and the settings of `go`, which are the user's.
struct Ground {
  std::string gopls;
  std::string bridge;
  std::string module;
  std::string directory;                 // ours; `errors`, sockets and caches lie in it
  std::vector<std::string> environment;  // NAME=value
  Target target;

  std::string errors() const { return directory + "/errors"; }
};

// The value of a variable replaced.
std::vector<std::string> with(std::vector<std::string> environment, const std::string& name,
                              const std::string& value);

// A gopls that listens at a Unix socket for as long as this lives.
class ListeningGopls {
 public:
  ListeningGopls(const Ground& ground, const std::vector<std::string>& environment,
                 std::string path);
  ~ListeningGopls();
  pid_t pid() const noexcept { return process_.pid(); }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  ServerProcess process_;
};

// When what was there for the first time, counted from before the process was started.
struct StartTimes {
  std::chrono::nanoseconds initialize{};
  std::chrono::nanoseconds hover{};
  std::chrono::nanoseconds diagnostics{};
};

// An editor's window: a connection with the module open and the target's file in it.
class GoplsWindow {
 public:
  // Starts it, and waits for the first right hover and for the file's diagnostics.
  // `server` is needed by the ways that connect; its socket.
  GoplsWindow(GoplsWay way, const Ground& ground, const std::vector<std::string>& environment,
              const std::string& server);
  GoplsWindow(GoplsWindow&&) = default;

  LspPeer& peer() noexcept { return *peer_; }
  const StartTimes& times() const noexcept { return times_; }
  // All processes of this window alone: not the gopls that listens.
  std::vector<pid_t> processes() const;
  // The gopls that its bridge holds; -1: none now.
  pid_t server_pid() const;

 private:
  void begin(const Ground& ground, LspPeer::Clock::time_point start);

  std::optional<ServerProcess> process_;  // closed after the editor's end: ends by its end of file
  std::optional<LspPeer> peer_;
  StartTimes times_;
};

}  // namespace bridge::bench
