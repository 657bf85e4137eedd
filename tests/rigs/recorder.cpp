// recorder: stands where a server is started, starts the real one and writes down every byte of
// both directions, unchanged and in files of their own. No part of the product.
//
// Environment: RECORDER_SERVER (path of the real server), RECORDER_DIR (gets to_server and
// to_editor). Its arguments are the server's, but for one of its own: `--recorder-listen PATH`
// serves one connection to that socket instead of stdin and stdout. Ends with the server's exit
// code.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::rigs {
namespace {

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "recorder: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(70);
}

std::string required(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) fail(name);
  return value;
}

bool write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    auto const wrote = ::write(fd, data, size);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    data += wrote;
    size -= static_cast<std::size_t>(wrote);
  }
  return true;
}

// Written down before it is passed on, so that what a reader has is always in the file.
void copy(int from, int to, const std::string& record) {
  kernel::UniqueFd const file(
      ::open(record.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) fail(record);
  std::array<char, 65536> buffer;
  bool deaf = false;
  for (;;) {
    auto const got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    auto const size = static_cast<std::size_t>(got);
    if (!write_all(file.get(), buffer.data(), size)) fail(record);
    if (!deaf) deaf = !write_all(to, buffer.data(), size);
  }
}

// The socket gets its name once it listens: whoever sees it can connect.
int accept_one(const std::string& path) {
  kernel::UniqueFd const listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto const unready = path + "~";
  unready.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), 1) != 0 || ::rename(unready.c_str(), path.c_str()) != 0)
    fail(path);
  int const one = ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
  if (one < 0) fail("accept");
  return one;
}

int run(std::vector<std::string> arguments) {
  auto const server = required("RECORDER_SERVER");
  auto const directory = required("RECORDER_DIR");
  int input = STDIN_FILENO;
  int output = STDOUT_FILENO;
  if (arguments.size() >= 2 && arguments[0] == "--recorder-listen") {
    input = output = accept_one(arguments[1]);
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  int to_server[2];
  int to_editor[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to_server) != 0 ||
      ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to_editor) != 0)
    fail("socketpair");

  arguments.insert(arguments.begin(), server);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t const pid = ::fork();
  if (pid < 0) fail("fork");
  if (pid == 0) {
    ::signal(SIGPIPE, SIG_DFL);
    ::dup2(to_server[1], STDIN_FILENO);
    ::dup2(to_editor[1], STDOUT_FILENO);
    ::execv(server.c_str(), argv.data());
    ::_exit(127);
  }
  ::close(to_server[1]);
  ::close(to_editor[1]);
  // Ends with the process if the editor never closes its side.
  std::thread([=] {
    copy(input, to_server[0], directory + "/to_server");
    ::shutdown(to_server[0], SHUT_WR);
  }).detach();
  copy(to_editor[0], output, directory + "/to_editor");
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace
}  // namespace bridge::rigs

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  // _exit: the reader of the editor's bytes may still be blocked in read.
  ::_exit(bridge::rigs::run({argv + 1, argv + argc}));
}
