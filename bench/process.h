// Processes as the benchmarks need them: started with given stdio, their CPU time and memory read
// from outside, reaped at the end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::bench {

using std::chrono::nanoseconds;

// A way broke, or the machine refused something: the figures that depend on it do not exist.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};
[[noreturn]] void fail(const std::string& what);  // throws Broken, with errno's text

struct SocketPair {
  kernel::UniqueFd ours;
  kernel::UniqueFd theirs;
};
SocketPair make_socketpair();  // AF_UNIX stream, what libuv gives a child as stdio
SocketPair make_pipe(bool we_read);

// The CPUs of a run: -1 is any. The harness itself stays on `own`; what it starts, on `others`.
struct Placement {
  int own = -1;
  int others = -1;
};
void place(Placement placement);
std::vector<int> usable_cpus();

// Starts argv[0] (searched on PATH) with these descriptors and no others, in a process group of its
// own: the terminal's Ctrl-C is ours alone. Returns when it has been executed.
class Process {
 public:
  struct Descriptors {
    int in;
    int out;
    int err = -1;    // -1: ours
    int third = -1;  // becomes 3, which systemd's LISTEN_FDS begins with
  };
  Process(const std::vector<std::string>& argv, Descriptors descriptors);
  Process(const std::vector<std::string>& argv, int in, int out)
      : Process(argv, Descriptors{.in = in, .out = out}) {}
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
nanoseconds own_cpu_time();
std::vector<pid_t> children_of(pid_t pid);
std::vector<pid_t> threads_of(pid_t pid);
// How often its threads have gone to sleep so far.
std::size_t sleeps(pid_t pid);

// A line of /proc/PID/smaps_rollup, in KiB: "Pss", "Rss".
std::size_t memory_kib(pid_t pid, std::string_view field);

// All of a file, of /proc too; empty where it cannot be read.
std::string read_text(const std::string& path);
// Replaces it. `mode`: of a new file.
void write_text(const std::string& path, std::string_view text, mode_t mode = 0600);

// The first executable of that name on PATH, then in `places`; empty if there is none.
std::string find_program(std::string_view name, const std::vector<std::string>& places = {});

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

}  // namespace bridge::bench
