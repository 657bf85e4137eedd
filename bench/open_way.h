// One way, running: its processes are started and the editor's end of it is in our hands. What it
// exchanges with its server is up to the caller. Throws Broken where it cannot be had.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "bench/addresses.h"
#include "bench/editor_end.h"
#include "bench/process.h"
#include "bench/ways.h"

namespace bridge::bench {

// An echo server that listens for as long as this lives.
class ListeningServer {
 public:
  struct Options {
    Address::Kind kind = Address::Kind::unix_path;
    int workers = 1;
    bool two_writes = false;
  };
  ListeningServer(const Programs& programs, const TempDir& directory, Options options);
  ~ListeningServer();
  ListeningServer(const ListeningServer&) = delete;
  ListeningServer& operator=(const ListeningServer&) = delete;

  const Address& address() const noexcept { return address_; }
  pid_t pid() const noexcept { return process_->pid(); }

 private:
  Address address_;
  std::optional<Process> process_;
};

// What a server must be for this way; nothing for the ways that hold theirs.
std::optional<Address::Kind> server_kind(Way way);

class OpenWay {
 public:
  // `server` is for the ways that connect; null for the others; it must outlive this.
  OpenWay(Way way, const Programs& programs, const TempDir& directory,
          const ListeningServer* server, bool two_writes);
  ~OpenWay();
  OpenWay(OpenWay&&) = default;

  Way way() const noexcept { return way_; }
  EditorEnd& editor() noexcept { return *editor_; }
  // What is between: none for the direct ways.
  const std::vector<pid_t>& relays() const noexcept { return relays_; }
  // When the first process was about to be started that the editor waits for.
  std::chrono::steady_clock::time_point started() const noexcept { return started_; }
  // All processes of this way but the harness. Complete once something has been exchanged.
  std::vector<pid_t> processes() const;

 private:
  void hold(const std::vector<std::string>& argv, bool two_writes, bool quiet);
  void open_pipes(const std::vector<std::string>& argv, bool two_writes);
  void open_connection(const Address& address, bool two_writes);
  void open_proxyd(const Programs& programs, const TempDir& directory, bool two_writes);
  void open_lspmux(const Programs& programs, const TempDir& directory, bool two_writes);

  Way way_;
  const ListeningServer* server_;
  std::chrono::steady_clock::time_point started_;
  std::vector<pid_t> relays_;
  std::optional<Process> peer_;     // a server of the peer's own; ended by a signal
  std::optional<Process> process_;  // closed after the editor's end: ends by its end of file
  std::optional<EditorEnd> editor_;
};

// A path in `directory` that nobody has used.
std::string fresh_path(const TempDir& directory, std::string_view name);
kernel::UniqueFd open_null();

}  // namespace bridge::bench
