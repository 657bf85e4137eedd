// Where `install` puts what, and where `uninstall` looks for it.
#pragma once

#include <string>
#include <vector>

#include "proxy/server/environment.h"

namespace bridge::cli {

struct InstallPlaces {
  // PREFIX is ~/.local unless it was named. Beside the program lies a link `gopls`: VS Code's Go
  // extension treats a server of another name differently (no update check, no trace channel).
  std::string program;  // PREFIX/share/gopls-bridge/bin/gopls-bridge
  std::string gopls;    // PREFIX/share/gopls-bridge/bin/gopls -> gopls-bridge
  std::string command;  // PREFIX/bin/gopls-bridge -> program
  std::string units;    // $XDG_CONFIG_HOME/systemd/user
  // settings.json of each VS Code whose data lies in the home directory; they need not exist.
  std::vector<std::string> settings;
  std::string complaint;  // not empty: there is no home directory, or PREFIX is no absolute path
};

InstallPlaces install_places(const server::Environment& environment, const std::string* prefix);

}  // namespace bridge::cli
