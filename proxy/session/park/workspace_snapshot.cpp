#include "proxy/session/park/workspace_snapshot.h"

namespace bridge::session {

std::optional<WorkspaceSnapshot> WorkspaceSnapshot::take(const WalkRequest&, std::string& error) {
  error = "not written yet";
  return std::nullopt;
}
SnapshotChanges WorkspaceSnapshot::changes_since(const WorkspaceSnapshot&) const { return {}; }
std::size_t WorkspaceSnapshot::files() const noexcept { return 0; }
std::size_t WorkspaceSnapshot::directories() const noexcept { return 0; }
std::size_t WorkspaceSnapshot::memory() const noexcept { return 0; }
std::string WorkspaceSnapshot::serialise() const { return {}; }
std::optional<WorkspaceSnapshot> WorkspaceSnapshot::parse(std::string_view, std::string& error) {
  error = "not written yet";
  return std::nullopt;
}

}  // namespace bridge::session
