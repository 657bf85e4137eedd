#include "proxy/lease/private_server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "proxy/kernel/sender_options.h"
#include "proxy/server/environment.h"

namespace bridge::lease {
namespace {

using kernel::UniqueFd;

struct Pair {
  UniqueFd ours;
  UniqueFd theirs;
};

bool make_socketpair(Pair& pair) {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return false;
  pair = {UniqueFd(fds[0]), UniqueFd(fds[1])};
  return true;
}

bool make_pipe(Pair& pair) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return false;
  pair = {UniqueFd(fds[0]), UniqueFd(fds[1])};
  return true;
}

// VS Code on WSL runs no shell start-up files, so PATH often lacks Go; gopls finds `go` only there.
std::vector<std::string> environment_with(const std::string& go_directory) {
  std::vector<std::string> environment = server::own_environment();
  if (go_directory.empty()) return environment;
  bool has_path = false;
  for (std::string& entry : environment) {
    if (!entry.starts_with("PATH=")) continue;
    has_path = true;
    entry += (entry.size() > 5 ? ":" : "") + go_directory;
  }
  if (!has_path) environment.push_back("PATH=" + go_directory);
  return environment;
}

}  // namespace

boost::system::result<ServerConnection, AcquireError> PrivateServer::acquire(AcquireReason) {
  Pair to_server;
  Pair to_editor;
  Pair errors;
  if (!make_socketpair(to_server) || !make_socketpair(to_editor) || !make_pipe(errors)) {
    return AcquireError{std::string("no descriptors for a gopls: ") + std::strerror(errno)};
  }
  kernel::set_sender_options(to_editor.theirs.get());
  if (stdio_ == ServerStdio::nonblocking) {
    for (int const fd : {to_server.theirs.get(), to_editor.theirs.get()}) {
      ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    }
  }
  auto started = server::ChildProcess::start(
      {.path = gopls_, .args = args_, .environment = environment_with(go_directory_)},
      {.in = to_server.theirs.get(), .out = to_editor.theirs.get(), .error = errors.theirs.get()});
  if (!started) {
    return AcquireError{"cannot start " + gopls_ + ": " + started.error().message()};
  }
  ServerConnection connection;
  connection.read = std::move(to_editor.ours);
  connection.write = std::move(to_server.ours);
  connection.stderr_read = std::move(errors.ours);
  connection.name = "gopls (pid " + std::to_string(started->pid()) + ", " + gopls_ + ")";
  connection.process.emplace(std::move(*started));
  return connection;
}

}  // namespace bridge::lease
