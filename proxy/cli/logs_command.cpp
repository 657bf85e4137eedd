#include "proxy/cli/commands.h"
#include "proxy/exit_codes.h"

namespace bridge::cli {

int run_logs_command(const Invocation&, const Configuration&, const server::Environment&) {
  complain("logs: not in this build");
  return kExitInternal;
}

}  // namespace bridge::cli
