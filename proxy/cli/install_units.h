// The systemd units of the daemon, as systemd/ has them, for a program in a given place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bridge::cli {

struct UnitText {
  std::string_view name;  // "gopls-bridge.socket"
  std::string_view text;  // with @PROGRAM@ where the program's path belongs
};
// All of them; generated from systemd/*.in.
const std::vector<UnitText>& unit_texts();

// The sockets of the instance without a name, which `install` enables, and their service.
inline constexpr const char* kSocketUnits[] = {"gopls-bridge.socket", "gopls-bridge-lsp.socket"};
inline constexpr char kServiceUnit[] = "gopls-bridge.service";

// The first line of each unit that we write: no other file is changed or removed.
inline constexpr std::string_view kUnitMark = "# Written by gopls-bridge install.\n";

// As it is written to disk.
std::string unit_file(const UnitText& unit, std::string_view program);

}  // namespace bridge::cli
