// Which files a walk looks at, by their names.
#pragma once

#include <string_view>

namespace bridge::session {

enum class Watched {
  no,
  told,        // gopls is told of changes
  beside_go,   // of cgo: only where there are Go files, and no event repairs it
  vendor_list  // vendor/modules.txt: as little
};

// `directory`: its path or its name.
Watched watched(std::string_view directory, std::string_view name) noexcept;

// Directories in which no Go package lies: of version control, and node_modules, whose size would
// be most of the walk.
bool is_entered(std::string_view name) noexcept;

}  // namespace bridge::session
