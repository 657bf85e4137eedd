#include "proxy/relay/descriptor_channel.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "proxy/kernel/sender_options.h"

namespace bridge::relay {
namespace {

using kernel::UniqueFd;

boost::system::error_code last_error() { return {errno, boost::system::system_category()}; }

struct Opened {
  UniqueFd fd;
  Access access;
  Splicing splicing = Splicing::none;
};

// What each segment in a Unix socket's buffer is charged beyond its bytes, for as many as the slots
// of a pipe make: 256 slots, 16 to a segment, below 1 KiB each (measured: with this much kept free,
// splice never slept).
constexpr int kSegmentOverheadBytes = 24 * 1024;
// poll(2) calls a Unix socket writable while at most a quarter of its buffer is in use. A buffer
// smaller than this could then be writable and yet have no room above the overhead.
constexpr int kSendBufferMin = 64 * 1024;

bool is_unix_stream(int fd) {
  int domain = 0;
  int type = 0;
  socklen_t size = sizeof domain;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return false;
  size = sizeof type;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return false;
  return domain == AF_UNIX && type == SOCK_STREAM;
}

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
    auto const splicing = S_ISFIFO(status.st_mode) ? Splicing::free : Splicing::none;
    if (UniqueFd anew = open_anew(fd, mode)) {
      return Opened{std::move(anew), Access::own_nonblock, splicing};
    }
  }

  UniqueFd duplicate(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!duplicate) return last_error();
  if (S_ISSOCK(status.st_mode)) {
    auto const splicing = is_unix_stream(fd) ? Splicing::bounded : Splicing::none;
    return Opened{std::move(duplicate), Access::socket, splicing};
  }
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
  if (S_ISREG(status.st_mode)) return Opened{std::move(fd), Access::file};
  int const flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) return last_error();
  if (S_ISSOCK(status.st_mode)) return Opened{std::move(fd), Access::socket, Splicing::free};
  auto const splicing = S_ISFIFO(status.st_mode) ? Splicing::free : Splicing::none;
  return Opened{std::move(fd), Access::own_nonblock, splicing};
}

bool ready_now(int fd, short events) {
  pollfd one{fd, events, 0};
  return ::poll(&one, 1, 0) == 1;
}

Transfer from_errno() {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return Transfer::blocked();
  return Transfer::failure(errno);
}

Transfer splice_once(int from, int to, std::size_t size) {
  for (;;) {
    ssize_t const moved = ::splice(from, nullptr, to, nullptr, size, SPLICE_F_NONBLOCK);
    if (moved > 0) return Transfer::moved(static_cast<std::size_t>(moved));
    if (moved == 0) return Transfer::ended();
    if (errno != EINTR) return from_errno();
  }
}

}  // namespace

boost::system::result<DescriptorSource> DescriptorSource::inherit(int fd) {
  auto opened = inherit_descriptor(fd, O_RDONLY);
  if (!opened) return opened.error();
  return DescriptorSource(std::move(opened->fd), opened->access, opened->splicing);
}

boost::system::result<DescriptorSource> DescriptorSource::own(UniqueFd fd) {
  auto opened = own_descriptor(std::move(fd));
  if (!opened) return opened.error();
  return DescriptorSource(std::move(opened->fd), opened->access, opened->splicing);
}

boost::system::result<DescriptorSink> DescriptorSink::inherit(int fd) {
  auto opened = inherit_descriptor(fd, O_WRONLY);
  if (!opened) return opened.error();
  kernel::set_sender_options(opened->fd.get());
  return DescriptorSink(std::move(opened->fd), opened->access, opened->splicing);
}

boost::system::result<DescriptorSink> DescriptorSink::own(UniqueFd fd) {
  auto opened = own_descriptor(std::move(fd));
  if (!opened) return opened.error();
  kernel::set_sender_options(opened->fd.get());
  return DescriptorSink(std::move(opened->fd), opened->access, opened->splicing);
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

Transfer DescriptorSource::peek_some(std::span<char> room) noexcept {
  if (access_ != Access::socket) return Transfer::unsupported();
  for (;;) {
    ssize_t const size = ::recv(fd_.get(), room.data(), room.size(), MSG_DONTWAIT | MSG_PEEK);
    if (size > 0) return Transfer::moved(static_cast<std::size_t>(size));
    if (size == 0) return Transfer::ended();
    if (errno != EINTR) return from_errno();
  }
}

Transfer DescriptorSource::splice_into(Pipe& pipe, std::size_t size) noexcept {
  Transfer const moved = splice_once(fd_.get(), pipe.write_fd(), size);
  pipe.added(moved.bytes);
  return moved;
}

Transfer DescriptorSink::splice_from(Pipe& pipe) noexcept {
  std::size_t size = pipe.size();
  if (splicing_ == Splicing::bounded) {
    // Asked each time: whoever shares the socket may change its buffer.
    int buffer = 0;
    int queued = 0;
    socklen_t length = sizeof buffer;
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUF, &buffer, &length) != 0 ||
        ::ioctl(fd_.get(), SIOCOUTQ, &queued) != 0) {
      return Transfer::failure(errno);
    }
    if (buffer < kSendBufferMin) return Transfer::unsupported();
    int const room = buffer - queued - kSegmentOverheadBytes;
    if (room <= 0) return Transfer::blocked();
    size = std::min(size, static_cast<std::size_t>(room));
  }
  Transfer const moved = splice_once(pipe.read_fd(), fd_.get(), size);
  pipe.removed(moved.bytes);
  // A pipe that holds bytes has no end of file.
  return moved.status == Transfer::Status::end_of_file ? Transfer::failure(EIO) : moved;
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
