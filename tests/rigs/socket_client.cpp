#include "tests/rigs/socket_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "tests/rigs/process.h"

namespace bridge::rigs {
namespace {

// By the directory's descriptor: the path may be longer than an address.
kernel::UniqueFd connect_to(const std::string& path) {
  auto const slash = path.rfind('/');
  kernel::UniqueFd const directory(
      ::open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  kernel::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto const short_path =
      "/proc/self/fd/" + std::to_string(directory.get()) + "/" + path.substr(slash + 1);
  short_path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (!directory ||
      ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return {};
  return socket;
}

}  // namespace

SocketClient::SocketClient(const std::string& path) : socket_(connect_to(path)) {
  if (!socket_) throw std::system_error(errno, std::generic_category(), "connect " + path);
}

SocketClient::SocketClient(kernel::UniqueFd connected) : socket_(std::move(connected)) {}

void SocketClient::wait(short events) const {
  pollfd one{socket_.get(), events, 0};
  auto const bound = std::chrono::duration_cast<std::chrono::milliseconds>(kWaitMax);
  if (::poll(&one, 1, static_cast<int>(bound.count())) == 0)
    throw std::runtime_error("nothing came from the socket, or it took nothing");
}

std::size_t SocketClient::send_some(std::string_view bytes) {
  auto const sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

bool SocketClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno == EAGAIN)
      wait(POLLOUT);
    else if (errno != EINTR)
      return false;
  }
  return true;
}

std::optional<std::string> SocketClient::read_frame() {
  std::array<char, 65536> buffer;
  for (;;) {
    if (auto body = frames_.next()) return body;
    auto const got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0)
      frames_.feed({buffer.data(), static_cast<std::size_t>(got)});
    else if (got < 0 && errno == EAGAIN)
      wait(POLLIN);
    else if (got == 0 || errno != EINTR)
      return std::nullopt;
  }
}

nlohmann::ordered_json SocketClient::request(std::string_view method,
                                             nlohmann::ordered_json params) {
  auto const id = ++last_id_;
  send_frame(nlohmann::ordered_json{
      {"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}}
                 .dump());
  for (;;) {
    auto const body = read_frame();
    if (!body) throw std::runtime_error("the end came before the answer to " + std::string(method));
    auto message = nlohmann::ordered_json::parse(*body);
    if (!message.contains("method") && message.value("id", -1) == id) return message;
  }
}

nlohmann::ordered_json SocketClient::initialize() {
  auto answer = request("initialize", {{"processId", ::getpid()},
                                       {"rootUri", nullptr},
                                       {"capabilities", nlohmann::ordered_json::object()}});
  send_frame(R"({"jsonrpc":"2.0","method":"initialized","params":{}})");
  return answer;
}

bool is_listening(const std::string& path) { return static_cast<bool>(connect_to(path)); }

}  // namespace bridge::rigs
