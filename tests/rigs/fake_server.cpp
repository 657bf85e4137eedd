// fake_server: a scripted LSP server, so that tests and scripts/try need neither Go nor gopls.
//
// Answers initialize, shutdown, textDocument/hover, fake/echo (its params), fake/large {bytes},
// fake/flood {count, bytes} (notifications, then the answer) and fake/where (its pid); publishes
// one diagnostic on didOpen and didChange; anything else is -32601. Ends as gopls does: exit code 0
// after shutdown and at end of file, 1 for a bare `exit`; what is not yet answered at end of file
// is lost. Reads on while it writes. Options: fake_server_options.h. No part of the product.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "proxy/kernel/unique_fd.h"
#include "tests/rigs/fake_server_options.h"
#include "tests/rigs/frames.h"

namespace bridge::rigs {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr int kExitScripted = 3;  // --exit-when

void append(const std::string& path, std::string_view bytes) {
  kernel::UniqueFd const file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    std::perror(("fake_server: " + path).c_str());
}

class Session {
 public:
  Session(const FakeServerOptions& options, int input, int output)
      : options_(options), input_(input), output_(output) {}

  // Returns at end of file or after shutdown and exit; a bare `exit` ends the process, as in gopls.
  void run();

 private:
  struct Later {
    Clock::time_point due;
    std::string body;
    bool is_hover;
  };

  void wait();
  bool read_some();
  void write_some();
  void handle(const Json& message);
  Json answer(const std::string& method, const Json& params);
  void publish(const Json& document);
  void send(const std::string& body, bool is_hover = false);

  const FakeServerOptions& options_;
  int input_, output_;
  FrameReader frames_;
  std::deque<std::string> writes_;  // each is one write, if the kernel takes it
  std::size_t written_ = 0;         // of the first of them
  std::vector<Later> later_;
  bool shut_down_ = false, done_ = false, stalled_ = false, die_when_written_ = false;
};

void Session::send(const std::string& body, bool is_hover) {
  if (options_.print_garbage) writes_.emplace_back("this is no frame\n");
  auto const whole = frame(body);
  if (is_hover && options_.die_in_frame) {
    writes_.push_back(whole.substr(0, *options_.die_in_frame));
    die_when_written_ = true;
  } else if (options_.two_writes) {
    writes_.push_back(whole.substr(0, whole.size() - body.size()));
    writes_.push_back(body);
  } else {
    writes_.push_back(whole);
  }
}

void Session::publish(const Json& document) {
  Json const range = {{"start", {{"line", 0}, {"character", 0}}},
                      {"end", {{"line", 0}, {"character", 1}}}};
  Json params = {{"uri", document.value("uri", "")},
                 {"version", document.value("version", 0)},
                 {"diagnostics", Json::array({{{"range", range},
                                               {"severity", 2},
                                               {"source", "fake_server"},
                                               {"message", "a scripted diagnostic"}}})}};
  send(Json{{"jsonrpc", "2.0"},
            {"method", "textDocument/publishDiagnostics"},
            {"params", std::move(params)}}
           .dump());
}

// The `result` or `error` member of the answer.
Json Session::answer(const std::string& method, const Json& params) {
  if (method == "initialize")
    return {{"result",
             {{"capabilities", {{"textDocumentSync", 1}, {"hoverProvider", true}}},
              {"serverInfo", {{"name", "fake_server"}, {"version", "1"}}}}}};
  if (method == "shutdown") {
    shut_down_ = true;
    return {{"result", nullptr}};
  }
  if (method == "textDocument/hover") {
    auto const& at = params["position"];
    return {{"result",
             {{"contents",
               {{"kind", "plaintext"},
                {"value", "fake hover at " + at["line"].dump() + ":" + at["character"].dump()}}}}}};
  }
  if (method == "fake/echo") return {{"result", params}};
  if (method == "fake/large") return {{"result", std::string(params.value("bytes", 0U), 'x')}};
  if (method == "fake/where") return {{"result", {{"pid", ::getpid()}}}};
  if (method == "fake/flood") {
    std::string const filler(params.value("bytes", 0U), 'x');
    for (int number = 0; number < params.value("count", 0); ++number)
      send(Json{{"jsonrpc", "2.0"},
                {"method", "fake/drop"},
                {"params", {{"number", number}, {"filler", filler}}}}
               .dump());
    return {{"result", nullptr}};
  }
  return {{"error", {{"code", -32601}, {"message", "method not found: \"" + method + "\""}}}};
}

void Session::handle(const Json& message) {
  if (!message.contains("method")) return;  // the answer to --ask; --record has it
  std::string const method = message["method"];
  if (options_.exit_when == method) ::_exit(kExitScripted);
  if (options_.stall_when == method) stalled_ = true;
  Json const params = message.value("params", Json());
  if (message.contains("id")) {
    Json reply = {{"jsonrpc", "2.0"}};
    reply.update(answer(method, params));
    reply["id"] = message["id"];  // last, where gopls has it
    auto const delay = options_.delays.find(method);
    bool const is_hover = method == "textDocument/hover";
    if (delay == options_.delays.end())
      send(reply.dump(), is_hover);
    else
      later_.push_back({Clock::now() + delay->second, reply.dump(), is_hover});
  } else if (method == "textDocument/didOpen" || method == "textDocument/didChange") {
    publish(params["textDocument"]);
  } else if (method == "initialized" && options_.ask) {
    send(Json{
        {"jsonrpc", "2.0"},
        {"method", "workspace/configuration"},
        {"params", {{"items", Json::array({{{"section", "fake"}}})}}},
        {"id",
         1}}.dump());
  } else if (method == "exit") {
    if (!shut_down_) ::_exit(1);
    done_ = true;
  }
}

bool Session::read_some() {
  static std::array<char, 65536> buffer;
  auto const got = ::read(input_, buffer.data(), buffer.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (got <= 0) return false;
  std::string_view const bytes(buffer.data(), static_cast<std::size_t>(got));
  if (!options_.record.empty()) append(options_.record, bytes);
  frames_.feed(bytes);
  while (auto const body = frames_.next()) handle(Json::parse(*body));
  return true;
}

void Session::write_some() {
  auto const next = std::string_view(writes_.front()).substr(written_);
  // Never blocks: MSG_DONTWAIT on sockets, and after POLLOUT a pipe takes PIPE_BUF bytes.
  auto wrote = ::send(output_, next.data(), next.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (wrote < 0 && errno == ENOTSOCK)
    wrote = ::write(output_, next.data(), std::min<std::size_t>(next.size(), 4096));
  if (wrote < 0) {
    if (errno != EAGAIN && errno != EINTR) done_ = true;  // the reader has gone
    return;
  }
  written_ += static_cast<std::size_t>(wrote);
  if (written_ < writes_.front().size()) return;
  writes_.pop_front();
  written_ = 0;
  if (writes_.empty() && die_when_written_) ::raise(SIGKILL);
}

void Session::wait() {
  int timeout = -1;
  for (auto const& one : later_) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(one.due - Clock::now()).count();
    auto const bounded = static_cast<int>(std::max<decltype(left)>(0, left));
    timeout = timeout < 0 ? bounded : std::min(timeout, bounded);
  }
  pollfd set[2] = {{stalled_ ? -1 : input_, POLLIN, 0},
                   {writes_.empty() ? -1 : output_, POLLOUT, 0}};
  if (::poll(set, 2, timeout) < 0) return;
  if (set[0].revents != 0 && !read_some()) {
    done_ = true;
    while (options_.stay_after_eof) ::pause();
  }
  if (set[1].revents != 0 && !done_) write_some();
}

void Session::run() {
  while (!done_) {
    wait();
    for (auto one = later_.begin(); one != later_.end();) {
      if (one->due > Clock::now()) {
        ++one;
        continue;
      }
      send(one->body, one->is_hover);
      one = later_.erase(one);
    }
  }
}

// The socket gets its name once it listens: whoever sees it can connect.
int listen_and_serve(const FakeServerOptions& options) {
  kernel::UniqueFd const listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto const unready = options.listen_unix + "~";
  unready.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), 16) != 0 ||
      ::rename(unready.c_str(), options.listen_unix.c_str()) != 0) {
    std::perror(options.listen_unix.c_str());
    return 2;
  }
  for (;;) {
    kernel::UniqueFd const one(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (one) Session(options, one.get(), one.get()).run();
  }
}

}  // namespace
}  // namespace bridge::rigs

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  auto const options = bridge::rigs::parse_fake_server_options(argc, argv);
  for (auto const& line : options.stderr_lines) std::fprintf(stderr, "%s\n", line.c_str());
  if (!options.record_argv.empty())
    for (int number = 0; number < argc; ++number)
      bridge::rigs::append(options.record_argv, std::string(argv[number]) + "\n");
  if (!options.listen_unix.empty()) return bridge::rigs::listen_and_serve(options);
  bridge::rigs::Session(options, STDIN_FILENO, STDOUT_FILENO).run();
  return 0;
}
