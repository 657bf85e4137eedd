#include "bench/system_calls.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "bench/process.h"

namespace bridge::bench {

namespace {

// The tracepoint's number; 0 where tracefs does not tell.
std::uint64_t tracepoint() {
  static std::uint64_t const number = [] {
    for (auto const* root : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
      auto const text = read_text(std::string(root) + "/events/raw_syscalls/sys_enter/id");
      if (!text.empty()) return std::strtoull(text.c_str(), nullptr, 10);
    }
    return 0ULL;
  }();
  return number;
}

kernel::UniqueFd open_counter(pid_t process) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.size = sizeof attributes;
  attributes.config = tracepoint();
  attributes.inherit = 1;  // threads that it starts
  return kernel::UniqueFd(static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, process, -1, -1, PERF_FLAG_FD_CLOEXEC)));
}

}  // namespace

const std::string& SystemCalls::why_not() {
  static std::string const reason = [] {
    if (tracepoint() == 0)
      return std::string(
          "not permitted: /sys/kernel/tracing is not to be read (mount -t tracefs nodev "
          "/sys/kernel/tracing, as root)");
    if (!open_counter(::getpid()))
      return std::string("not permitted: perf_event_open: ") + std::strerror(errno);
    return std::string();
  }();
  return reason;
}

SystemCalls::SystemCalls(const std::vector<pid_t>& processes) {
  for (pid_t const process : processes) {
    for (pid_t const thread : threads_of(process)) counters_.push_back(open_counter(thread));
  }
}

std::optional<std::uint64_t> SystemCalls::count() const {
  std::uint64_t sum = 0;
  for (auto const& counter : counters_) {
    std::uint64_t value = 0;
    if (!counter || ::read(counter.get(), &value, sizeof value) != sizeof value)
      return std::nullopt;
    sum += value;
  }
  return sum;
}

}  // namespace bridge::bench
