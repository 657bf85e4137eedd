#include "tests/cli/fake_daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "proxy/lease/control_socket.h"
#include "proxy/lease/runtime_directory.h"
#include "tests/rigs/process.h"

namespace bridge::tests {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

void wait_for(int fd, short events) {
  pollfd one{fd, events, 0};
  auto const bound = std::chrono::duration_cast<std::chrono::milliseconds>(rigs::kWaitMax).count();
  if (::poll(&one, 1, static_cast<int>(bound)) != 1) fail("nothing came");
}

}  // namespace

FakeDaemon::FakeDaemon(const std::string& runtime, const std::string& socket)
    : directory_(runtime + "/gopls-bridge"), path_(directory_ + '/' + socket) {
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) fail(directory_);
  auto const lock = directory_ + '/' + lease::kDaemonLock;
  lock_.reset(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_ || ::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) fail(lock);
  listener_.reset(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) throw std::runtime_error("too long: " + path_);
  std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), 8) != 0)
    fail(path_);
}

FakeDaemon::~FakeDaemon() { ::unlink(path_.c_str()); }

lease::ControlMessage FakeDaemon::question() {
  wait_for(listener_.get(), POLLIN);
  connection_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection_) fail("accept");
  wait_for(connection_.get(), POLLIN);
  auto received = lease::receive_control(connection_.get());
  if (received.status != lease::ReceivedControl::Status::message)
    throw std::runtime_error("no question: " + received.complaint);
  return std::move(received.message);
}

void FakeDaemon::answer(const std::vector<lease::ControlMessage>& messages) const {
  for (auto const& message : messages) {
    for (;;) {
      auto const error = lease::send_control(connection_.get(), message);
      if (!error) break;
      if (error.value() != EAGAIN) throw std::runtime_error("answer: " + error.message());
      wait_for(connection_.get(), POLLOUT);
    }
  }
}

bool FakeDaemon::has_connection_waiting() const {
  pollfd one{listener_.get(), POLLIN, 0};
  return ::poll(&one, 1, 0) == 1;
}

}  // namespace bridge::tests
