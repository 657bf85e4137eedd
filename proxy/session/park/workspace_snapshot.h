// The files that gopls' facts come from, as they are at one moment: what a walk found, compared
// with a later walk. What differs is told to gopls, or, where no file event repairs it, makes the
// session useless (DESIGN.md, "Never stale").
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::session {

struct WalkRequest {
  std::vector<std::string> folders;  // paths, absolute
  // Of the session's environment: "" where it is not set.
  std::string gowork;       // GOWORK
  std::string gomodcache;   // GOMODCACHE, else from GOPATH or HOME; empty: not looked at
  // A workspace that takes longer, or has more files and directories, is not worth keeping.
  std::chrono::milliseconds time_max{1000};
  std::size_t entries_max = 400'000;
};

struct SnapshotChanges {
  // Absolute paths; a directory that vanished is there with all its files.
  std::vector<std::string> created, changed, deleted;
  // Not empty: what happened is repaired by no file event, in words for the log.
  std::string useless;
  bool none() const noexcept {
    return created.empty() && changed.empty() && deleted.empty() && useless.empty();
  }
};

class WorkspaceSnapshot {
 public:
  // Reads directories and the facts of files with the extensions that gopls watches (go, mod, sum,
  // work, s, and template extensions are not), go.mod and go.work themselves. nullopt, and why in
  // `error`: a folder on 9p, drvfs, FUSE or a network (fstatfs), beyond a bound, not readable.
  static std::optional<WorkspaceSnapshot> take(const WalkRequest& request, std::string& error);

  SnapshotChanges changes_since(const WorkspaceSnapshot& before) const;

  std::size_t files() const noexcept;
  std::size_t directories() const noexcept;
  std::size_t memory() const noexcept;

  std::string serialise() const;
  static std::optional<WorkspaceSnapshot> parse(std::string_view bytes, std::string& error);
};

// Raw params of workspace/didChangeWatchedFiles, in pieces of at most `events_max` events; `also`:
// raw URIs that are said to have changed whatever became of their files.
std::vector<std::string> watched_file_events(const SnapshotChanges& changes,
                                             const std::vector<std::string>& also,
                                             std::size_t events_max = 10'000);

}  // namespace bridge::session
