// What keeps a search from going in circles. A candidate that is no gopls by its build information
// (a script, a version manager's shim) may lead back to the bridge. Before such a one is started
// its path is written into an environment variable, and a bridge that finds itself named there
// passes the path over. A true gopls gets the environment as it came.
#pragma once

#include <string>
#include <string_view>

namespace bridge::server {

inline constexpr char kTriedVariable[] = "GOPLS_BRIDGE_TRIED";  // paths, separated by colons

// More links than any chain of wrappers has; a bound where a path cannot be found again in the list
// (one with a colon in it).
inline constexpr std::size_t kTriedPathsMax = 16;

bool was_tried(std::string_view tried, std::string_view path) noexcept;
bool too_many_tried(std::string_view tried) noexcept;

// Sets or removes the variable in this process' environment for a start of `path`. Leaves environ
// untouched where there is nothing to do.
void note_program_to_start(const std::string& path, bool is_true_gopls);

}  // namespace bridge::server
