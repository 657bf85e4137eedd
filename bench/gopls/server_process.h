// The processes of the gopls benchmark: started with given stdio, environment and directory, and
// ended for certain, with all that they started.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "bench/process.h"
#include "proxy/kernel/unique_fd.h"

namespace bridge::bench {

// The user has asked for the end; what there is is kept.
struct Interrupted : Broken {
  Interrupted() : Broken("interrupted") {}
};

struct Launch {
  std::vector<std::string> argv;         // argv[0] is a path
  std::vector<std::string> environment;  // whole: NAME=value
  std::string directory;
  std::string errors;  // file that stderr is appended to
};

class ServerProcess {
 public:
  // Gets SIGTERM when we die. The descriptors are its stdin and stdout; -1: /dev/null.
  ServerProcess(const Launch& launch, int in, int out);
  ServerProcess(ServerProcess&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}
  ServerProcess& operator=(ServerProcess&&) = delete;
  // Gives it some seconds to end by itself (the caller has closed what it reads), then signals it.
  ~ServerProcess();

  pid_t pid() const noexcept { return pid_; }
  // For a server that listens: it has no end of file to see.
  void terminate() const;

 private:
  bool wait_ended(std::chrono::milliseconds bound) const;

  pid_t pid_ = -1;
  kernel::UniqueFd pidfd_;
};

// While this lives, processes that lose their parent become ours; at its end those that we did not
// have before are ended. gopls' forwarder leaves its daemon behind, gopls its telemetry process.
class StrayCatcher {
 public:
  StrayCatcher();
  ~StrayCatcher();
  StrayCatcher(const StrayCatcher&) = delete;
  StrayCatcher& operator=(const StrayCatcher&) = delete;

  // Ends all children of ours but those and the ones of before.
  void end_strays(const std::vector<pid_t>& but) const;

 private:
  std::vector<pid_t> before_;
  int subreaper_before_ = 0;
};

// The process and all below it.
std::vector<pid_t> family_of(pid_t pid);
// Sum of their Pss; each process counted once.
std::size_t pss_kib(std::vector<pid_t> pids);
// Waits until these use next to no CPU; gives up after `bound`. False then.
bool wait_quiet(const std::vector<pid_t>& pids, std::chrono::milliseconds bound);

}  // namespace bridge::bench
