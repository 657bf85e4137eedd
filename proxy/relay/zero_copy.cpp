#include "proxy/relay/zero_copy.h"

#include <sys/utsname.h>

#include <charconv>

namespace bridge::relay {

ZeroCopy zero_copy_that_pays(std::string_view release) noexcept {
  constexpr int kMajor = 6;
  constexpr int kMinor = 5;
  const char* const end = release.data() + release.size();
  int major = 0;
  int minor = 0;
  auto const first = std::from_chars(release.data(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return ZeroCopy::off;
  if (std::from_chars(first.ptr + 1, end, minor).ec != std::errc()) return ZeroCopy::off;
  bool const pays = major > kMajor || (major == kMajor && minor >= kMinor);
  return pays ? ZeroCopy::on : ZeroCopy::off;
}

ZeroCopy zero_copy_that_pays() noexcept {
  utsname system{};
  return ::uname(&system) == 0 ? zero_copy_that_pays(system.release) : ZeroCopy::off;
}

}  // namespace bridge::relay
