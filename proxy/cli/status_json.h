// `gopls-bridge status --json`: one object, its members named as in proxy/lease/CONTROL.md.
#pragma once

#include <string>

#include "proxy/cli/daemon_query.h"

namespace bridge::cli {

// One line.
std::string status_json(const DaemonAnswer& answer);

}  // namespace bridge::cli
