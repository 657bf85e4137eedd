#include "proxy/daemon/sockets.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace bridge::daemon {
namespace {

using kernel::UniqueFd;

// As systemd listens by default; the kernel cuts it to net.core.somaxconn.
constexpr int kBacklog = 4096;

int option(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

std::string path_of(int fd) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return {address.sun_path, ::strnlen(address.sun_path, sizeof address.sun_path)};
}

}  // namespace

std::vector<ListeningSocket> sort_inherited(std::vector<InheritedSocket> inherited) {
  std::vector<ListeningSocket> sockets;
  for (InheritedSocket& one : inherited) {
    int const fd = one.fd.get();
    if (option(fd, SO_DOMAIN) != AF_UNIX || option(fd, SO_ACCEPTCONN) != 1) continue;
    int const type = option(fd, SO_TYPE);
    bool const raw = type == SOCK_STREAM;
    if (!raw && type != SOCK_SEQPACKET) continue;
    std::string path = path_of(fd);
    // After a re-execution our own sockets are inherited too; they are told by their file's name.
    std::string const file = path.substr(path.rfind('/') + 1);
    bool const ours = file == lease::kDaemonSocket || file == lease::kDaemonLspSocket;
    struct stat facts {};
    ino_t const inode = ours && ::lstat(path.c_str(), &facts) == 0 ? facts.st_ino : 0;
    sockets.push_back({.fd = std::move(one.fd),
                       .raw = raw,
                       .ours = ours,
                       .path = std::move(path),
                       .inode = inode});
  }
  return sockets;
}

ListeningSocket bind_socket(const lease::RuntimeDirectory& directory, const char* name, bool raw,
                            std::string& error) {
  ListeningSocket bound;
  bound.raw = raw;
  bound.ours = true;
  bound.path = directory.path + "/" + name;
  auto const failed = [&](const char* what) {
    error = std::string(what) + ' ' + bound.path + ": " + std::strerror(errno);
    bound.fd.reset();
    return std::move(bound);
  };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (bound.path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return failed("cannot bind");
  }
  std::memcpy(address.sun_path, bound.path.c_str(), bound.path.size() + 1);
  UniqueFd fd(
      ::socket(AF_UNIX, (raw ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return failed("no socket for");
  // What is there is nobody's: we hold the lock.
  if (::unlink(bound.path.c_str()) != 0 && errno != ENOENT) return failed("cannot remove");
  mode_t const before = ::umask(0177);
  int const result = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::umask(before);
  if (result != 0) return failed("cannot bind");
  if (::listen(fd.get(), kBacklog) != 0) return failed("cannot listen at");
  struct stat facts {};
  if (::lstat(bound.path.c_str(), &facts) != 0) return failed("cannot see");
  bound.inode = facts.st_ino;
  bound.fd = std::move(fd);
  return bound;
}

bool is_bound_there(const ListeningSocket& socket) {
  struct stat facts {};
  if (::lstat(socket.path.c_str(), &facts) != 0 || !S_ISSOCK(facts.st_mode)) return false;
  return !socket.ours || facts.st_ino == socket.inode;
}

}  // namespace bridge::daemon
