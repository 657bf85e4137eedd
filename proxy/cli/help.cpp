#include <unistd.h>

#include "proxy/cli/commands.h"
#include "proxy/cli/print.h"
#include "proxy/cli/version.h"
#include "proxy/exit_codes.h"

namespace bridge::cli {

int print_help() {
  std::string text =
      "gopls-bridge stands where an editor starts gopls, and runs the real gopls behind itself.\n"
      "\n"
      "  gopls-bridge [serve] [gopls' flags]   an LSP session on stdin and stdout\n"
      "  gopls-bridge config                   the settings in force, and where each came from\n"
      "  gopls-bridge stamp [FILE]             writes the Go version of your gopls into FILE "
      "(this\n"
      "                                        program), which `go version -m` then reads\n"
      "  gopls-bridge status [--json] [--watch]\n"
      "                                        what is shared: the daemon, each gopls, each "
      "session,\n"
      "                                        and what is parked\n"
      "  gopls-bridge restart-server [sN]      the sessions of that gopls (of all) take a new one\n"
      "  gopls-bridge drop [pN]                that parked session (each) is ended\n"
      "  gopls-bridge logs [--follow] [--server sN]\n"
      "                                        the daemon's log, or the stderr of a gopls\n"
      "  gopls-bridge daemon                   the daemon that shares; the first session starts "
      "one\n"
      "  gopls-bridge install, uninstall       puts program, links and systemd units in place\n"
      "                                        (--dry-run, --vscode, --prefix DIR)\n"
      "  gopls-bridge bench [--help]           what the path costs on this machine, beside what "
      "else\n"
      "                                        does its job\n"
      "  gopls-bridge COMMAND ...              any other command is gopls' own: `gopls-bridge "
      "help`\n"
      "                                        is the help of gopls\n"
      "\n"
      "Flags of the bridge; each is also a variable and a key of the configuration file:\n";
  for (auto const& key : kSettingKeys) {
    std::string line = "  ";
    if (!key.flag.empty()) line.append("--").append(key.flag).append(" ");
    line.resize(std::max<std::size_t>(line.size(), 20), ' ');
    line.append(key.variable).append("  ");
    line.resize(std::max<std::size_t>(line.size(), 62), ' ');
    text.append(line).append(key.key).append("\n      ").append(key.about);
    if (!key.default_value.empty()) text.append(" (").append(key.default_value).append(")");
    text.append("\n");
  }
  text +=
      "  --config FILE   GOPLS_BRIDGE_CONFIG\n"
      "      the configuration file ($XDG_CONFIG_HOME/gopls-bridge/config.toml)\n"
      "  --version, --help\n";
  return print(text);
}

int print_version() { return print("gopls-bridge " BRIDGE_VERSION "\n"); }

}  // namespace bridge::cli
