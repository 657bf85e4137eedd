// Who may share a gopls: everything of a front's surroundings that a gopls has only one of, as a
// key, and the rest as what each session tells it (DESIGN.md, "Who may share", has the table and
// the reasons). Values stay in here and in what gopls is started with: they never reach logs or
// status; names and the digest may.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "proxy/server/environment.h"
#include "proxy/server/program_search.h"

namespace bridge::server {

struct ShareKeyInput {
  FoundProgram gopls;
  std::vector<std::string> args;  // for gopls, as a private one would get them
  // The go that a private gopls would run, if any was found.
  std::string go;
  std::string working_directory;
  std::vector<std::string> folders;  // part of the key; empty unless isolation is "workspace"
  // What finding the real go behind a version manager's shim may take.
  std::chrono::milliseconds patience{500};
};

struct ShareKey {
  // Not empty: this session must have a gopls of its own, and why, in words for the user.
  std::string own_reason;

  std::string text;        // NAME=value lines; equal texts may share
  std::string digest;      // 16 hex digits of it
  std::string gopls;       // real path, for status
  std::string go;          // real path of the go command; empty: none found
  std::string go_version;  // "go1.26.8", from its VERSION file; empty: not known

  // What gopls is started with, whole: keyed values, PATH with the keyed go first, little else.
  std::vector<std::string> server_environment;  // NAME=value
  std::vector<std::string> server_args;         // of those given, what a shared gopls gets
  // For params.initializationOptions.env of the session: its environment without the keyed and the
  // ignored names, and "" for what gopls has been started with and this front does not have.
  std::vector<std::pair<std::string, std::string>> session_environment;
};

// Starts a process only where `go` is a shim: `go env GOROOT` in the working directory.
ShareKey make_share_key(const ShareKeyInput& input, const Environment& environment);

}  // namespace bridge::server
