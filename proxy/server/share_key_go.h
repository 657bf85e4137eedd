// The go command behind a name: links followed, and behind a version manager's shim the one that it
// runs in a directory. Which `go` a gopls runs decides what all its sessions see
// (golang/go#50991), so what is not known for sure is said, not guessed.
#pragma once

#include <chrono>
#include <string>

#include "proxy/server/environment.h"

namespace bridge::server {

struct GoCommand {
  std::string complaint;  // not empty: there is none to be sure of; why, in words for the user
  std::string path;       // real path
  std::string root;       // its GOROOT: the directory above bin/
  std::string version;    // "go1.26.8", of GOROOT/VERSION, else of its build information
  // What a shim tells the go that it runs, and what therefore is told to `path` in its place
  // (asdf and goenv keep a GOPATH for each version); empty: nothing, or no shim.
  std::string gopath;
  std::string gobin;
};

// Starts a process, `go env` in `directory`, only where `go` is a shim: a file that is no go
// command by its build information. Its answer holds for that directory and is never kept.
GoCommand resolve_go(const std::string& go, const std::string& directory,
                     const Environment& environment, std::chrono::milliseconds patience);

// Links followed; empty where it does not lead anywhere.
std::string real_path(const std::string& path);

}  // namespace bridge::server
