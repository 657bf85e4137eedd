#include "proxy/cli/daemon_log.h"

namespace bridge::cli {

std::string daemon_log_file(const server::Environment& environment, std::string_view instance) {
  std::string directory(environment.get("XDG_STATE_HOME"));
  if (!directory.starts_with('/')) {
    directory = environment.get("HOME");
    if (!directory.starts_with('/')) return {};
    directory += "/.local/state";
  }
  directory += "/gopls-bridge/daemon";
  if (!instance.empty()) directory.append("-").append(instance);
  return directory + ".jsonl";
}

}  // namespace bridge::cli
