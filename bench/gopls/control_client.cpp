#include "bench/gopls/control_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdio>
#include <cstring>
#include <string_view>

#include "bench/process.h"

namespace bridge::bench {
namespace {

constexpr char kProtocol[] = "gopls-bridge/1 ";
constexpr std::size_t kBytesMax = std::size_t{96} * 1024;
constexpr int kPatienceMs = 20'000;

}  // namespace

ControlClient::ControlClient(const std::string& path)
    : socket_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
  auto const* const generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket_.get(), generic, sizeof address) != 0) fail(path);
}

void ControlClient::send(const std::string& verb, const Fields& fields) const {
  std::string text = kProtocol + verb + '\0';
  for (auto const& [name, value] : fields)
    text.append(name).append(1, '=').append(value).append(1, '\0');
  if (::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) fail("send to the daemon");
}

ControlClient::Message ControlClient::receive() const {
  pollfd one{socket_.get(), POLLIN, 0};
  if (::poll(&one, 1, kPatienceMs) != 1) throw Broken("the daemon does not answer");
  std::string text(kBytesMax, '\0');
  iovec room{text.data(), text.size()};
  alignas(cmsghdr) char side[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &room;
  header.msg_iovlen = 1;
  header.msg_control = side;
  header.msg_controllen = sizeof side;
  ssize_t const size = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC);
  if (size <= 0) throw Broken("the daemon hung up");
  Message message;
  if (const cmsghdr* const part = CMSG_FIRSTHDR(&header);
      part != nullptr && part->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
    message.descriptor.reset(fd);
  }
  std::string_view rest(text.data(), static_cast<std::size_t>(size));
  if (!rest.starts_with(kProtocol)) throw Broken("the daemon speaks another protocol");
  rest.remove_prefix(std::strlen(kProtocol));
  while (!rest.empty()) {
    auto const word = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    auto const equals = word.find('=');
    if (equals == std::string_view::npos)
      message.verb = word;
    else
      message.fields.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return message;
}

std::string ControlClient::Message::get(const std::string& name) const {
  for (auto const& [have, value] : fields)
    if (have == name) return value;
  return {};
}

}  // namespace bridge::bench
