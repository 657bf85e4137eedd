#include "proxy/cli/commands.h"
#include "proxy/exit_codes.h"

namespace bridge::cli {

int run_restart_server_command(const Invocation&, const Configuration&,
                               const server::Environment&) {
  complain("restart_server: not in this build");
  return kExitInternal;
}

}  // namespace bridge::cli
