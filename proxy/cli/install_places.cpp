#include "proxy/cli/install_places.h"

#include "proxy/cli/install_files.h"

namespace bridge::cli {
namespace {

// Below the home directory. The server of a remote window (WSL, SSH) has settings of its own, which
// hold for all windows on that machine.
constexpr const char* kServerSettings[] = {
    ".vscode-server/data/Machine",
    ".vscode-server-insiders/data/Machine",
    ".vscodium-server/data/Machine",
    ".cursor-server/data/Machine",
};
// Below the configuration directory.
constexpr const char* kDesktopSettings[] = {
    "Code/User",
    "Code - Insiders/User",
    "VSCodium/User",
    "Cursor/User",
};

std::string without_slash_at_the_end(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

InstallPlaces install_places(const server::Environment& environment, const std::string* prefix) {
  InstallPlaces places;
  std::string const home(environment.get("HOME"));
  if (!home.starts_with('/')) {
    places.complaint = "HOME is not set to a directory";
    return places;
  }
  auto const root = prefix == nullptr ? home + "/.local" : without_slash_at_the_end(*prefix);
  if (!root.starts_with('/')) {
    places.complaint = "--prefix needs an absolute path, not \"" + root + "\"";
    return places;
  }
  auto const own = root + "/share/gopls-bridge/bin";
  places.program = own + "/gopls-bridge";
  places.gopls = own + "/gopls";
  places.command = root + "/bin/gopls-bridge";

  std::string config(environment.get("XDG_CONFIG_HOME"));
  if (!config.starts_with('/')) config = home + "/.config";
  places.units = config + "/systemd/user";
  auto const add = [&](const std::string& folder) {
    if (exists(folder)) places.settings.push_back(folder + "/settings.json");
  };
  for (auto const* const folder : kServerSettings) add(home + "/" + folder);
  for (auto const* const folder : kDesktopSettings) add(config + "/" + folder);
  return places;
}

}  // namespace bridge::cli
