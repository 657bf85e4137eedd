#include "proxy/cli/daemon_query.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "proxy/kernel/unique_fd.h"
#include "proxy/lease/control_socket.h"
#include "proxy/lease/runtime_directory.h"

namespace bridge::cli {
namespace {

using Clock = std::chrono::steady_clock;
using lease::ReceivedControl;

// Twenty times what the daemon itself waits for its fronts (daemon_status.cpp).
constexpr std::chrono::milliseconds kPatience{3000};
// A listener's backlog is full for no longer than a storm of windows lasts.
constexpr int kFullRetryMs = 20;

std::string read_proc_locks() {
  kernel::UniqueFd const fd(::open("/proc/locks", O_RDONLY | O_CLOEXEC));
  std::string text;
  char piece[4096];
  for (ssize_t got = 1; fd && got > 0;) {
    got = ::read(fd.get(), piece, sizeof piece);
    if (got > 0) text.append(piece, static_cast<std::size_t>(got));
  }
  return text;
}

// Whether a process has the daemon's lock. It is looked at, not tried: a lock that we had for a
// moment would turn a daemon away that starts just then. Where it cannot be looked at: yes.
bool daemon_lives(const std::string& directory) {
  struct stat status;
  if (::stat((directory + '/' + lease::kDaemonLock).c_str(), &status) != 0) return false;
  std::string const locks = read_proc_locks();
  if (locks.empty() && ::access("/proc/locks", R_OK) != 0) return true;
  // "1: FLOCK  ADVISORY  WRITE 1234 00:2d:5678 0 EOF": device and inode.
  std::string const inode = ':' + std::to_string(status.st_ino) + ' ';
  for (std::size_t at = 0; at < locks.size();) {
    std::size_t const end = std::min(locks.find('\n', at), locks.size());
    std::string_view const line = std::string_view(locks).substr(at, end - at);
    // "->" is one that waits for it.
    if (line.find(" FLOCK ") != std::string_view::npos && line.find(inode) != std::string::npos &&
        line.find("->") == std::string_view::npos)
      return true;
    at = end + 1;
  }
  return false;
}

lease::ConnectedControl connect(const std::string& path, Clock::time_point deadline) {
  for (;;) {
    auto connected = lease::connect_control(path);
    if (connected.socket || connected.error.value() != EAGAIN || Clock::now() > deadline)
      return connected;
    ::poll(nullptr, 0, kFullRetryMs);
  }
}

bool wait_readable(int fd, Clock::time_point deadline) {
  for (;;) {
    auto const left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left < 0) return false;
    pollfd one{fd, POLLIN, 0};
    int const ready = ::poll(&one, 1, static_cast<int>(left) + 1);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// Empty, or why the answer did not come.
std::string converse(int fd, const lease::ControlMessage& question, std::string_view last,
                     Clock::time_point deadline, DaemonAnswer& answer) {
  if (auto const error = lease::send_control(fd, question)) return error.message();
  for (;;) {
    ReceivedControl received = lease::receive_control(fd);
    switch (received.status) {
      case ReceivedControl::Status::would_block:
        if (!wait_readable(fd, deadline)) return "it does not answer";
        break;
      case ReceivedControl::Status::closed:
        return "it hung up";
      case ReceivedControl::Status::refused:
        return received.version != 0 && received.version != lease::kControlVersion
                   ? "it speaks another version of the protocol"
                   : "it does not speak our protocol";
      case ReceivedControl::Status::message:
        if (received.message.verb == "bad" || received.message.verb == "unknown")
          return "it does not know \"" + question.verb + "\": it is of another version";
        if (received.message.verb == last) {
          answer.last = std::move(received.message);
          return {};
        }
        answer.messages.push_back(std::move(received.message));
        break;
    }
  }
}

}  // namespace

DaemonAnswer ask_daemon(const server::Environment& environment, std::string_view instance,
                        const lease::ControlMessage& question, std::string_view last) {
  DaemonAnswer answer;
  auto const directory = lease::open_runtime_directory(environment, instance);
  if (directory.path.empty()) {
    answer.words = "there is no directory for its sockets";
    for (auto const& complaint : directory.complaints) answer.words += "; " + complaint;
    return answer;
  }
  answer.directory = directory.path;
  std::string const control = directory.path + '/' + lease::kControlSocket;
  answer.systemd_waits = ::access(control.c_str(), F_OK) == 0;
  if (!daemon_lives(directory.path)) return answer;

  answer.kind = DaemonAnswer::Kind::silent;
  auto const deadline = Clock::now() + kPatience;
  // systemd's last: while a daemon lives that was started on demand, a connection there would make
  // systemd start another in its place.
  for (auto const* const name : {lease::kDaemonSocket, lease::kControlSocket}) {
    auto const connected = connect(directory.path + '/' + name, deadline);
    if (!connected.socket) {
      if (answer.words.empty() || connected.error.value() != ENOENT)
        answer.words = std::string(name) + ": " + connected.error.message();
      continue;
    }
    answer.words = converse(connected.socket.get(), question, last, deadline, answer);
    if (answer.words.empty())
      answer.kind = DaemonAnswer::Kind::answered;
    else
      answer.messages.clear();  // half an answer is none
    break;
  }
  return answer;
}

}  // namespace bridge::cli
