// A runtime directory of its own for a daemon of the bridge, and what runs below us because of it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "bench/gopls/gopls_way.h"

namespace bridge::bench {

class SharedGround {
 public:
  // `number` tells them apart: each has its daemon, which the first window starts.
  SharedGround(const Ground& ground, int number);

  const std::vector<std::string>& environment() const noexcept { return environment_; }
  // Where the daemon listens, and where its first gopls does.
  std::string control() const { return directory_ + "/gopls-bridge/daemon.sock"; }
  std::string gopls() const { return directory_ + "/gopls-bridge/servers/s1.sock"; }

  // A window with a gopls of the daemon's; throws Broken where it got one of its own.
  GoplsWindow open(const Ground& ground) const;

 private:
  std::string directory_;
  std::vector<std::string> environment_;
};

// All that runs below this process: windows, daemons, gopls, and what they have started.
std::vector<pid_t> all_below_us();

}  // namespace bridge::bench
