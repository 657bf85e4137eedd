#include "bench/gopls/foreign_share.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "bench/process.h"

namespace bridge::bench {
namespace {

// The time in which all CPUs together were not idle, from the first line of /proc/stat: user, nice,
// system, idle, iowait, irq, softirq, steal, proc(5).
nanoseconds busy_time() {
  constexpr int kIdle = 3;
  constexpr int kIoWait = 4;
  constexpr int kFields = 8;
  std::string const text = read_text("/proc/stat");
  const char* at = text.c_str() + std::min<std::size_t>(text.size(), 3);  // behind "cpu"
  long ticks = 0;
  for (int field = 0; field < kFields; ++field) {
    char* end = nullptr;
    long const value = std::strtol(at, &end, 10);
    if (field != kIdle && field != kIoWait) ticks += value;
    at = end;
  }
  return nanoseconds(std::chrono::seconds(1)) / ::sysconf(_SC_CLK_TCK) * ticks;
}

}  // namespace

ForeignShare::ForeignShare(std::vector<pid_t> ours)
    : ours_(std::move(ours)),
      ours_before_(our_time()),
      all_before_(busy_time()),
      start_(std::chrono::steady_clock::now()) {}

nanoseconds ForeignShare::our_time() const {
  nanoseconds sum = own_cpu_time();
  for (pid_t const pid : ours_) sum += cpu_time(pid);
  return sum;
}

double ForeignShare::share() const {
  nanoseconds const foreign = (busy_time() - all_before_) - (our_time() - ours_before_);
  nanoseconds const all =
      (std::chrono::steady_clock::now() - start_) * ::sysconf(_SC_NPROCESSORS_ONLN);
  return std::clamp(static_cast<double>(foreign.count()) / static_cast<double>(all.count()), 0.0,
                    1.0);
}

}  // namespace bridge::bench
