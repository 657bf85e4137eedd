// shape_recorder: stands where an editor starts gopls, starts the real one and writes down the
// shape of the session: when, which way, how large, which method, which id. Never a word of what a
// message says. The format is in bench/workload/README.md. No part of the product.
//
// Environment: SHAPE_SERVER (path of the real server), SHAPE_DIR (each session makes a file there,
// named by when it began). Its arguments are the server's. Ends with the server's exit code.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/rigs/frames.h"

namespace bridge::rigs {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "shape_recorder: %s: %s\n", what.c_str(), std::strerror(errno));
  std::_Exit(70);
}

const char* required(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) fail(name);
  return value;
}

// The lines of both directions, in the order in which the messages were whole.
class Shape {
 public:
  explicit Shape(const std::string& path) : file_(std::fopen(path.c_str(), "wxe")) {
    if (file_ == nullptr) fail(path);
  }

  void add(char direction, const std::string& body) {
    auto const message = nlohmann::json::parse(body);
    bool const has_method = message.contains("method");
    // Ids of VS Code's library and of gopls are small numbers. Another client's may say more.
    long id = -1;
    if (message.contains("id")) id = message["id"].get<long>();
    std::string const method = has_method ? message["method"].get<std::string>() : "-";
    std::lock_guard const lock(mutex_);
    auto const now = Clock::now();
    if (start_ == Clock::time_point{}) start_ = now;
    auto const us = std::chrono::duration_cast<std::chrono::microseconds>(now - start_).count();
    std::fprintf(file_, "%ld.%03ld %c %zu %s %s\n", us / 1000, us % 1000, direction, body.size(),
                 id < 0 ? "-" : std::to_string(id).c_str(), method.c_str());
    std::fflush(file_);
  }

 private:
  std::FILE* file_;
  std::mutex mutex_;
  Clock::time_point start_;
};

void copy(int from, int to, char direction, Shape& shape) {
  std::array<char, 65536> buffer;
  FrameReader frames;
  for (;;) {
    auto const got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    std::string_view rest(buffer.data(), static_cast<std::size_t>(got));
    frames.feed(rest);
    // Written down before it is passed on: an answer never stands before its request.
    while (auto const body = frames.next()) shape.add(direction, *body);
    while (!rest.empty()) {
      auto const wrote = ::write(to, rest.data(), rest.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return;
      rest.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }
}

int run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), required("SHAPE_SERVER"));
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  auto const began = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  Shape shape(std::string(required("SHAPE_DIR")) + "/" + std::to_string(began));
  int to_server[2];
  int to_editor[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to_server) != 0 ||
      ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to_editor) != 0)
    fail("socketpair");
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
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(to_server[1]);
  ::close(to_editor[1]);
  // Ends with the process if the editor never closes its side.
  std::thread([&shape, to = to_server[0]] {
    copy(STDIN_FILENO, to, '>', shape);
    ::shutdown(to, SHUT_WR);
  }).detach();
  copy(to_editor[0], STDOUT_FILENO, '<', shape);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace
}  // namespace bridge::rigs

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  int code = 70;
  try {
    code = bridge::rigs::run({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "shape_recorder: %s\n", e.what());
  }
  // _Exit: the reader of the editor's bytes may still be blocked in read.
  std::_Exit(code);
}
