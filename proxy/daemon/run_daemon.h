// The broker daemon: owns the gopls processes that fronts share, and hands out connections to them.
// It never carries a byte of a session.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace bridge::daemon {

struct DaemonSettings {
  std::string instance;
  std::string version;  // of the bridge, for status
  // "systemd", "on demand", "by hand": for status.
  std::string started;
  // A gopls without sessions ends after it; zero: never.
  std::chrono::milliseconds idle_timeout{10 * 60 * 1000};
  // The daemon itself, without gopls and fronts; zero: never. Under systemd the socket starts it
  // again.
  std::chrono::milliseconds daemon_idle_timeout{60 * 1000};
  // PSS of all gopls together from which the longest idle must sleep; zero: none.
  std::uint64_t memory_budget_kib = 0;
  // How long a session that its editor has left is kept, zero: until something else ends it; and
  // how many.
  std::chrono::milliseconds park_timeout{10 * 60 * 1000};
  std::size_t parked_max = 8;
  // Of each gopls' scope, where systemd runs the daemon; zero: no scope.
  int cpu_weight = 100;
  // A descriptor to write one byte to, and let go, once it listens: on demand. -1: none.
  int ready_fd = -1;
  // To live in a process of its own: what was started ends at once.
  bool forks_away = false;
};

// Exit codes are listed in README.md, "Exit codes". Another daemon that listens already is no
// error: exit 0.
int run_daemon(const DaemonSettings& settings);

}  // namespace bridge::daemon
