#include "proxy/server/go_build_info.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "proxy/kernel/unique_fd.h"
#include "proxy/server/elf_file.h"

namespace bridge::server {
namespace {

// gopls v0.23.0 has 2.5 KB; a program with a thousand dependencies stays below 128 KiB.
constexpr std::uint64_t kSectionBytesMax = std::uint64_t{1024} * 1024;

// Takes a length and as many bytes off the front of `rest`; nothing if they are not all there.
std::optional<std::string_view> take_string(std::string_view& rest) {
  std::uint64_t length = 0;
  std::size_t at = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (at == rest.size() || shift > 28) return std::nullopt;  // nothing here is above 1 MiB
    auto const byte = static_cast<unsigned char>(rest[at++]);
    length |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (length > rest.size() - at) return std::nullopt;
  auto const text = rest.substr(at, length);
  rest.remove_prefix(at + length);
  return text;
}

}  // namespace

std::optional<GoBuildInfo> decode_build_info(std::string_view section) {
  using namespace build_info;
  // debug/buildinfo looks for the magic at every 16th byte.
  while (section.size() >= kHeaderBytes && !section.starts_with(kMagic)) section.remove_prefix(16);
  if (section.size() < kHeaderBytes || (section[15] & kInlineStrings) == 0) return std::nullopt;
  section.remove_prefix(kHeaderBytes);
  auto const version = take_string(section);
  if (!version || version->empty()) return std::nullopt;
  GoBuildInfo info{.go_version = std::string(*version), .module_text = {}};
  auto text = take_string(section);
  // As debug/buildinfo: a text whose wrapping is not as expected counts as none.
  if (text && text->size() >= 33 && (*text)[text->size() - 17] == '\n')
    info.module_text = text->substr(16, text->size() - 32);
  return info;
}

std::optional<GoBuildInfo> read_build_info(int fd) {
  auto const region = read_elf_facts(fd).go_build_info;
  if (!region) return std::nullopt;
  std::string section(std::min(region->bytes, kSectionBytesMax), '\0');
  ssize_t const got =
      ::pread(fd, section.data(), section.size(), static_cast<off_t>(region->offset));
  if (got <= 0) return std::nullopt;
  section.resize(static_cast<std::size_t>(got));
  return decode_build_info(section);
}

std::optional<GoBuildInfo> read_build_info(const std::string& path) {
  kernel::UniqueFd const fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  return fd ? read_build_info(fd.get()) : std::nullopt;
}

std::string_view main_package(const GoBuildInfo& info) {
  constexpr std::string_view kPath = "path\t";
  std::string_view const text = info.module_text;
  if (!text.starts_with(kPath)) return {};
  return text.substr(kPath.size(), text.find('\n') - kPath.size());
}

}  // namespace bridge::server
