// The two directions of a session. Never "client", "upstream", "in" or "out".
#pragma once

#include <cstdint>
#include <string_view>

namespace bridge::relay {

enum class Direction : std::uint8_t { to_server, to_editor };

constexpr std::string_view to_string(Direction direction) noexcept {
  return direction == Direction::to_server ? "to_server" : "to_editor";
}

}  // namespace bridge::relay
