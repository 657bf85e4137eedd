#include "proxy/session/park/workspace_roots.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "proxy/session/park/file_facts.h"

namespace bridge::session {

std::string clean_path(std::string_view path) {
  std::string clean;
  while (!path.empty()) {
    std::size_t const size = std::min(path.find('/'), path.size());
    std::string_view const part = path.substr(0, size);
    path.remove_prefix(std::min(size + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      clean.resize(clean.empty() ? 0 : clean.rfind('/'));
      continue;
    }
    clean += '/';
    clean += part;
  }
  return clean.empty() ? "/" : clean;
}

std::string joined_path(std::string_view directory, std::string_view path) {
  if (path.starts_with('/')) return clean_path(path);
  std::string joined(directory);
  joined += '/';
  joined += path;
  return clean_path(joined);
}

std::string_view parent_of(std::string_view path) {
  std::size_t const slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? "/" : path.substr(0, slash);
}

std::string nearest_above(std::string_view directory, std::string_view name) {
  for (;;) {
    std::string path = joined_path(directory, name);
    struct stat status {};
    // As the go command: what is no file, and what cannot be looked at, is not there.
    if (::stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) return path;
    if (directory == "/" || directory.empty()) return {};
    directory = parent_of(directory);
  }
}

bool is_as_if_absent(int error) noexcept {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == EACCES ||
         error == EPERM || error == ENAMETOOLONG;
}

std::optional<std::string> read_small_file(int directory, const char* name) {
  constexpr std::size_t kBytesMax = std::size_t{4} * 1024 * 1024;
  kernel::UniqueFd const file(::openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file) return is_as_if_absent(errno) ? std::optional(std::string()) : std::nullopt;
  if (::fstat(file.get(), &status) != 0) return std::nullopt;
  std::string text;
  if (!S_ISREG(status.st_mode)) return text;
  char chunk[16 * 1024];
  for (;;) {
    ssize_t const got = ::read(file.get(), chunk, sizeof chunk);
    if (got < 0) return std::nullopt;
    if (got == 0) return text;
    text.append(chunk, static_cast<std::size_t>(got));
    if (text.size() > kBytesMax) return std::string();
  }
}

const char* distrusted_filesystem(int fd) {
  struct statfs status {};
  if (::fstatfs(fd, &status) != 0) return "an unknown file system";
  // statfs(2), linux/magic.h
  switch (static_cast<std::uint32_t>(status.f_type)) {
    case 0x01021997:
      return "9p";  // WSL's view of Windows drives too
    case 0x53464846:
      return "WSL 1";
    case 0x65735546:
      return "FUSE";  // virtiofs too
    case 0x00006969:
      return "NFS";
    case 0x0000517b:
    case 0xfe534d42:
    case 0xff534d42:
      return "SMB";
    case 0x00c36400:
      return "Ceph";
    case 0x5346414f:
      return "AFS";
    case 0x73757245:
      return "Coda";
    case 0x786f4256:
      return "a shared folder of VirtualBox";
    case 0xbacbacbc:
      return "a shared folder of VMware";
    case 0x00004d44:
    case 0x2011bab0:
      return "FAT";  // times of two seconds, inodes that do not last
    default:
      return nullptr;
  }
}

ModuleCache::ModuleCache(const std::string& path) {
  if (path.empty()) return;
  directory_.reset(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory_ && !is_as_if_absent(errno)) error_ = errno;
}

std::uint64_t ModuleCache::facts_of(const std::vector<std::string>& modules,
                                    std::int64_t since_ns) {
  std::uint64_t sum = 0;
  bool racy = false;
  for (std::string const& module : modules) {
    auto const [known, is_new] = known_.try_emplace(module, 0);  // 0: it is not there
    if (is_new) {
      struct stat status {};
      if (directory_ && ::fstatat(directory_.get(), module.c_str(), &status, 0) == 0)
        known->second = as_seen(mixed(0, status), is_racy(status, since_ns));
      else if (directory_ && !is_as_if_absent(errno))
        error_ = errno;
    }
    racy = racy || was_racy(known->second);
    sum = mix(sum, known->second & ~std::uint64_t{1});
  }
  return as_seen(sum, racy);
}

}  // namespace bridge::session
