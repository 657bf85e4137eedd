#include "proxy/server/process_usage.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "proxy/kernel/unique_fd.h"

namespace bridge::server {
namespace {

// Both files are shorter: about 1 KiB and 0.4 KiB.
constexpr std::size_t kFileBytesMax = 4096;

// Empty where it cannot be read. Such a file may come in pieces.
std::string read_file(pid_t pid, std::string_view name) {
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

std::optional<std::uint64_t> pss_kib(pid_t pid) {
  constexpr std::string_view kLine = "\nPss:";
  auto const text = read_file(pid, "smaps_rollup");
  auto const at = text.find(kLine);
  if (at == std::string::npos) return std::nullopt;
  return number_at(std::string_view(text).substr(at + kLine.size()));
}

std::optional<std::chrono::milliseconds> cpu_time(pid_t pid) {
  // utime and stime are fields 14 and 15 of proc(5); the second is the name in parentheses, which
  // may hold anything.
  constexpr int kFieldsBehindName = 14 - 2;
  auto const text = read_file(pid, "stat");
  auto const name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(text).substr(name_end);
  for (int field = 0; field < kFieldsBehindName; ++field)
    rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
  auto const user = number_at(rest);
  rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
  auto const system = number_at(rest);
  long const ticks_per_second = ::sysconf(_SC_CLK_TCK);
  if (!user || !system || ticks_per_second <= 0) return std::nullopt;
  return std::chrono::milliseconds((*user + *system) * 1000 /
                                   static_cast<std::uint64_t>(ticks_per_second));
}

}  // namespace

std::optional<ProcessUsage> process_usage(pid_t pid) {
  auto const memory = pss_kib(pid);
  auto const cpu = cpu_time(pid);
  if (!memory || !cpu) return std::nullopt;
  return ProcessUsage{.pss_kib = *memory, .cpu = *cpu};
}

}  // namespace bridge::server
