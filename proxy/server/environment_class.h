// What becomes of each variable of a front's environment when its gopls is shared: part of the key,
// told to gopls for this session alone, or left out. The table, with its reasons, is in DESIGN.md,
// "Who may share". Pure: names only, never values.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace bridge::server {

enum class EnvironmentClass : std::uint8_t {
  keyed,    // gopls has one of it; equal among all that share it
  session,  // told per session: go, git, compilers and credential helpers may read it
  ignored,  // of a window, a terminal or one process: nothing that gopls starts can use it
};

// PATH is `session`; the key has what it leads to.
EnvironmentClass classify_variable(std::string_view name) noexcept;

// The keyed names, in order.
std::span<const std::string_view> keyed_variables() noexcept;

}  // namespace bridge::server
