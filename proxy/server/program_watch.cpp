#include "proxy/server/program_watch.h"

#include <limits.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace bridge::server {
namespace {

// The kernel's own limit on links in one path (path_resolution(7)).
constexpr int kLinksMax = 40;

// A link that is set anew is another link, and the old one loses its name: IN_ATTRIB.
constexpr std::uint32_t kLink = IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF | IN_DONT_FOLLOW;
constexpr std::uint32_t kDirectory = IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR;
constexpr std::uint32_t kAppeared = IN_CREATE | IN_MOVED_TO;
// IN_ATTRIB: a program that was copied gets its permission to run last.
constexpr std::uint32_t kFileInDirectory = kAppeared | IN_CLOSE_WRITE | IN_ATTRIB;

std::string read_link(const std::string& path) {
  char target[PATH_MAX];
  ssize_t const size = ::readlink(path.c_str(), target, sizeof target);
  return size < 0 ? std::string() : std::string(target, static_cast<std::size_t>(size));
}

// The first component of `rest`, which loses it. Empty: there is none.
std::string take_component(std::string& rest) {
  auto const start = std::min(rest.find_first_not_of('/'), rest.size());
  auto const end = std::min(rest.find('/', start), rest.size());
  std::string component = rest.substr(start, end - start);
  rest.erase(0, std::min(rest.find_first_not_of('/', end), rest.size()));
  return component;
}

}  // namespace

ProgramWatch::ProgramWatch(std::string path)
    : path_(std::move(path)), inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (inotify_) walk();
  note_start();
}

void ProgramWatch::note_start() {
  started_ = look();
  changed_ = false;
}

bool ProgramWatch::changed() {
  // Without an event nobody looks: of a file that is written in place the end of that is the first.
  if (!inotify_ || !drain()) return changed_;
  walk();
  auto const now = look();
  changed_ = !being_written_ && now && now != started_;
  return changed_;
}

std::optional<ProgramWatch::Identity> ProgramWatch::look() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
      ::access(path_.c_str(), X_OK) != 0) {
    return std::nullopt;
  }
  return Identity{.device = status.st_dev,
                  .inode = status.st_ino,
                  .size = status.st_size,
                  .modified_ns = static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 +
                                 status.st_mtim.tv_nsec};
}

// Goes the way the kernel goes, and watches each step before it looks behind it: what changes after
// a look is an event, what changed before is seen by the look.
void ProgramWatch::walk() {
  std::vector<Watch> watches;
  std::string at;  // without the slash at its end
  std::string rest = path_;
  std::string file;
  for (int links = 0; !rest.empty();) {
    std::string const component = take_component(rest);
    if (component.empty() || component == ".") continue;
    if (component == "..") {
      at.erase(std::min(at.rfind('/'), at.size()));
      continue;
    }
    std::string here = at;
    here.append("/").append(component);
    std::string const directory = at.empty() ? "/" : at;
    struct stat status {};
    if (::lstat(here.c_str(), &status) != 0) {
      add(directory, (rest.empty() ? kFileInDirectory : kAppeared) | kDirectory, component,
          watches);
      if (rest.empty()) file = here;
      if (::lstat(here.c_str(), &status) != 0) break;
    }
    if (S_ISLNK(status.st_mode)) {
      if (++links > kLinksMax) break;
      add(here, kLink, {}, watches);
      std::string const target = read_link(here);
      if (target.starts_with('/')) at.clear();
      rest.insert(0, target + '/');
    } else if (rest.empty()) {
      add(directory, kFileInDirectory | kDirectory, component, watches);
      file = here;
    } else {
      add(here, kDirectory, {}, watches);
      at = here;
    }
  }
  for (auto const& old : watches_) {
    bool const kept = std::any_of(watches.begin(), watches.end(),
                                  [&](const Watch& watch) { return watch.number == old.number; });
    if (!kept) ::inotify_rm_watch(inotify_.get(), old.number);
  }
  watches_ = std::move(watches);
  if (file != file_) being_written_ = false;
  file_ = std::move(file);
}

// A directory that is watched for a second reason has the second mask: the file is what comes last.
void ProgramWatch::add(std::string path, std::uint32_t mask, std::string name,
                       std::vector<Watch>& watches) const {
  int const number = ::inotify_add_watch(inotify_.get(), path.c_str(), mask);
  if (number >= 0)
    watches.push_back({.number = number, .path = std::move(path), .name = std::move(name)});
}

// True if something happened to what is watched for.
bool ProgramWatch::drain() {
  alignas(inotify_event) char buffer[4096];  // a name takes 272 bytes at most
  bool relevant = false;
  for (;;) {
    ssize_t const got = ::read(inotify_.get(), buffer, sizeof buffer);
    if (got <= 0) return relevant;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(got);) {
      inotify_event event;
      std::memcpy(&event, buffer + at, sizeof event);
      std::string_view const name(event.len == 0 ? "" : buffer + at + sizeof event);
      at += sizeof event + event.len;
      if ((event.mask & IN_IGNORED) != 0) continue;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        relevant = true;
        being_written_ = false;
        continue;
      }
      auto const* const watch = find(event.wd, name);
      if (watch == nullptr) continue;
      relevant = true;
      if ((event.mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) being_written_ = false;
      if ((event.mask & IN_CREATE) == 0) continue;
      // Whoever created a file has it open and will write. A link, and another name of a file that
      // was there before, are whole at once.
      struct stat status {};
      std::string const entry = watch->path + '/' + watch->name;
      being_written_ =
          ::lstat(entry.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
    }
  }
}

const ProgramWatch::Watch* ProgramWatch::find(int number, std::string_view name) const {
  auto const found = std::find_if(watches_.begin(), watches_.end(), [&](const Watch& watch) {
    return watch.number == number && (name.empty() || watch.name == name);
  });
  return found == watches_.end() ? nullptr : &*found;
}

}  // namespace bridge::server
