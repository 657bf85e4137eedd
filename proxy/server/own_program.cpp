#include "proxy/server/own_program.h"

#include <unistd.h>

#include <array>
#include <string_view>

namespace bridge::server {

std::string own_program_path() {
  // What the kernel appends once the file is another one, or gone.
  constexpr std::string_view kDeleted = " (deleted)";
  std::array<char, 4096> path{};
  ssize_t const size = ::readlink("/proc/self/exe", path.data(), path.size());
  std::string text(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  if (text.ends_with(kDeleted)) text.resize(text.size() - kDeleted.size());
  return text;
}

}  // namespace bridge::server
