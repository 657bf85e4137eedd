#include "proxy/daemon/run_daemon.h"

#include "proxy/exit_codes.h"

namespace bridge::daemon {

int run_daemon(const DaemonSettings&) { return kExitInternal; }

}  // namespace bridge::daemon
