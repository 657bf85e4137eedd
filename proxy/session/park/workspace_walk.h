// WorkspaceSnapshot::take(): one thread, one directory after the other, a stat for each file with a
// watched name and for none else.
//
// Directories are known by their paths, as gopls knows them. A link to a directory is walked under
// the link's path, for Go imports through it; one inside such a directory only if it leads to what
// was not walked yet, and none that leads upwards: so every walk ends.
#pragma once

#include <dirent.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "proxy/session/park/go_mod_file.h"
#include "proxy/session/park/workspace_roots.h"
#include "proxy/session/park/workspace_snapshot.h"

namespace bridge::session {

class WorkspaceWalk {
 public:
  WorkspaceWalk(const WalkRequest& request, const WorkspaceSnapshot::Manner& manner);
  // nullopt: error() says why.
  std::optional<WorkspaceSnapshot> run();
  const std::string& error() const noexcept { return error_; }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Kind { folder, root, below, link };
  struct Pending {
    std::string path;
    Kind kind = Kind::below;
    std::size_t parent = 0;  // in seen_
  };
  struct Seen {
    dev_t device = 0;
    ino_t inode = 0;
    std::size_t parent = 0;
    bool through_link = false;
  };
  struct Found {
    std::string name;
    FileFacts facts;
  };
  static constexpr std::size_t kNoParent = static_cast<std::size_t>(-1);

  bool fail(std::string why);
  bool fail_to_read(const std::string& path);  // errno says why
  GoModFile read(int fd, const std::string& path, const std::string& name);
  bool within_bounds();
  bool count_entries(std::size_t entries);

  void find_above(const std::string& folder);
  bool walk_all();
  bool walk_directory(const Pending& pending);
  bool read_entries(int fd, const std::string& path, std::size_t self);
  bool is_followed(const Pending& pending, const Seen& directory) const;
  void on_entry(int fd, const std::string& path, std::size_t self, std::string_view name,
                unsigned char type);
  void on_link(int fd, const std::string& path, std::size_t self, std::string_view name);
  void add_file(int fd, const std::string& path, std::string_view name);
  void add_readings(int fd, const std::string& path, std::string_view name, FileFacts facts);
  void add_lone_files();
  static std::string joined(const std::string& path, std::string_view name);
  bool is_gowork(std::string_view directory, std::string_view name) const;
  std::optional<FileFacts> facts_of(int fd, const char* name) const;
  void add_directory(const std::string& path);
  WorkspaceSnapshot finish();

  const WalkRequest& request_;
  WorkspaceSnapshot::Manner manner_;
  Clock::time_point began_ = Clock::now();
  ModuleCache modules_;
  std::string module_cache_;
  std::string error_;
  std::size_t entries_ = 0;
  std::size_t entries_checked_ = 0;

  std::vector<Pending> pending_;
  std::vector<Pending> links_;           // after all else: what is walked anyway has a better name
  std::vector<std::string> lone_files_;  // go.work files whose directories may be no part
  std::vector<Seen> seen_;
  std::unordered_set<std::uint64_t> inodes_;  // of seen_, mixed with the device
  std::unordered_set<std::string> paths_;
  dev_t trusted_device_ = 0;

  std::vector<Found> found_;  // of the directory that is being read
  std::vector<std::string> beside_go_;
  bool has_go_ = false;
  WorkspaceSnapshot snapshot_;
};

}  // namespace bridge::session
