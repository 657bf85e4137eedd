#include "proxy/session/park/workspace_snapshot.h"

namespace bridge::session {

std::vector<std::string> watched_file_events(const SnapshotChanges&,
                                             const std::vector<std::string>&, std::size_t) {
  return {};
}

}  // namespace bridge::session
