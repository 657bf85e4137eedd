#include "proxy/relay/telling_line.h"

#include <algorithm>

namespace bridge::relay {

bool begins_a_panic(std::string_view line) {
  return line.starts_with("panic:") || line.starts_with("fatal error:") ||
         line.starts_with("runtime:");
}

void TellingLine::see(std::string_view lines) {
  while (!lines.empty()) {
    std::size_t const end = std::min(lines.find('\n'), lines.size());
    std::string_view const line = lines.substr(0, std::min(end, kBytesMax));
    lines.remove_prefix(std::min(end + 1, lines.size()));
    bool const panic = begins_a_panic(line);
    if (line.empty() || (panicked_ && !panic)) continue;
    panicked_ = panic;
    text_ = line;
  }
}

}  // namespace bridge::relay
