// Names of what relayed.h lets a test choose.
#include <ostream>

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

std::string to_string(const Ends& ends) {
  return to_string(ends.editor) + to_string(ends.server) +
         (ends.mode == Mode::off ? "BufferOnly" : "");
}
void PrintTo(const Ends& ends, std::ostream* out) { *out << to_string(ends); }

}  // namespace bridge::zero_copy
