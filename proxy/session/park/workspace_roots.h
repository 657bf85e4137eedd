// Where a workspace's facts lie on disk: paths as Go cleans them, what is found upwards of a
// folder, which file systems can be trusted with the facts of files, and the module cache.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::session {

// Lexically, as filepath.Clean: no //, no /./, no /../, no / at the end. `path` is absolute.
std::string clean_path(std::string_view path);
// Of a path in a go.mod or go.work that lies in `directory`.
std::string joined_path(std::string_view directory, std::string_view path);
std::string_view parent_of(std::string_view path);

// The path of the nearest file `name` in `directory` or above it. Empty: none.
std::string nearest_above(std::string_view directory, std::string_view name);

// Gone since its name was read, or not for us: to Go it is not there either. Any other error of a
// system call says nothing about the file.
bool is_as_if_absent(int error) noexcept;

// The whole text; empty where it is as if absent, is no file, or is longer than any go.mod is.
// nullopt: it could not be read; errno says why.
std::optional<std::string> read_small_file(int directory, const char* name);

// Names the kind of file system where its facts of files are not to be trusted: changed behind the
// kernel's back (a network, a host), or too coarse. nullptr: they are.
const char* distrusted_filesystem(int fd);

// The directories of modules in the module cache.
class ModuleCache {
 public:
  // Empty: none is looked at.
  explicit ModuleCache(const std::string& path);
  // One number for whether the directories are there, and which they are: as_seen(). Racy: one
  // of them is not older than `since_ns`.
  std::uint64_t facts_of(const std::vector<std::string>& modules, std::int64_t since_ns);
  // 0, or the error for which nothing is known.
  int error() const noexcept { return error_; }
  // Directories asked for so far.
  std::size_t looked_at() const noexcept { return known_.size(); }

 private:
  kernel::UniqueFd directory_;
  int error_ = 0;
  std::unordered_map<std::string, std::uint64_t> known_;
};

}  // namespace bridge::session
