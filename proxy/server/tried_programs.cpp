#include "proxy/server/tried_programs.h"

#include <algorithm>
#include <cstdlib>

namespace bridge::server {

bool was_tried(std::string_view tried, std::string_view path) noexcept {
  for (;;) {
    auto const colon = tried.find(':');
    if (!path.empty() && tried.substr(0, colon) == path) return true;
    if (colon == std::string_view::npos) return false;
    tried.remove_prefix(colon + 1);
  }
}

bool too_many_tried(std::string_view tried) noexcept {
  return std::count(tried.begin(), tried.end(), ':') + 1 >=
         static_cast<std::ptrdiff_t>(kTriedPathsMax);
}

void note_program_to_start(const std::string& path, bool is_true_gopls) {
  const char* const tried = std::getenv(kTriedVariable);
  if (is_true_gopls) {
    if (tried != nullptr) ::unsetenv(kTriedVariable);
    return;
  }
  std::string const value =
      tried == nullptr || *tried == '\0' ? path : std::string(tried) + ':' + path;
  ::setenv(kTriedVariable, value.c_str(), 1);
}

}  // namespace bridge::server
