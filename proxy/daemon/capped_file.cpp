#include "proxy/daemon/capped_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "proxy/relay/telling_line.h"

namespace bridge::daemon {
namespace {

using kernel::UniqueFd;

// O_NOFOLLOW: the directory is ours, but a link in it would be somebody's mistake at best.
UniqueFd open_file(const std::string& path, int flags) {
  return UniqueFd(::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600));
}

std::uint64_t size_of(int fd) {
  struct stat status;
  return fd >= 0 && ::fstat(fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

// The last `bytes` of what the file has now.
std::string last_bytes(int fd, std::uint64_t bytes) {
  std::uint64_t const size = size_of(fd);
  std::uint64_t const wanted = std::min(size, bytes);
  std::string text(static_cast<std::size_t>(wanted), '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    ssize_t const got = ::pread(fd, text.data() + have, text.size() - have,
                                static_cast<off_t>(size - wanted + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;  // cut meanwhile
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return text;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t const put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

std::string old_path(const std::string& path) { return path + ".old"; }

}  // namespace

CappedFile::CappedFile(std::string path)
    : path_(std::move(path)), file_(open_file(path_, O_RDWR | O_APPEND | O_CREAT)) {}

// What the writer adds between the copy and the cut is lost: it is beyond what is looked at after
// a crash, and a lock it knows nothing of would not keep it. Where PATH.old cannot be written (the
// directory is gone, the disk full) the file is cut all the same: a bound is the point of it.
void CappedFile::cap() {
  if (size_of(file_.get()) <= kCappedBytesMax) return;
  std::string const kept = last_bytes(file_.get(), kKeptBytes);
  std::string_view lines(kept);
  if (auto const newline = lines.find('\n'); newline + 1 < lines.size())  // npos + 1 = 0
    lines.remove_prefix(newline + 1);
  if (UniqueFd const old = open_file(old_path(path_), O_WRONLY | O_CREAT | O_TRUNC); old)
    static_cast<void>(write_all(old.get(), lines));
  static_cast<void>(!::ftruncate(file_.get(), 0));
}

std::string CappedFile::telling_line() const {
  relay::TellingLine telling;
  // A panic may have begun before the file was cut.
  if (UniqueFd const old = open_file(old_path(path_), O_RDONLY); old)
    telling.see(last_bytes(old.get(), kKeptBytes));
  if (file_) telling.see(last_bytes(file_.get(), kCappedBytesMax));
  return telling.text();
}

}  // namespace bridge::daemon
