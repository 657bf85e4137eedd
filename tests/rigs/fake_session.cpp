#include "tests/rigs/fake_session.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "proxy/kernel/unique_fd.h"

namespace bridge::rigs {
namespace {

constexpr int kExitScripted = 3;  // --exit-when
constexpr int kExitPanic = 2;     // what Go's runtime ends with

}  // namespace

void append_to_file(const std::string& path, std::string_view bytes) {
  kernel::UniqueFd const file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    std::perror(("fake_server: " + path).c_str());
}

// What was said before is written before.
void FakeSession::panic(const std::string& why) {
  while (!writes_.empty() && !done_) write_some();
  std::fprintf(stderr, "panic: %s\n", why.c_str());
  ::_exit(kExitPanic);
}

void FakeSession::send(const std::string& body, const std::string& answered) {
  if (options_.print_garbage) writes_.emplace_back("this is no frame\n");
  auto const whole = frame(body);
  auto const dies = options_.die_in_frame.find(answered);
  if (dies != options_.die_in_frame.end()) {
    writes_.push_back(whole.substr(0, dies->second));
    die_when_written_ = true;
  } else if (options_.two_writes) {
    writes_.push_back(whole.substr(0, whole.size() - body.size()));
    writes_.push_back(body);
  } else {
    writes_.push_back(whole);
  }
}

void FakeSession::publish(const Json& document) {
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
            {"params", std::move(params)}});
}

FakeSession::Json FakeSession::documents() const {
  Json all = Json::object();
  for (auto const& [uri, document] : documents_) all[uri] = document;
  return all;
}

// The `result` or `error` member of the answer.
FakeSession::Json FakeSession::answer(const std::string& method, const Json& params) {
  if (method == "initialize") {
    if (params.contains("initializationOptions") && params["initializationOptions"].is_object())
      environment_ = params["initializationOptions"].value("env", Json::object());
    return {{"result",
             {{"capabilities", {{"textDocumentSync", 1}, {"hoverProvider", true}}},
              {"serverInfo", {{"name", "fake_server"}, {"version", options_.version}}}}}};
  }
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
  if (method == "fake/environment") {
    Json of_process = Json::object();
    for (auto const& name : params["names"])
      if (auto const* const value = std::getenv(name.get<std::string>().c_str()))
        of_process[name.get<std::string>()] = value;
    return {{"result", {{"process", of_process}, {"session", environment_}}}};
  }
  if (method == "fake/documents") return {{"result", documents()}};
  if (method == "fake/received") return {{"result", received_}};
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

void FakeSession::handle(const std::string& body) {
  if (!options_.panic_at.empty() && body.find(options_.panic_at) != std::string::npos)
    panic("it says " + options_.panic_at);
  auto const message = Json::parse(body);
  if (options_.keep) received_.push_back(message);
  if (!message.contains("method")) return;  // the answer to a request of ours
  std::string const method = message["method"];
  if (options_.exit_when == method) ::_exit(kExitScripted);
  if (options_.stall_when == method) stalled_ = true;
  Json const params = message.value("params", Json());
  if (message.contains("id")) {
    handle_request(method, message, params);
  } else {
    handle_notification(method, params);
  }
}

void FakeSession::handle_request(const std::string& method, const Json& message,
                                 const Json& params) {
  if (method == "fake/panic") panic(method);
  if (method == "fake/never") return;
  Json reply = {{"jsonrpc", "2.0"}};
  reply.update(answer(method, params));
  reply["id"] = message["id"];  // last, where gopls has it
  auto const delay = options_.delays.find(method);
  if (delay == options_.delays.end())
    send(reply.dump(), method);
  else
    later_.push_back({Clock::now() + delay->second, reply.dump(), method});
}

void FakeSession::handle_notification(const std::string& method, const Json& params) {
  if (method == "textDocument/didOpen" || method == "textDocument/didChange") {
    auto const& document = params["textDocument"];
    auto const& text =
        method == "textDocument/didOpen" ? document : params["contentChanges"].back();
    documents_[document["uri"]] = {{"version", document.value("version", 0)},
                                   {"text", text.value("text", "")}};
    publish(document);
  } else if (method == "textDocument/didClose") {
    documents_.erase(params["textDocument"]["uri"]);
  } else if (method == "initialized" && options_.ask) {
    send(Json{{"jsonrpc", "2.0"},
              {"method", "workspace/configuration"},
              {"params", {{"items", Json::array({{{"section", "fake"}}})}}},
              {"id", 1}});
  } else if (method == "fake/send") {
    send(params);
  } else if (method == "fake/panic") {
    panic(method);
  } else if (method == "exit") {
    if (!shut_down_) ::_exit(1);
    done_ = true;
  }
}

bool FakeSession::read_some() {
  static std::array<char, 65536> buffer;
  auto const got = ::read(input_, buffer.data(), buffer.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (got <= 0) return false;
  std::string_view const bytes(buffer.data(), static_cast<std::size_t>(got));
  if (!options_.record.empty()) append_to_file(options_.record, bytes);
  frames_.feed(bytes);
  while (auto const body = frames_.next()) handle(*body);
  return true;
}

void FakeSession::write_some() {
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

std::array<pollfd, 2> FakeSession::wants() const {
  return {{{stalled_ ? -1 : input_, POLLIN, 0}, {writes_.empty() ? -1 : output_, POLLOUT, 0}}};
}

int FakeSession::timeout_ms() const {
  int timeout = -1;
  for (auto const& one : later_) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(one.due - Clock::now()).count();
    auto const bounded = static_cast<int>(std::max<decltype(left)>(0, left));
    timeout = timeout < 0 ? bounded : std::min(timeout, bounded);
  }
  return timeout;
}

void FakeSession::turn(const pollfd& input, const pollfd& output) {
  if (input.revents != 0 && !read_some()) {
    done_ = true;
    while (options_.stay_after_eof) ::pause();
  }
  if (output.revents != 0 && !done_) write_some();
  for (auto one = later_.begin(); !done_ && one != later_.end();) {
    if (one->due > Clock::now()) {
      ++one;
      continue;
    }
    send(one->body, one->method);
    one = later_.erase(one);
  }
}

void FakeSession::run() {
  while (!done_) {
    auto set = wants();
    if (::poll(set.data(), set.size(), timeout_ms()) >= 0) turn(set[0], set[1]);
  }
}

}  // namespace bridge::rigs
