#include "proxy/cli/commands.h"
#include "proxy/exit_codes.h"

namespace bridge::cli {

int run_uninstall_command(const Invocation&, const Configuration&, const server::Environment&) {
  complain("uninstall: not in this build");
  return kExitInternal;
}

}  // namespace bridge::cli
