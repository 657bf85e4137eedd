// The directories where gopls and go may lie, in the order of looking. No shell start-up file is
// run: VS Code on WSL runs none either, and /etc/profile of a login shell drops ~/go/bin from PATH.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "proxy/server/environment.h"

namespace bridge::server {

// Gets an absolute directory (which may not exist) and what named it; true ends the walk. One
// directory may come twice.
using VisitPlace = std::function<bool(const std::string& directory, std::string_view named_by)>;

// Lazy: the go env file and directory listings are read only if the walk gets that far.
void walk_gopls_places(const Environment& environment, const VisitPlace& visit);
void walk_go_places(const Environment& environment, const VisitPlace& visit);

// `name` as `go env -w` has written it, from $GOENV or $XDG_CONFIG_HOME/go/env; empty if not there.
std::string go_env_file_value(const Environment& environment, std::string_view name);

}  // namespace bridge::server
