// The Go build information of an ELF file, as `go version -m` reads it: the section .go.buildinfo
// with the Go version and the module text inline (debug/buildinfo, Go 1.18 and later). Ours is a
// reserved block of fixed size (proxy/cli/identity.cpp), so that it can be rewritten in place:
// objcopy breaks exception tables when a section grows.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bridge::server {

// Many times our own text; zeros behind it are read without complaint (go 1.25 to 1.27).
inline constexpr std::size_t kBuildInfoReservedBytes = 4096;

struct GoBuildInfo {
  std::string go_version;   // "go1.26.8"
  std::string module_text;  // "path\tgolang.org/x/tools/gopls\nmod\t…\n"
};

namespace build_info {

// debug/buildinfo: magic, pointer size (unused), flags; bit 1 of flags: strings inline at byte 32.
inline constexpr std::string_view kMagic = "\xff Go buildinf:";
inline constexpr std::size_t kHeaderBytes = 32;
inline constexpr char kPointerBytes = 8;
inline constexpr char kInlineStrings = 2;
// cmd/go/internal/modload: the text is wrapped in these, which a linker never produces by chance.
inline constexpr std::string_view kTextStart =
    "\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6";
inline constexpr std::string_view kTextEnd{
    "\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2", 16};  // holds a NUL
static_assert(kMagic.size() == 14 && kTextStart.size() == 16);

}  // namespace build_info

using BuildInfoBlock = std::array<char, kBuildInfoReservedBytes>;

// Nothing if it does not fit the block. Constant-evaluated for the block in the executable.
constexpr std::optional<BuildInfoBlock> encode_build_info(std::string_view go_version,
                                                          std::string_view module_text) {
  std::size_t const text_bytes =
      build_info::kTextStart.size() + module_text.size() + build_info::kTextEnd.size();
  // Each length takes at most 2 bytes as uvarint below 16384.
  if (build_info::kHeaderBytes + 2 + go_version.size() + 2 + text_bytes > kBuildInfoReservedBytes)
    return std::nullopt;
  BuildInfoBlock block{};
  std::size_t at = 0;
  auto const put = [&](std::string_view bytes) {
    for (char const c : bytes) block[at++] = c;
  };
  auto const put_length = [&](std::size_t length) {
    if (length >= 0x80) block[at++] = static_cast<char>((length & 0x7f) | 0x80);
    block[at++] = static_cast<char>(length >= 0x80 ? length >> 7 : length);
  };
  put(build_info::kMagic);
  block[14] = build_info::kPointerBytes;
  block[15] = build_info::kInlineStrings;
  at = build_info::kHeaderBytes;
  put_length(go_version.size());
  put(go_version);
  put_length(text_bytes);
  put(build_info::kTextStart);
  put(module_text);
  put(build_info::kTextEnd);
  return block;
}

// `section` is the content of .go.buildinfo, or its beginning. Nothing if it has no version inline
// (Go before 1.18) or is damaged.
std::optional<GoBuildInfo> decode_build_info(std::string_view section);

// Reads the build information of the file; at most 1 MiB of it.
std::optional<GoBuildInfo> read_build_info(int fd);
std::optional<GoBuildInfo> read_build_info(const std::string& path);

// The main package's import path in `info`: "golang.org/x/tools/gopls"; empty if it has none.
std::string_view main_package(const GoBuildInfo& info);

}  // namespace bridge::server
