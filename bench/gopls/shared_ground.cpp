#include "bench/gopls/shared_ground.h"

#include <sys/stat.h>
#include <unistd.h>

#include "bench/interrupt.h"
#include "bench/process.h"

namespace bridge::bench {

SharedGround::SharedGround(const Ground& ground, int number)
    : directory_(ground.directory + "/d" + std::to_string(number)) {
  if (::mkdir(directory_.c_str(), 0700) != 0) fail("mkdir " + directory_);
  environment_ = with(ground.environment, "XDG_RUNTIME_DIR", directory_);
  environment_ = with(std::move(environment_), "GOPLS_BRIDGE_SHARE", "true");
  // A busy machine must not turn a figure of sharing into one of a private gopls.
  environment_ = with(std::move(environment_), "GOPLS_BRIDGE_LEASE_DEADLINE", "30s");
}

GoplsWindow SharedGround::open(const Ground& ground) const {
  if (interrupted()) throw Interrupted();
  GoplsWindow window(GoplsWay::bridge_lease, ground, environment_, "");
  if (window.server_pid() >= 0)
    throw Broken("a window that was to share has a gopls of its own: " +
                 read_text(ground.errors()));
  return window;
}

std::vector<pid_t> all_below_us() {
  auto pids = family_of(::getpid());
  pids.erase(pids.begin());
  return pids;
}

}  // namespace bridge::bench
