// Rewriting the Go version in the build information of a gopls-bridge executable, also of one that
// runs: a patched copy takes the file's place by rename.
#pragma once

#include <string>
#include <string_view>

namespace bridge::server {

struct StampResult {
  enum class Outcome { written, already, refused };
  Outcome outcome = Outcome::refused;
  std::string complaint;  // where refused: names the file and what is wrong
};

// `path` must name the file itself, not a link to it. Mode and owner are kept; other hard links to
// the old file keep the old content.
StampResult stamp_file(const std::string& path, std::string_view go_version);

}  // namespace bridge::server
