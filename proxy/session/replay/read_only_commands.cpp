#include "proxy/session/replay/read_only_commands.h"

#include <algorithm>
#include <array>

namespace bridge::session {
namespace {

// By gopls' documentation of each (v0.24, doc of internal/protocol/command): those that return what
// they read, change no file, open no page and start nothing. Left out though they read: what needs
// a state that a fresh server has not (fetch_vulncheck_result), and what has a cost of minutes
// (vulncheck).
constexpr std::array<std::string_view, 9> kReadOnly = {
    "gopls.list_imports", "gopls.list_known_packages", "gopls.mem_stats",
    "gopls.modules",      "gopls.package_symbols",     "gopls.packages",
    "gopls.views",        "gopls.resolve_target",      "gopls.workspace_stats"};

}  // namespace

bool is_read_only_command(std::string_view raw_command) noexcept {
  if (raw_command.size() < 2) return false;
  std::string_view const command = raw_command.substr(1, raw_command.size() - 2);
  return std::find(kReadOnly.begin(), kReadOnly.end(), command) != kReadOnly.end();
}

}  // namespace bridge::session
