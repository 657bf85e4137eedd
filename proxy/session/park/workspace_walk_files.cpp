// The walk's second half: from a name in a directory to facts in the snapshot.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "proxy/session/park/workspace_walk.h"

namespace bridge::session {

GoModFile WorkspaceWalk::read(int fd, const std::string& path, const std::string& name) {
  std::optional<std::string> const text = read_small_file(fd, name.c_str());
  if (!text) fail_to_read(path);
  return text ? read_go_mod(*text) : GoModFile();
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
  if (!facts) {
    if (!is_as_if_absent(errno)) fail_to_read(path + "/" + text);
    return;
  }
  bool const is_named = is_gowork(path, name);
  if (name == "go.mod" || name == "go.work" || is_named) add_readings(fd, path, name, *facts);
  if (is_named) found_.push_back({text + "/GOWORK", *facts});
  found_.push_back({std::move(text), *facts});
}

void WorkspaceWalk::add_readings(int fd, const std::string& path, std::string_view name,
                                 FileFacts facts) {
  std::string const file(name);
  GoModFile const text = read(fd, path, file);
  std::uint64_t language = 0;
  for (char const c : text.language) language = mix(language, static_cast<unsigned char>(c));
  // Of a file that changes, gopls may have read other lines.
  found_.push_back({file + "/language", {as_seen(language, was_racy(facts.all)), 0}});
  if (!module_cache_.empty())
    found_.push_back({file + "/modules", {modules_.facts_of(text.modules, manner_.since_ns), 0}});
  for (std::string const& local : text.local)
    pending_.push_back({joined_path(path, local), Kind::root, kNoParent});
  if (name == "go.work")  // of a workspace: its modules' dependencies, were they vendored
    pending_.push_back({joined_path(path, "vendor"), Kind::root, kNoParent});
}

void WorkspaceWalk::add_lone_files() {
  for (std::string const& file : lone_files_) {
    std::string const path(parent_of(file));
    if (!paths_.insert(path).second) continue;
    kernel::UniqueFd const fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) {
      if (is_as_if_absent(errno)) continue;
      fail_to_read(path);
      return;
    }
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

}  // namespace bridge::session
