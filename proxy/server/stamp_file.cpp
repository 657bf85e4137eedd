#include "proxy/server/stamp_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "proxy/kernel/unique_fd.h"
#include "proxy/server/elf_file.h"
#include "proxy/server/go_build_info.h"

namespace bridge::server {
namespace {

constexpr std::size_t kCopyBytes = std::size_t{128} * 1024;  // as cp(1)

StampResult refused(std::string complaint) {
  return {.outcome = StampResult::Outcome::refused, .complaint = std::move(complaint)};
}

std::string because(const std::string& what) { return what + ": " + std::strerror(errno); }

bool write_all(int fd, const char* data, std::size_t bytes) {
  while (bytes > 0) {
    ssize_t const written = ::write(fd, data, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data += written;
    bytes -= static_cast<std::size_t>(written);
  }
  return true;
}

bool copy_content(int from, int to) {
  std::string piece(kCopyBytes, '\0');
  for (;;) {
    ssize_t const got = ::read(from, piece.data(), piece.size());
    if (got == 0) return true;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || !write_all(to, piece.data(), static_cast<std::size_t>(got))) return false;
  }
}

// The file that will take the place of another; removed again unless it has done so.
class Replacement {
 public:
  explicit Replacement(const std::string& target) : target_(target) {
    path_ = target + ".XXXXXX";  // beside it: rename does not cross file systems
    fd_.reset(::mkostemp(path_.data(), O_CLOEXEC));
    made_ = static_cast<bool>(fd_);
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement() {
    if (made_) ::unlink(path_.c_str());
  }

  int fd() const { return fd_.get(); }

  bool take_place() {
    if (::fsync(fd_.get()) != 0) return false;
    // An executable that is open for writing anywhere cannot be started (ETXTBSY).
    fd_.reset();
    if (::rename(path_.c_str(), target_.c_str()) != 0) return false;
    made_ = false;
    // The new name must be on disk too; a directory that cannot be synced is ignored.
    kernel::UniqueFd const directory(::open(target_.substr(0, target_.rfind('/') + 1).c_str(),
                                            O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory) ::fsync(directory.get());
    return true;
  }

 private:
  std::string target_;
  std::string path_;
  kernel::UniqueFd fd_;
  bool made_ = false;
};

}  // namespace

StampResult stamp_file(const std::string& path, std::string_view go_version) {
  kernel::UniqueFd const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status;
  if (!file || ::fstat(file.get(), &status) != 0) return refused(because("cannot read " + path));
  auto const facts = read_elf_facts(file.get());
  if (!facts.is_bridge) return refused(path + " is no gopls-bridge");
  auto info = read_build_info(file.get());
  if (!info || !facts.go_build_info || facts.go_build_info->bytes != kBuildInfoReservedBytes)
    return refused(path + " has no room for Go build information");
  if (info->go_version == go_version)
    return {.outcome = StampResult::Outcome::already, .complaint = {}};
  // path and mod stay what the file says of itself: it may be another version of the bridge.
  auto const block = encode_build_info(go_version, info->module_text);
  if (!block) return refused("the Go version is too long: " + std::string(go_version));

  Replacement replacement(path);
  if (replacement.fd() < 0) return refused(because("cannot write beside " + path));
  if (!copy_content(file.get(), replacement.fd()) ||
      ::pwrite(replacement.fd(), block->data(), block->size(),
               static_cast<off_t>(facts.go_build_info->offset)) !=
          static_cast<ssize_t>(block->size()))
    return refused(because("cannot write a copy of " + path));
  // Owner first: chown clears set-id bits. Only root can give a file away; for others it is theirs.
  if ((status.st_uid != ::geteuid() || status.st_gid != ::getegid()) &&
      ::fchown(replacement.fd(), status.st_uid, status.st_gid) != 0 && ::geteuid() == 0)
    return refused(because("cannot keep the owner of " + path));
  if (::fchmod(replacement.fd(), status.st_mode & 07777) != 0)
    return refused(because("cannot keep the mode of " + path));
  if (!replacement.take_place()) return refused(because("cannot replace " + path));
  return {.outcome = StampResult::Outcome::written, .complaint = {}};
}

}  // namespace bridge::server
