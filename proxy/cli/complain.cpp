#include <unistd.h>

#include "proxy/cli/commands.h"
#include "proxy/exit_codes.h"

namespace bridge::cli {

void complain(std::string_view message) {
  std::string line("gopls-bridge: ");
  line.append(message).append("\n");
  // One write: lines of several processes on one stderr stay whole. A failed one is ignored: there
  // is nowhere left to say it.
  static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
}

int complain_without_gopls(const server::ProgramSearch& gopls, const Configuration& configuration,
                           const server::Environment& environment) {
  if (!gopls.complaint.empty()) {
    complain(gopls.complaint);
  } else {
    auto const go = server::find_go(configuration.program(SettingId::go), environment);
    complain(server::describe_missing_gopls(gopls, go));
  }
  return kExitNoServer;
}

}  // namespace bridge::cli
