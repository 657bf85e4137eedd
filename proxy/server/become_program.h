// Becoming another program in this process: same pid, descriptors, environment, signal dispositions
// and, in the end, exit status. Used where a command is gopls' own.
#pragma once

#include <string>
#include <system_error>
#include <vector>

namespace bridge::server {

// Returns only when the kernel refused. `path` must be absolute: it becomes argv[0] as it is, and
// gopls' vulncheck runs its argv[0] again.
std::error_code become_program(const std::string& path, const std::vector<std::string>& args);

}  // namespace bridge::server
