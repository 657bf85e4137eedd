// Tells when the machine is short of memory: by the kernel's own trigger where this user may set
// one, else by looking every ten seconds (proc_pressure: Documentation/accounting/psi.rst). Where
// the kernel keeps no such account, never.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace bridge::daemon {

class MemoryPressure {
 public:
  static constexpr char kFile[] = "/proc/pressure/memory";

  // `told` is called from the io_context's handlers; it may end this object's life.
  MemoryPressure(boost::asio::io_context& io, std::string file, std::function<void()> told,
                 std::chrono::milliseconds look_every = std::chrono::seconds(10));
  MemoryPressure(const MemoryPressure&) = delete;
  MemoryPressure& operator=(const MemoryPressure&) = delete;

 private:
  bool set_trigger();
  void wait_for_trigger();
  void look_later();

  std::string file_;
  std::function<void()> told_;
  std::chrono::milliseconds look_every_;
  boost::asio::posix::stream_descriptor trigger_;
  boost::asio::steady_timer timer_;
};

// Of that file: the share of the last ten seconds, in whole percent, in which some process waited
// for memory. nullopt: it does not say.
std::optional<unsigned> waited_for_memory(std::string_view pressure);

}  // namespace bridge::daemon
