// The files that gopls' facts come from, as they are at one moment: what a walk found, compared
// with a later walk. What differs is told to gopls, or, where no file event repairs it, makes the
// session useless (DESIGN.md, "Never stale").
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/session/park/file_facts.h"

namespace bridge::session {

struct WalkRequest {
  std::vector<std::string> folders;  // paths, absolute
  // Of the session's environment: "" where it is not set.
  std::string gowork;      // GOWORK
  std::string gomodcache;  // GOMODCACHE, else from GOPATH or HOME; empty: not looked at
  // A workspace that takes longer, or has more files and directories, is not worth keeping.
  std::chrono::milliseconds time_max{1000};
  std::size_t entries_max = 400'000;
};

struct SnapshotChanges {
  // Absolute paths; a directory that vanished is there with all its files.
  std::vector<std::string> created, changed, deleted;
  // Not empty: gopls must load the workspace anew, for it loads no package that it has not heard
  // of, and does not look again at what belongs to which module. To be told as changed, whether
  // it is there or not: a path of which that is all gopls v0.23 and v0.24 make
  // (gopls/internal/cache/snapshot.go, clone(): "/vendor/modules.txt").
  std::string reload;
  // Not empty: what happened is repaired by no file event, in words for the log.
  std::string useless;
  // With `useless`: by another session in the same gopls neither, for what gopls keeps in memory
  // for all its sessions would hide it (FileFacts::memo).
  bool needs_another_gopls = false;
  bool none() const noexcept {
    return created.empty() && changed.empty() && deleted.empty() && useless.empty();
  }
};

class WorkspaceSnapshot {
 public:
  // How a walk goes about it; the defaults are those of one that is waited for.
  struct Manner {
    // Files that changed since (CLOCK_REALTIME) count as changed again next time: gopls may have
    // read them before. 0: since the walk begins.
    std::int64_t since_ns = 0;
    // Nobody waits: time_max bounds what the walk works, not what it waits.
    bool in_no_hurry = false;
    const std::atomic<bool>* stop = nullptr;
  };

  // Reads directories and the facts of files: *.go, *.mod, *.sum, *.work (what gopls v0.23 and
  // v0.24 register with the editor as "**/*.{go,mod,sum,work}"), *.s, and beside Go files those
  // of C. Of each go.mod and go.work also its go and toolchain lines and whether the modules it
  // names are in the module cache. Where: the folders, the module and the go.work they lie in, and
  // what these lead to on this disk (`use`, `replace => ../x`).
  // nullopt, and why in `error`: a directory on 9p, drvfs, FUSE or a network (fstatfs), beyond a
  // bound, a folder that cannot be read.
  static std::optional<WorkspaceSnapshot> take(const WalkRequest& request, std::string& error) {
    return take(request, error, Manner());
  }
  static std::optional<WorkspaceSnapshot> take(const WalkRequest& request, std::string& error,
                                               const Manner& manner);

  SnapshotChanges changes_since(const WorkspaceSnapshot& before) const;

  std::size_t files() const noexcept { return facts_.size(); }
  std::size_t directories() const noexcept { return directories_.size(); }  // with such files
  std::size_t memory() const noexcept;

  // FORMAT: the fields below in their order, numbers little-endian (journal/record.h).
  std::string serialise() const;
  static std::optional<WorkspaceSnapshot> parse(std::string_view bytes, std::string& error);

 private:
  friend class WorkspaceWalk;
  friend class SnapshotComparison;
  struct Directory {
    std::uint32_t path = 0;  // where in names_
    std::uint32_t first_file = 0;
    std::uint32_t files = 0;
  };
  struct File {
    std::uint64_t all = 0;  // FileFacts
    std::uint32_t memo = 0;
    std::uint32_t name = 0;  // where in names_
  };
  const char* path_of(const Directory& directory) const { return &names_[directory.path]; }
  const char* name_of(std::size_t file) const { return &names_[facts_[file].name]; }

  // What is found upwards of each folder; equal, or the views are others.
  std::string above_;
  std::vector<std::string> roots_;      // directories outside the folders, sorted
  std::string names_;                   // each ends with a zero
  std::vector<Directory> directories_;  // by path
  // Of the files of each directory, by name. A name with a slash is no file but something read
  // from the one before it: "go.mod/language", "go.mod/modules".
  std::vector<File> facts_;
};

// Raw params of workspace/didChangeWatchedFiles, in pieces of at most `events_max` events; `also`:
// raw URIs that are said to have changed whatever became of their files.
std::vector<std::string> watched_file_events(const SnapshotChanges& changes,
                                             const std::vector<std::string>& also,
                                             std::size_t events_max = 10'000);

}  // namespace bridge::session
