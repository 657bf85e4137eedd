// Where a daemon that systemd does not run writes its log: the one place that the daemon and
// `gopls-bridge logs` agree on.
#pragma once

#include <string>
#include <string_view>

#include "proxy/server/environment.h"

namespace bridge::cli {

// $XDG_STATE_HOME/gopls-bridge/daemon.jsonl, else ~/.local/state/…; with an instance
// daemon-NAME.jsonl. Empty where neither variable is an absolute path.
std::string daemon_log_file(const server::Environment& environment, std::string_view instance);

}  // namespace bridge::cli
