// What an editor that was told one server's abilities would miss with another server: compares two
// results of `initialize`.
//
// For the moments in which a session changes servers, never for the relay's path: it builds JSON
// trees. What the other server can do in addition is no difference, because the editor does not
// know of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bridge::session {

struct CapabilityChange {
  // In words: "hoverProvider", "executeCommandProvider.commands: gopls.tidy",
  // "positionEncoding is utf-8, was utf-16".
  std::vector<std::string> lost;
  // The numbers that stand for colours mean others.
  bool legend_changed = false;
  // "v0.23.0"; empty: not known.
  std::string version_before;
  std::string version_now;

  // Whether a session can go on with the new server as if it were the old one.
  bool none() const noexcept { return lost.empty() && !legend_changed; }
};

// Both raw: the value of the answer's `result`.
CapabilityChange compare_capabilities(std::string_view result_before, std::string_view result_now);

// For the log: "v0.24.0 instead of v0.23.0; lost: hoverProvider, … and 12 more".
std::string describe(const CapabilityChange& change);

// serverInfo.version of a raw result. gopls puts all its build information there: then the version
// of gopls in it. Empty: not known.
std::string server_version(std::string_view result);

}  // namespace bridge::session
