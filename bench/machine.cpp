#include "bench/machine.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "bench/process.h"

namespace bridge::bench {
namespace {

using Seconds = std::chrono::duration<double>;

// The text behind "NAME<tabs>: " at the beginning of a line.
std::string value_in(const std::string& text, const std::string& name) {
  auto const at = text.find("\n" + name);
  if (at == std::string::npos) return {};
  auto const colon = text.find(": ", at);
  auto const end = text.find('\n', at + 1);
  if (colon == std::string::npos || colon > end) return {};
  return text.substr(colon + 2, end - colon - 2);
}

Seconds busy_time() {
  // "cpu  user nice system idle iowait irq softirq steal …"
  std::string const text = read_text("/proc/stat");
  const char* at = text.c_str() + std::min<std::size_t>(text.size(), 4);
  std::array<double, 8> ticks{};
  for (double& tick : ticks) {
    char* end = nullptr;
    tick = static_cast<double>(std::strtoull(at, &end, 10));
    at = end;
  }
  double const busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7];
  return Seconds(busy / static_cast<double>(::sysconf(_SC_CLK_TCK)));
}

Seconds our_time() {
  Seconds sum{};
  for (int const who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    ::getrusage(who, &usage);
    for (auto const& time : {usage.ru_utime, usage.ru_stime})
      sum += std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  }
  return sum;
}

}  // namespace

void add_machine(Report& report, const std::string& version, const std::string& command) {
  utsname name{};
  ::uname(&name);
  std::array<char, 64> date{};
  // Not time(2), which glibc chooses when a program starts: every session would touch its page.
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm calendar{};
  ::gmtime_r(&now.tv_sec, &calendar);
  ::strftime(date.data(), date.size(), "%Y-%m-%d %H:%M UTC", &calendar);
  std::string const load = read_text("/proc/loadavg");
  std::string cpu = value_in("\n" + read_text("/proc/cpuinfo"), "model name");
  if (cpu.empty()) cpu = name.machine;
  auto const cpus = ::sysconf(_SC_NPROCESSORS_ONLN);
  std::string machine = cpu + ", " + std::to_string(cpus) + (cpus == 1 ? " CPU" : " CPUs");
  if (read_text("/proc/cpuinfo").find(" hypervisor") != std::string::npos)
    machine += ", virtual machine";

  report.facts.insert(
      report.facts.end(),
      {{"command", command},
       {"version", version},
       {"date", date.data()},
       {"machine", machine},
       {"kernel", std::string(name.sysname) + " " + name.release},
       {"load", load.substr(0, load.find(' ', load.find(' ', load.find(' ') + 1) + 1))}});
}

ForeignWatch::ForeignWatch()
    : busy_(busy_time()), ours_(our_time()), began_(std::chrono::steady_clock::now()) {}

double ForeignWatch::share() const {
  Seconds const wall = std::chrono::steady_clock::now() - began_;
  Seconds const foreign = (busy_time() - busy_) - (our_time() - ours_);
  auto const cpus = static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
  return std::max(0.0, foreign / (wall * cpus));
}

}  // namespace bridge::bench
