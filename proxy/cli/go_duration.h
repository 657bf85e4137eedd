// A length of time as Go writes it ("90s", "1h30m", "500ms", "1.5h"): time.ParseDuration, with its
// limits, so that a text is taken here exactly if gopls would take it.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace bridge::cli {

std::optional<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

}  // namespace bridge::cli
