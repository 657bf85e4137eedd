// Names of what relayed.h lets a test choose, and which of it this build has.
#include "tests/zero_copy/relayed.h"

namespace bridge::zero_copy {

std::string to_string(EditorKind kind) {
  switch (kind) {
    case EditorKind::socketpairs:
      return "Socketpairs";
    case EditorKind::one_socket:
      return "OneSocket";
    case EditorKind::fifos:
      return "Fifos";
    case EditorKind::terminal:
      return "Terminal";
    case EditorKind::files:
      return "Files";
  }
  return "?";
}

std::string to_string(ServerKind kind) {
  switch (kind) {
    case ServerKind::held:
      return "Held";
    case ServerKind::unix_socket:
      return "Unix";
    case ServerKind::tcp:
      return "Tcp";
  }
  return "?";
}

std::string to_string(Mode mode) { return mode == Mode::automatic ? "auto" : "off"; }

bool has_zero_copy() {
  static bool const has = [] {
    rigs::TempDir const empty;
    rigs::StdioChild config(
        {.argv = {BRIDGE_BINARY, "config"}, .env = {"XDG_CONFIG_HOME=" + empty.path()}});
    return config.read_to_end().find("zero_copy") != std::string::npos;
  }();
  return has;
}

std::vector<Mode> modes() {
  if (has_zero_copy()) return {Mode::automatic, Mode::off};
  return {Mode::automatic};
}

}  // namespace bridge::zero_copy
