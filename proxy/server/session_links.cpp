#include "proxy/server/session_links.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace bridge::server {
namespace {

constexpr std::array<std::string_view, 3> kLinked = {"SSH_AUTH_SOCK", "VSCODE_GIT_IPC_HANDLE",
                                                     "WSL_INTEROP"};
constexpr char kLinksDirectory[] = "links";
// Sessions of one user that are equal and open at once; beyond it something is wrong.
constexpr int kNumbersMax = 256;
constexpr std::size_t kNameBytesMax = 64;
// The longest path that can be connected to, unix(7).
constexpr std::size_t kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

std::string error_text(const std::string& what) { return what + ": " + std::strerror(errno); }

std::string path_of(const std::string& directory, std::string_view name) {
  std::string path = directory;
  return path.append("/").append(kLinksDirectory).append("/").append(name);
}

// DIRECTORY/links; made where it is missing.
kernel::UniqueFd open_links(const std::string& directory) {
  kernel::UniqueFd const above(
      ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!above) return {};
  if (::mkdirat(above.get(), kLinksDirectory, 0700) != 0 && errno != EEXIST) return {};
  return kernel::UniqueFd(
      ::openat(above.get(), kLinksDirectory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// Locked, and still what the name leads to: empty where another has it, or has just removed it.
kernel::UniqueFd lock(int parent, const char* name) {
  kernel::UniqueFd held(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat ours;
  struct stat there;
  if (!held || ::flock(held.get(), LOCK_EX | LOCK_NB) != 0 || ::fstat(held.get(), &ours) != 0 ||
      ::fstatat(parent, name, &there, AT_SYMLINK_NOFOLLOW) != 0 || ours.st_ino != there.st_ino ||
      ours.st_dev != there.st_dev)
    return {};
  return held;
}

void remove_directory(int parent, const char* name, int held) {
  for (std::string_view const variable : kLinked)
    ::unlinkat(held, std::string(variable).c_str(), 0);
  ::unlinkat(parent, name, AT_REMOVEDIR);
}

// Of a session that was killed, or that nobody took up: nobody's.
void remove_if_unused(int parent, const char* name, std::chrono::seconds kept_for) {
  kernel::UniqueFd const held = lock(parent, name);
  struct stat status;
  struct timespec now;
  if (!held || ::fstat(held.get(), &status) != 0 || ::clock_gettime(CLOCK_REALTIME, &now) != 0)
    return;
  if (now.tv_sec - status.st_mtim.tv_sec > kept_for.count())
    remove_directory(parent, name, held.get());
}

bool is_name(std::string_view name) {
  return name.size() <= kNameBytesMax &&
         name.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

}  // namespace

bool SessionLinks::is_linked(std::string_view name, std::string_view value) noexcept {
  return value.starts_with('/') && std::find(kLinked.begin(), kLinked.end(), name) != kLinked.end();
}

SessionLinks::SessionLinks(const std::string& directory, std::string_view digest,
                           const Variables& variables, std::chrono::seconds kept_for) {
  if (std::none_of(variables.begin(), variables.end(),
                   [](auto const& one) { return is_linked(one.first, one.second); }))
    return;
  if (!claim(directory, digest, kept_for)) return;
  lacking_ = lead(variables);
  if (!lacking_.empty()) remove();
}

// Takes the first number that is free.
bool SessionLinks::claim(const std::string& directory, std::string_view digest,
                         std::chrono::seconds kept_for) {
  auto const fail = [this](std::string why) {
    lacking_ = std::move(why);
    return false;
  };
  parent_ = open_links(directory);
  if (!parent_) return fail(error_text("no directory for links in " + directory));
  for (int number = 0; number < kNumbersMax; ++number) {
    std::string name = std::string(digest) + '-' + std::to_string(number);
    if (!is_name(name)) return fail("no name for links: " + name);
    if (::mkdirat(parent_.get(), name.c_str(), 0700) != 0) {
      if (errno != EEXIST) return fail(error_text("no directory for links"));
      remove_if_unused(parent_.get(), name.c_str(), kept_for);
      if (::mkdirat(parent_.get(), name.c_str(), 0700) != 0) continue;
    }
    claimed_ = lock(parent_.get(), name.c_str());
    if (!claimed_) continue;
    path_ = path_of(directory, name);
    name_ = std::move(name);
    return true;
  }
  return fail("too many equal sessions at once");
}

std::optional<SessionLinks> SessionLinks::take_up(const std::string& directory,
                                                  std::string_view name, const Variables& variables,
                                                  std::string& error) {
  SessionLinks links;
  if (name.empty()) return links;
  auto const fail = [&error](std::string why) {
    error = std::move(why);
    return std::nullopt;
  };
  if (!is_name(name)) return fail("links of a strange name");
  links.parent_ = open_links(directory);
  if (!links.parent_) return fail(error_text("no directory for links in " + directory));
  // It may have been taken for nobody's a moment ago.
  std::string const text(name);
  if (::mkdirat(links.parent_.get(), text.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(error_text("no directory for links"));
  links.claimed_ = lock(links.parent_.get(), text.c_str());
  if (!links.claimed_) return fail("the session's links are another's");
  links.path_ = path_of(directory, text);
  links.name_ = text;
  std::string why = links.lead(variables);
  if (!why.empty()) return fail(std::move(why));
  return links;
}

// Each link as a new one in the place of the old: there is no moment without.
std::string SessionLinks::lead(const Variables& variables) {
  constexpr char kNew[] = ".new";
  for (auto const& [name, value] : variables) {
    if (!is_linked(name, value)) continue;
    if (path_.size() + 1 + name.size() > kPathBytesMax) return "the path of a link is too long";
    ::unlinkat(claimed_.get(), kNew, 0);
    if (::symlinkat(value.c_str(), claimed_.get(), kNew) != 0 ||
        ::renameat(claimed_.get(), kNew, claimed_.get(), name.c_str()) != 0)
      return error_text("no link for " + name);
  }
  return {};
}

SessionLinks::Variables SessionLinks::applied_to(Variables variables) const {
  if (name_.empty()) return variables;
  for (auto& [name, value] : variables)
    if (is_linked(name, value)) value = path_ + '/' + name;
  return variables;
}

// The time of the last change is when it was left.
void SessionLinks::leave() noexcept {
  if (claimed_) ::futimens(claimed_.get(), nullptr);
  claimed_.reset();
}

void SessionLinks::remove() noexcept {
  if (claimed_) remove_directory(parent_.get(), name_.c_str(), claimed_.get());
  claimed_.reset();
  name_.clear();
}

SessionLinks::~SessionLinks() { remove(); }

SessionLinks::SessionLinks(SessionLinks&& other) noexcept = default;

SessionLinks& SessionLinks::operator=(SessionLinks&& other) noexcept {
  if (this == &other) return *this;
  remove();
  name_ = std::move(other.name_);
  path_ = std::move(other.path_);
  parent_ = std::move(other.parent_);
  claimed_ = std::move(other.claimed_);
  lacking_ = std::move(other.lacking_);
  return *this;
}

}  // namespace bridge::server
