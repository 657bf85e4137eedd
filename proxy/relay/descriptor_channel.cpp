#include "proxy/relay/descriptor_channel.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace bridge::relay {
namespace {

using kernel::UniqueFd;

boost::system::error_code last_error() { return {errno, boost::system::system_category()}; }

struct Opened {
  UniqueFd fd;
  Access access;
};

// A description of our own on the same FIFO or terminal. Fails where /proc is not mounted or the
// FIFO belongs to another user.
UniqueFd open_anew(int fd, int mode) {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return UniqueFd(::open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

boost::system::result<Opened> inherit_descriptor(int fd, int mode) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return last_error();

  bool const reopenable =
      S_ISFIFO(status.st_mode) || (S_ISCHR(status.st_mode) && ::isatty(fd) != 0);
  if (reopenable) {
    if (UniqueFd anew = open_anew(fd, mode)) return Opened{std::move(anew), Access::own_nonblock};
  }

  UniqueFd duplicate(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!duplicate) return last_error();
  if (S_ISSOCK(status.st_mode)) return Opened{std::move(duplicate), Access::socket};
  // epoll refuses regular files, directories and devices without a poll method; those never block.
  if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) {
    return Opened{std::move(duplicate), Access::file};
  }
  if (S_ISCHR(status.st_mode) && !reopenable) return Opened{std::move(duplicate), Access::file};
  return Opened{std::move(duplicate), Access::polled};
}

boost::system::result<Opened> own_descriptor(UniqueFd fd) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return last_error();
  if (S_ISSOCK(status.st_mode)) return Opened{std::move(fd), Access::socket};
  if (S_ISREG(status.st_mode)) return Opened{std::move(fd), Access::file};
  int const flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) return last_error();
  return Opened{std::move(fd), Access::own_nonblock};
}

bool ready_now(int fd, short events) {
  pollfd one{fd, events, 0};
  return ::poll(&one, 1, 0) == 1;
}

Transfer from_errno() {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return Transfer::blocked();
  return Transfer::failure(errno);
}

}  // namespace

boost::system::result<DescriptorSource> DescriptorSource::inherit(int fd) {
  auto opened = inherit_descriptor(fd, O_RDONLY);
  if (!opened) return opened.error();
  return DescriptorSource(std::move(opened->fd), opened->access);
}

boost::system::result<DescriptorSource> DescriptorSource::own(UniqueFd fd) {
  auto opened = own_descriptor(std::move(fd));
  if (!opened) return opened.error();
  return DescriptorSource(std::move(opened->fd), opened->access);
}

boost::system::result<DescriptorSink> DescriptorSink::inherit(int fd) {
  auto opened = inherit_descriptor(fd, O_WRONLY);
  if (!opened) return opened.error();
  return DescriptorSink(std::move(opened->fd), opened->access);
}

boost::system::result<DescriptorSink> DescriptorSink::own(UniqueFd fd) {
  auto opened = own_descriptor(std::move(fd));
  if (!opened) return opened.error();
  return DescriptorSink(std::move(opened->fd), opened->access);
}

Transfer DescriptorSource::read_some(std::span<char> room) noexcept {
  for (;;) {
    ssize_t size = 0;
    switch (access_) {
      case Access::socket:
        size = ::recv(fd_.get(), room.data(), room.size(), MSG_DONTWAIT);
        break;
      case Access::polled:
        if (!ready_now(fd_.get(), POLLIN)) return Transfer::blocked();
        [[fallthrough]];
      case Access::own_nonblock:
      case Access::file:
        size = ::read(fd_.get(), room.data(), room.size());
        break;
    }
    if (size > 0) return Transfer::moved(static_cast<std::size_t>(size));
    if (size == 0) return Transfer::ended();
    // A terminal whose other side is gone reads EIO: for us that is its end.
    if (errno == EIO && access_ != Access::file && access_ != Access::socket) {
      return Transfer::ended();
    }
    if (errno != EINTR) return from_errno();
  }
}

Transfer DescriptorSink::write_some(std::string_view bytes) noexcept {
  for (;;) {
    ssize_t size = 0;
    switch (access_) {
      case Access::socket:
        size = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        break;
      case Access::polled:
        // POLLOUT promises room for PIPE_BUF bytes, not for one more: 8 KiB would block here.
        if (!ready_now(fd_.get(), POLLOUT)) return Transfer::blocked();
        size = ::write(fd_.get(), bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
        break;
      case Access::own_nonblock:
      case Access::file:
        size = ::write(fd_.get(), bytes.data(), bytes.size());
        break;
    }
    if (size >= 0) return Transfer::moved(static_cast<std::size_t>(size));
    if (errno != EINTR) return from_errno();
  }
}

void DescriptorSink::finish() noexcept {
  if (!fd_) return;
  if (access_ == Access::socket) ::shutdown(fd_.get(), SHUT_WR);
  fd_.reset();
}

}  // namespace bridge::relay
