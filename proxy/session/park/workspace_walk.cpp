#include "proxy/session/park/workspace_walk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "proxy/session/park/watched_name.h"

namespace bridge::session {
namespace {

std::chrono::nanoseconds worked() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::nanoseconds(nanoseconds(time));
}

std::uint64_t inode_key(dev_t device, ino_t inode) { return mix(mix(0, device), inode); }

}  // namespace

WorkspaceWalk::WorkspaceWalk(const WalkRequest& request, const WorkspaceSnapshot::Manner& manner)
    : request_(request),
      manner_(manner),
      modules_(request.gomodcache),
      module_cache_(request.gomodcache.empty() ? "" : clean_path(request.gomodcache)) {
  if (manner_.since_ns == 0) manner_.since_ns = now_ns();
}

std::optional<WorkspaceSnapshot> WorkspaceWalk::run() {
  if (request_.folders.empty() && !fail("there is no folder")) return std::nullopt;
  for (std::string const& folder : request_.folders) find_above(clean_path(folder));
  if (!error_.empty() || !walk_all()) return std::nullopt;
  add_lone_files();
  if (modules_.error() != 0) {
    errno = modules_.error();
    fail_to_read(module_cache_);
  }
  if (!error_.empty() || !within_bounds()) return std::nullopt;
  return finish();
}

bool WorkspaceWalk::fail(std::string why) {
  if (error_.empty()) error_ = std::move(why);
  return false;
}

bool WorkspaceWalk::fail_to_read(const std::string& path) {
  return fail("cannot read " + path + ": " + std::strerror(errno));
}

bool WorkspaceWalk::within_bounds() {
  // Disks may be slow at first and nobody waits, but not for ever.
  constexpr int kPatience = 30;
  auto const passed = Clock::now() - began_;
  if (manner_.stop && manner_.stop->load(std::memory_order_relaxed)) return fail("it was stopped");
  if (manner_.in_no_hurry ? worked() > request_.time_max || passed > kPatience * request_.time_max
                          : passed > request_.time_max)
    return fail("it took longer than " + std::to_string(request_.time_max.count()) + " ms");
  if (entries_ + modules_.looked_at() > request_.entries_max)
    return fail("there are more than " + std::to_string(request_.entries_max) + " entries");
  return true;
}

bool WorkspaceWalk::count_entries(std::size_t entries) {
  // Some hundred: a clock costs about as much as a tenth of a stat.
  constexpr std::size_t kBetweenChecks = 256;
  entries_ += entries;
  if (entries_ - entries_checked_ < kBetweenChecks) return true;
  entries_checked_ = entries_;
  return within_bounds();
}

void WorkspaceWalk::find_above(const std::string& folder) {
  std::string const module = nearest_above(folder, "go.mod");
  std::string work;
  if (request_.gowork.empty())
    work = nearest_above(folder, "go.work");
  else if (request_.gowork != "off")
    work = clean_path(request_.gowork);
  snapshot_.above_ += folder + '\n' + module + '\n' + work + '\n';
  // In reverse: pending_ is a stack, and the folder's own name for what it holds is the one that
  // the editor uses.
  if (!work.empty()) {
    lone_files_.push_back(work);
    for (std::string const& used : read(AT_FDCWD, work, work).local)
      pending_.push_back({joined_path(parent_of(work), used), Kind::root, kNoParent});
    pending_.push_back({joined_path(parent_of(work), "vendor"), Kind::root, kNoParent});
  }
  if (!module.empty()) pending_.push_back({std::string(parent_of(module)), Kind::root, kNoParent});
  pending_.push_back({folder, Kind::folder, kNoParent});
}

bool WorkspaceWalk::walk_all() {
  while (!pending_.empty() || !links_.empty()) {
    std::vector<Pending>& from = pending_.empty() ? links_ : pending_;
    Pending const next = std::move(from.back());
    from.pop_back();
    if (!walk_directory(next)) return false;
  }
  return true;
}

bool WorkspaceWalk::walk_directory(const Pending& pending) {
  if (!count_entries(1)) return false;
  if (pending.kind == Kind::below && pending.path == module_cache_) return true;
  if (paths_.count(pending.path) != 0) return true;
  int const no_follow = pending.kind == Kind::below ? O_NOFOLLOW : 0;
  kernel::UniqueFd const fd(
      ::open(pending.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | no_follow));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    if (pending.kind != Kind::folder && is_as_if_absent(errno)) return true;
    return fail_to_read(pending.path);
  }
  if (status.st_dev != trusted_device_) {
    if (const char* const name = distrusted_filesystem(fd.get()))
      return fail(pending.path + " lies on " + name);
    trusted_device_ = status.st_dev;
  }
  Seen const directory{status.st_dev, status.st_ino, pending.parent,
                       pending.kind == Kind::link ||
                           (pending.parent != kNoParent && seen_[pending.parent].through_link)};
  if (pending.kind == Kind::link && !is_followed(pending, directory)) return true;
  paths_.insert(pending.path);
  inodes_.insert(inode_key(status.st_dev, status.st_ino));
  seen_.push_back(directory);
  if (pending.kind == Kind::root) snapshot_.roots_.push_back(pending.path);
  return read_entries(fd.get(), pending.path, seen_.size() - 1);
}

bool WorkspaceWalk::is_followed(const Pending& pending, const Seen& directory) const {
  if (seen_[pending.parent].through_link &&
      inodes_.count(inode_key(directory.device, directory.inode)) != 0)
    return false;
  for (std::size_t at = pending.parent; at != kNoParent; at = seen_[at].parent)
    if (seen_[at].device == directory.device && seen_[at].inode == directory.inode) return false;
  return true;
}

bool WorkspaceWalk::read_entries(int fd, const std::string& path, std::size_t self) {
  alignas(dirent64) char buffer[32 * 1024];  // as much as glibc's readdir asks for
  found_.clear();
  beside_go_.clear();
  has_go_ = false;
  for (;;) {
    ssize_t const got = ::getdents64(fd, buffer, sizeof buffer);
    if (got < 0) {
      if (errno == ENOENT) break;  // the directory was removed under our hands
      return fail_to_read(path);
    }
    if (got == 0) break;
    std::size_t entries = 0;
    for (ssize_t at = 0; at < got; ++entries) {
      auto const* const entry = reinterpret_cast<const dirent64*>(buffer + at);
      at += entry->d_reclen;
      on_entry(fd, path, self, entry->d_name, entry->d_type);
      if (!error_.empty()) return false;
    }
    if (!count_entries(entries)) return false;
  }
  if (has_go_)
    for (std::string const& name : beside_go_) add_file(fd, path, name);
  if (!found_.empty()) add_directory(path);
  return error_.empty();
}

void WorkspaceWalk::on_entry(int fd, const std::string& path, std::size_t self,
                             std::string_view name, unsigned char type) {
  if (type == DT_UNKNOWN) {
    struct stat status {};
    if (!is_entered(name) || ::fstatat(fd, name.data(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
    type = static_cast<unsigned char>(IFTODT(status.st_mode));
  }
  if (type == DT_DIR) {
    if (is_entered(name)) pending_.push_back({joined(path, name), Kind::below, self});
  } else if (type == DT_LNK) {
    on_link(fd, path, self, name);
  } else {
    switch (watched(path, name)) {
      case Watched::no:
        if (is_gowork(path, name)) add_file(fd, path, name);
        break;
      case Watched::beside_go:
        beside_go_.emplace_back(name);
        break;
      case Watched::told:
        has_go_ = has_go_ || name.ends_with(".go");
        [[fallthrough]];
      case Watched::vendor_list:
        add_file(fd, path, name);
        break;
    }
  }
}

void WorkspaceWalk::on_link(int fd, const std::string& path, std::size_t self,
                            std::string_view name) {
  struct stat status {};
  if (is_entered(name) && ::fstatat(fd, name.data(), &status, 0) == 0 && S_ISDIR(status.st_mode))
    links_.push_back({joined(path, name), Kind::link, self});
  else
    on_entry(fd, path, self, name, DT_REG);  // a link to nothing may lead somewhere tomorrow
}

std::optional<WorkspaceSnapshot> WorkspaceSnapshot::take(const WalkRequest& request,
                                                         std::string& error, const Manner& manner) {
  WorkspaceWalk walk(request, manner);
  std::optional<WorkspaceSnapshot> snapshot = walk.run();
  error = walk.error();
  return snapshot;
}

}  // namespace bridge::session
