// The executable of `install`: this one, with the Go version of the fronted gopls in its build
// information, as `stamp` writes it.
#pragma once

#include <optional>
#include <string>

namespace bridge::cli {

struct ProgramImage {
  std::string content;  // empty: `complaint` says why
  std::string complaint;
};
// `go_version` empty: as it is.
ProgramImage program_image(const std::string& file, const std::string& go_version);

// Whether a file is some build of the bridge.
bool is_bridge(const std::string& path);

}  // namespace bridge::cli
