#include "proxy/daemon/memory_pressure.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/error.hpp>
#include <charconv>
#include <utility>

#include "proxy/kernel/unique_fd.h"

namespace bridge::daemon {
namespace {

using kernel::UniqueFd;

// Some process waited for memory 200 ms of two seconds, a tenth. Windows that are multiples of two
// seconds are for users too (Linux 6.5).
constexpr std::string_view kTrigger = "some 200000 2000000";
constexpr unsigned kPercent = 10;

std::string read_text(const std::string& path) {
  UniqueFd const fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::array<char, 512> text{};  // two lines of 70 bytes
  ssize_t const size = fd ? ::read(fd.get(), text.data(), text.size()) : 0;
  return {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

}  // namespace

std::optional<unsigned> waited_for_memory(std::string_view pressure) {
  constexpr std::string_view kBegin = "some avg10=";
  if (!pressure.starts_with(kBegin)) return std::nullopt;
  pressure.remove_prefix(kBegin.size());
  unsigned whole = 0;
  auto const [end, error] =
      std::from_chars(pressure.data(), pressure.data() + pressure.size(), whole);
  if (error != std::errc()) return std::nullopt;
  return whole;
}

MemoryPressure::MemoryPressure(boost::asio::io_context& io, std::string file,
                               std::function<void()> told, std::chrono::milliseconds look_every)
    : file_(std::move(file)),
      told_(std::move(told)),
      look_every_(look_every),
      trigger_(io),
      timer_(io) {
  if (set_trigger()) {
    wait_for_trigger();
  } else if (waited_for_memory(read_text(file_))) {
    look_later();
  }
}

bool MemoryPressure::set_trigger() {
  UniqueFd fd(::open(file_.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  // With the NUL that ends it, as the kernel wants it.
  if (!fd || ::write(fd.get(), kTrigger.data(), kTrigger.size() + 1) < 0) return false;
  boost::system::error_code error;
  trigger_.assign(fd.get(), error);
  if (error) return false;
  static_cast<void>(fd.release());
  return true;
}

void MemoryPressure::wait_for_trigger() {
  trigger_.async_wait(boost::asio::posix::stream_descriptor::wait_error,
                      [this](const boost::system::error_code& error) {
                        if (error == boost::asio::error::operation_aborted) return;
                        if (error) return look_later();  // no file that can be waited for
                        wait_for_trigger();
                        auto const told = told_;
                        told();
                      });
}

void MemoryPressure::look_later() {
  timer_.expires_after(look_every_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    look_later();
    if (waited_for_memory(read_text(file_)).value_or(0) < kPercent) return;
    auto const told = told_;
    told();
  });
}

}  // namespace bridge::daemon
