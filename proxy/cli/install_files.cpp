#include "proxy/cli/install_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "proxy/kernel/unique_fd.h"

namespace bridge::cli {
namespace {

constexpr std::size_t kReadBytes = std::size_t{128} * 1024;  // as cp(1)

std::string because(const std::string& what) { return what + ": " + std::strerror(errno); }

std::string make_folders(const std::string& path) {
  for (auto slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    auto const folder = path.substr(0, slash);
    if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
      return because("cannot make the folder " + folder);
  }
  return {};
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    ssize_t const written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::optional<std::string> read_file(const std::string& path) {
  // Not blocking: a FIFO in the place of a file must not stop us.
  kernel::UniqueFd const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return std::nullopt;
  std::string content;
  for (;;) {
    auto const had = content.size();
    content.resize(had + kReadBytes);
    ssize_t const got = ::read(file.get(), content.data() + had, kReadBytes);
    content.resize(had + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got == 0) return content;
    if (got < 0 && errno != EINTR) return std::nullopt;
  }
}

std::string write_file(const std::string& path, std::string_view content, mode_t mode) {
  if (auto complaint = make_folders(path); !complaint.empty()) return complaint;
  std::string beside = path + ".XXXXXX";  // rename does not cross file systems
  kernel::UniqueFd file(::mkostemp(beside.data(), O_CLOEXEC));
  if (!file) return because("cannot write beside " + path);
  bool written =
      write_all(file.get(), content) && ::fchmod(file.get(), mode) == 0 && ::fsync(file.get()) == 0;
  // A program that is open for writing anywhere cannot be started (ETXTBSY).
  file.reset();
  written = written && ::rename(beside.c_str(), path.c_str()) == 0;
  if (written) return {};
  auto complaint = because("cannot write " + path);
  ::unlink(beside.c_str());
  return complaint;
}

std::optional<std::string> read_link(const std::string& path) {
  char target[PATH_MAX];
  auto const size = ::readlink(path.c_str(), target, sizeof target);
  if (size < 0) return std::nullopt;
  return std::string(target, static_cast<std::size_t>(size));
}

std::string make_link(const std::string& path, const std::string& target) {
  if (auto complaint = make_folders(path); !complaint.empty()) return complaint;
  return ::symlink(target.c_str(), path.c_str()) == 0 ? std::string()
                                                      : because("cannot make the link " + path);
}

bool exists(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0;
}

std::string remove_file(const std::string& path) {
  return ::unlink(path.c_str()) == 0 ? std::string() : because("cannot remove " + path);
}

void remove_folder_if_empty(const std::string& path) { ::rmdir(path.c_str()); }

std::string real_path(const std::string& path) {
  std::unique_ptr<char, void (*)(void*)> const resolved(::realpath(path.c_str(), nullptr),
                                                        &std::free);
  return resolved ? std::string(resolved.get()) : std::string();
}

}  // namespace bridge::cli
