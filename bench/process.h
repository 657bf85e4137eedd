// Processes as the benchmarks need them: started with given stdio, their CPU time and memory read
// from outside, reaped at the end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::bench {

using std::chrono::nanoseconds;

struct SocketPair {
  kernel::UniqueFd ours;
  kernel::UniqueFd theirs;
};
SocketPair make_socketpair();  // AF_UNIX stream, what libuv gives a child as stdio

// Starts argv[0] (searched on PATH) with these descriptors as stdin and stdout, our stderr, our CPU
// affinity and no other descriptor. Returns when it has been executed.
class Process {
 public:
  Process(const std::vector<std::string>& argv, int in, int out);
  Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Process& operator=(Process&&) = delete;
  // Waits for its end, which the caller has brought about by closing what it reads; kills it after
  // five seconds and says so.
  ~Process();

  pid_t pid() const noexcept { return pid_; }
  void kill(int signal) const;

 private:
  pid_t pid_;
};

// CPU time of a process so far, its threads included; zero if there is none.
nanoseconds cpu_time(pid_t pid);
std::vector<pid_t> children_of(pid_t pid);
// How often it has gone to sleep so far.
std::size_t sleeps(pid_t pid);

// A line of /proc/PID/smaps_rollup, in KiB: "Pss", "Rss".
std::size_t memory_kib(pid_t pid, std::string_view field);

// Keeps this process and all it starts on one CPU; -1: on any.
void pin_to(int cpu);
int last_cpu();

// A directory of our own for sockets and an empty HOME, removed with what is in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

[[noreturn]] void die(const std::string& what);  // with errno's text

}  // namespace bridge::bench
