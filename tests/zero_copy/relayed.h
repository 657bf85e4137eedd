// The real gopls-bridge between two peers that this process plays, byte by byte: an editor over
// stdio of every kind, and a server that is held by its stdio or connected to.
//
// Our ends are non-blocking, the bridge's are as an editor would leave them: blocking. Every wait
// is bounded and ends in an exception that says what was waited for. The destructor kills the
// bridge, by pid, if it still runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/kernel/unique_fd.h"
#include "tests/rigs/process.h"
#include "tests/rigs/stdio_child.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::zero_copy {

// Sanitizers make a session's start forty times as long, so there are fewer of them then; and their
// run time needs pipes and descriptors itself.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// What the editor gives the bridge as stdin and stdout.
enum class EditorKind : std::uint8_t {
  socketpairs,  // one each: libuv (VS Code, Neovim)
  one_socket,   // the same connection for both: inetd, Emacs
  fifos,        // pipe(2): tokio (Helix, Zed)
  terminal,     // a pty in raw mode
  files,        // regular files
};
enum class ServerKind : std::uint8_t {
  held,         // a private server, its stdio held by the bridge
  unix_socket,  // --connect PATH
  tcp,          // --connect 127.0.0.1:PORT
};
// GOPLS_BRIDGE_ZERO_COPY.
enum class Mode : std::uint8_t { automatic, off };

std::string to_string(EditorKind kind);
std::string to_string(ServerKind kind);
std::string to_string(Mode mode);

// Two ends and the road between them: what most tests here are given.
struct Ends {
  EditorKind editor;
  ServerKind server;
  Mode mode = Mode::automatic;
};
std::string to_string(const Ends& ends);
void PrintTo(const Ends& ends, std::ostream* out);

// Our side of an end. Where both directions are one socket, `read` and `write` are duplicates.
struct Peer {
  kernel::UniqueFd read;
  kernel::UniqueFd write;
  // Held until the peer dies: a process that lives as long as this is open.
  kernel::UniqueFd process;

  // The bridge sees end of file.
  void close_write();
  // All that the death of a process closes.
  void die();
};

// Bytes as they are, all of them. Throws when they are not taken in time.
void send_all(int fd, std::string_view bytes);
// Everything until end of file (or a reset, or a terminal's EIO).
std::string read_to_end(int fd);
// Exactly so many. Throws at end of file.
std::string read_exactly(int fd, std::size_t size);
void wait_readable(int fd, std::string_view what);

class Relayed {
 public:
  struct Settings {
    EditorKind editor = EditorKind::socketpairs;
    ServerKind server = ServerKind::held;
    Mode mode = Mode::automatic;
    std::vector<std::string> tracer = {};  // argv in front of the bridge's, as of strace
    std::vector<std::string> env = {};     // on top of ours
    bool keep_editor_ends = false;         // the very descriptors that the bridge got as 0 and 1
    // EditorKind::files: gives, piece by piece, what stdin holds.
    std::function<bool(std::string& piece)> input = {};
  };
  explicit Relayed(const Settings& settings);
  ~Relayed();
  Relayed(const Relayed&) = delete;
  Relayed& operator=(const Relayed&) = delete;

  Peer editor;
  Peer server;

  // The bridge's, or the tracer's where there is one.
  pid_t pid() const { return watch_->pid(); }
  const rigs::ProcessWatch& process() const { return *watch_; }
  rigs::ExitStatus wait_exit();
  // The editor closes its stdin, the server ends when it is told so.
  rigs::ExitStatus finish();
  std::string errors() const;
  // What the bridge has written to a stdout that is a file.
  std::string output_file() const { return directory_ / "output"; }
  const rigs::TempDir& directory() const { return directory_; }

  // The bridge's, user and system.
  std::chrono::nanoseconds cpu_time() const;
  // How often it went to sleep or was put to sleep.
  std::uint64_t context_switches() const;
  std::vector<std::string> descriptors() const;  // "7 -> pipe:[4711]", of /proc/PID/fd
  int kept_editor_end(int number) const {
    return kept_ends_.at(static_cast<std::size_t>(number)).get();
  }

 private:
  struct StdioPair {
    kernel::UniqueFd in, out;  // the bridge's ends
  };
  StdioPair make_editor(const Settings& settings);
  kernel::UniqueFd listen_as_server(ServerKind kind, std::string& address) const;
  void accept_server(ServerKind kind, int listener);
  void start(const Settings& settings, const std::string& address, const StdioPair& stdio);

  rigs::TempDir directory_;
  std::vector<kernel::UniqueFd> kept_ends_;
  std::optional<rigs::ProcessWatch> watch_;
  std::optional<rigs::ExitStatus> status_;
};

}  // namespace bridge::zero_copy
