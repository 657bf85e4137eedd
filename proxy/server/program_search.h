// Finds the real gopls and go, and never the bridge itself: not by inode, link or copy (a note in
// its ELF file tells every install), not through a script or shim that leads back
// (tried_programs.h). Looks at files only; starts nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proxy/server/environment.h"

namespace bridge::server {

// A path that the user has chosen, and where: "--gopls", "GOPLS_BRIDGE_GOPLS", "/x/config.toml:3".
struct ExplicitProgram {
  std::string path;
  std::string source;
};

struct FoundProgram {
  std::string path;   // absolute, links not resolved: shims go by the name they are called
  std::string place;  // what led to it: "PATH", "GOBIN", "a usual place" or the explicit source
  // By its build information; false for scripts, shims and a gopls without module information.
  bool is_true_gopls = false;
};

struct ProgramSearch {
  std::optional<FoundProgram> found;
  // Why an explicit choice cannot be used. Then nothing else was looked for: what the user has
  // named is never passed over in silence.
  std::string complaint;
  std::vector<std::string> searched;  // directories, in order, each once
};

ProgramSearch find_gopls(const std::optional<ExplicitProgram>& chosen,
                         const Environment& environment);
ProgramSearch find_go(const std::optional<ExplicitProgram>& chosen, const Environment& environment);

// For the one line on stderr where no gopls was found: what was searched, and what installs it.
std::string describe_missing_gopls(const ProgramSearch& gopls, const ProgramSearch& go);

}  // namespace bridge::server
