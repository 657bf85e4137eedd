#include "proxy/server/process_usage.h"

#include <unistd.h>

#include "proxy/server/proc_stat.h"

namespace bridge::server {
namespace {

std::optional<std::uint64_t> pss_kib(pid_t pid) {
  constexpr std::string_view kLine = "\nPss:";
  auto const text = read_proc_file(pid, "smaps_rollup");
  auto const at = text.find(kLine);
  if (at == std::string::npos) return std::nullopt;
  return number_at(std::string_view(text).substr(at + kLine.size()));
}

std::optional<std::chrono::milliseconds> cpu_time(pid_t pid) {
  auto const user = proc_stat_field(pid, 14);
  auto const system = proc_stat_field(pid, 15);
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
