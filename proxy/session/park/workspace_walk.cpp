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

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

std::chrono::nanoseconds worked() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::nanoseconds(nanoseconds(time));
}

std::uint64_t inode_key(dev_t device, ino_t inode) { return mix(mix(0, device), inode); }

// Gone since its name was read, or not for us: to Go it is not there either.
bool is_passed_over(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == EACCES ||
         error == EPERM || error == ENAMETOOLONG;
}

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
  if (!walk_all()) return std::nullopt;
  add_lone_files();
  if (!error_.empty() || !within_bounds()) return std::nullopt;
  return finish();
}

bool WorkspaceWalk::fail(std::string why) {
  if (error_.empty()) error_ = std::move(why);
  return false;
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
    for (std::string const& used : read_go_mod(read_small_file(AT_FDCWD, work.c_str())).local)
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
    int const error = errno;
    if (pending.kind != Kind::folder && is_passed_over(error)) return true;
    return fail("cannot read " + pending.path + ": " + std::strerror(error));
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
      return fail("cannot read " + path + ": " + std::strerror(errno));
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

std::string WorkspaceWalk::joined(const std::string& path, std::string_view name) {
  std::string joined;
  joined.reserve(path.size() + 1 + name.size());
  joined += path;
  if (!joined.ends_with('/')) joined += '/';
  joined += name;
  return joined;
}

bool WorkspaceWalk::is_gowork(std::string_view directory, std::string_view name) const {
  return !request_.gowork.empty() && request_.gowork.ends_with(name) && name != "go.work" &&
         clean_path(request_.gowork) == joined(std::string(directory), name);
}

std::optional<FileFacts> WorkspaceWalk::facts_of(int fd, const char* name) const {
  struct stat status {};
  if (::fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  FileFacts facts{mixed(0, status), memo_of(status)};
  bool racy = is_racy(status, manner_.since_ns);
  if (S_ISLNK(status.st_mode)) {
    if (::fstatat(fd, name, &status, 0) == 0) {
      facts = {mixed(facts.all, status), memo_of(status)};
      racy = racy || is_racy(status, manner_.since_ns);
    } else {
      facts = {mix(facts.all, static_cast<std::uint64_t>(errno)), 0};
    }
  }
  facts.all = as_seen(facts.all, racy);
  return facts;
}

void WorkspaceWalk::add_file(int fd, const std::string& path, std::string_view name) {
  std::string text(name);
  std::optional<FileFacts> const facts = facts_of(fd, text.c_str());
  if (!facts) return;  // gone since its name was read
  bool const is_named = is_gowork(path, name);
  if (name == "go.mod" || name == "go.work" || is_named) add_readings(fd, path, name, *facts);
  if (is_named) found_.push_back({text + "/GOWORK", *facts});
  found_.push_back({std::move(text), *facts});
}

void WorkspaceWalk::add_readings(int fd, const std::string& path, std::string_view name,
                                 FileFacts facts) {
  std::string const file(name);
  GoModFile const read = read_go_mod(read_small_file(fd, file.c_str()));
  std::uint64_t language = 0;
  for (char const c : read.language) language = mix(language, static_cast<unsigned char>(c));
  // Of a file that changes, gopls may have read other lines.
  found_.push_back({file + "/language", {as_seen(language, was_racy(facts.all)), 0}});
  if (!module_cache_.empty())
    found_.push_back({file + "/modules", {modules_.facts_of(read.modules, manner_.since_ns), 0}});
  for (std::string const& local : read.local)
    pending_.push_back({joined_path(path, local), Kind::root, kNoParent});
  if (name == "go.work")  // of a workspace: its modules' dependencies, were they vendored
    pending_.push_back({joined_path(path, "vendor"), Kind::root, kNoParent});
}

void WorkspaceWalk::add_lone_files() {
  for (std::string const& file : lone_files_) {
    std::string const path(parent_of(file));
    if (!paths_.insert(path).second) continue;
    kernel::UniqueFd const fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) continue;
    if (const char* const kind = distrusted_filesystem(fd.get())) {
      fail(path + " lies on " + kind);
      return;
    }
    found_.clear();
    std::string const name = file.substr(file.rfind('/') + 1);
    add_file(fd.get(), path, name);
    add_file(fd.get(), path, name + ".sum");
    if (!found_.empty()) add_directory(path);
  }
}

void WorkspaceWalk::add_directory(const std::string& path) {
  std::sort(found_.begin(), found_.end(),
            [](const Found& a, const Found& b) { return a.name < b.name; });
  auto const add_text = [this](std::string_view text) {
    auto const at = static_cast<std::uint32_t>(snapshot_.names_.size());
    snapshot_.names_ += text;
    snapshot_.names_ += '\0';
    return at;
  };
  WorkspaceSnapshot::Directory directory;
  directory.path = add_text(path);
  directory.first_file = static_cast<std::uint32_t>(snapshot_.facts_.size());
  directory.files = static_cast<std::uint32_t>(found_.size());
  for (Found const& file : found_)
    snapshot_.facts_.push_back({file.facts.all, file.facts.memo, add_text(file.name)});
  snapshot_.directories_.push_back(directory);
}

WorkspaceSnapshot WorkspaceWalk::finish() {
  auto const by_path = [this](const auto& a, const auto& b) {
    return std::strcmp(snapshot_.path_of(a), snapshot_.path_of(b)) < 0;
  };
  std::sort(snapshot_.directories_.begin(), snapshot_.directories_.end(), by_path);
  // Which of two directories, one in the other, was walked first is chance: the outer one counts.
  std::vector<std::string> const roots = snapshot_.roots_;
  std::erase_if(snapshot_.roots_, [this, &roots](const std::string& root) {
    auto const holds = [&root](std::string_view outer) {
      return root.size() > outer.size() && root.starts_with(outer) &&
             (outer == "/" || root[outer.size()] == '/');
    };
    for (std::string const& folder : request_.folders)
      if (std::string const clean = clean_path(folder); clean == root || holds(clean)) return true;
    return std::any_of(roots.begin(), roots.end(), holds);
  });
  std::sort(snapshot_.roots_.begin(), snapshot_.roots_.end());
  snapshot_.names_.shrink_to_fit();
  snapshot_.directories_.shrink_to_fit();
  snapshot_.facts_.shrink_to_fit();
  return std::move(snapshot_);
}

std::optional<WorkspaceSnapshot> WorkspaceSnapshot::take(const WalkRequest& request,
                                                         std::string& error, const Manner& manner) {
  WorkspaceWalk walk(request, manner);
  std::optional<WorkspaceSnapshot> snapshot = walk.run();
  error = walk.error();
  return snapshot;
}

}  // namespace bridge::session
