#include "proxy/lease/control_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy/kernel/connect_to_file.h"

namespace bridge::lease {
namespace {

using kernel::UniqueFd;
using Status = ReceivedControl::Status;

boost::system::error_code error_of(int code) { return {code, boost::system::system_category()}; }

// More than any peer of ours sends: what fits is taken and closed, so that nothing is left open.
constexpr std::size_t kDescriptorsMax = 8;

// Takes ownership of all descriptors that came along; how many.
std::size_t take_descriptors(msghdr& header, UniqueFd& first, UniqueFd& second) {
  std::size_t count = 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    std::size_t const here = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < here; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      UniqueFd owned(fd);
      ++count;
      if (count <= 2) (count == 1 ? first : second) = std::move(owned);
    }
  }
  return count;
}

}  // namespace

ReceivedControl receive_control(int fd) {
  // Its size first: most have a few hundred bytes, and a front keeps what its heap has ever
  // touched. ECONNRESET comes once, and before what is queued: from a peer that went with unread
  // input.
  ssize_t size = 0;
  bool reset = false;
  do {
    size = ::recv(fd, nullptr, 0, MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC);
  } while (size < 0 && (errno == EINTR || (errno == ECONNRESET && !std::exchange(reset, true))));
  // What comes from here on is for the next call: it would not fit.
  if (size < 0 && errno == EAGAIN) return {};
  std::size_t const bytes = size > 0 ? static_cast<std::size_t>(size) : 1;
  std::string datagram(std::min(bytes, kControlMessageBytesMax), '\0');
  iovec room{datagram.data(), datagram.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kDescriptorsMax * sizeof(int))> side{};
  msghdr header{};
  header.msg_iov = &room;
  header.msg_iovlen = 1;
  header.msg_control = side.data();
  header.msg_controllen = side.size();
  do {
    size = ::recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);

  ReceivedControl received;
  if (size < 0) {
    received.status = errno == EAGAIN ? Status::would_block : Status::closed;
    return received;
  }
  std::size_t const descriptors = take_descriptors(header, received.descriptor, received.second);
  // A datagram of no bytes looks like the end, and no peer of ours sends one.
  if (size == 0) {
    received.status = Status::closed;
    return received;
  }
  datagram.resize(static_cast<std::size_t>(size));
  DecodedControl decoded = decode_control(datagram);
  received.version = decoded.version;
  received.complaint = std::move(decoded.complaint);
  if ((header.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) != 0 || descriptors > 2) {
    decoded.message.reset();
    received.complaint =
        (header.msg_flags & MSG_TRUNC) != 0 ? "is too long" : "carries too many descriptors";
  }
  received.status = decoded.message ? Status::message : Status::refused;
  if (decoded.message) {
    received.message = std::move(*decoded.message);
  } else {
    received.descriptor.reset();
    received.second.reset();
  }
  return received;
}

boost::system::error_code send_control(int fd, const ControlMessage& message, int descriptor,
                                       int second) {
  std::string const datagram = encode(message);
  if (datagram.empty()) return error_of(EMSGSIZE);
  iovec content{const_cast<char*>(datagram.data()), datagram.size()};
  std::array<int, 2> const descriptors = {descriptor, second};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptors)> side{};
  msghdr header{};
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  if (descriptor >= 0) {
    std::size_t const bytes = (second >= 0 ? 2 : 1) * sizeof(int);
    header.msg_control = side.data();
    header.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* const part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(part), descriptors.data(), bytes);
  }
  ssize_t size = 0;
  do {
    size = ::sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (size < 0 && errno == EINTR);
  return size < 0 ? error_of(errno) : boost::system::error_code();
}

ConnectedControl connect_control(const std::string& path) {
  ConnectedControl connected;
  // What was looked at is what is connected to; a link is neither.
  UniqueFd const file(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (file) connected.socket = kernel::connect_to_file(file.get(), SOCK_SEQPACKET);
  if (!connected.socket) connected.error = error_of(errno);
  return connected;
}

}  // namespace bridge::lease
