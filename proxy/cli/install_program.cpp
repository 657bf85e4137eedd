#include "proxy/cli/install_program.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "proxy/cli/install_files.h"
#include "proxy/server/elf_file.h"
#include "proxy/server/go_build_info.h"

namespace bridge::cli {

ProgramImage program_image(const std::string& file, const std::string& go_version) {
  auto content = read_file(file);
  if (!content)
    return {.content = {}, .complaint = "cannot read " + file + ": " + std::strerror(errno)};
  if (go_version.empty()) return {.content = std::move(*content), .complaint = {}};
  auto const facts = server::read_elf_facts(file);
  auto const info = server::read_build_info(file);
  auto const region = facts.go_build_info;
  if (!info || !region || region->bytes != server::kBuildInfoReservedBytes ||
      region->offset + region->bytes > content->size())
    return {.content = {}, .complaint = file + " has no room for Go build information"};
  auto const block = server::encode_build_info(go_version, info->module_text);
  if (!block) return {.content = {}, .complaint = "the Go version is too long: " + go_version};
  std::copy(block->begin(), block->end(),
            content->begin() + static_cast<std::ptrdiff_t>(region->offset));
  return {.content = std::move(*content), .complaint = {}};
}

bool is_bridge(const std::string& path) { return server::read_elf_facts(path).is_bridge; }

}  // namespace bridge::cli
