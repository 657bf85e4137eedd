// Asks a daemon that runs on demand, outside of systemd, to end in order: its gopls processes and
// sessions live on.
#pragma once

#include "proxy/server/environment.h"

namespace bridge::cli {

// True: there was one, and it has agreed. Waits for its word for at most two seconds.
bool stop_on_demand_daemon(const server::Environment& environment);

}  // namespace bridge::cli
