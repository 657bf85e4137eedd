#include "proxy/server/proc_stat.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "proxy/kernel/unique_fd.h"

namespace bridge::server {
namespace {

// The files asked for are shorter: about 1 KiB and 0.4 KiB.
constexpr std::size_t kFileBytesMax = 4096;

}  // namespace

// Such a file may come in pieces.
std::string read_proc_file(pid_t pid, std::string_view name) {
  std::string const path = "/proc/" + std::to_string(pid) + '/' + std::string(name);
  kernel::UniqueFd const fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(kFileBytesMax, '\0');
  std::size_t size = 0;
  while (fd && size < text.size()) {
    ssize_t const got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

std::optional<std::uint64_t> number_at(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::uint64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> proc_stat_field(pid_t pid, int number) {
  // The second field is the name in parentheses, which may hold anything.
  auto const text = read_proc_file(pid, "stat");
  auto const name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(text).substr(name_end);
  for (int field = 2; field < number; ++field) {
    rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
  }
  return number_at(rest);
}

}  // namespace bridge::server
