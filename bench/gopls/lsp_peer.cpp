#include "bench/gopls/lsp_peer.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "bench/gopls/server_process.h"
#include "bench/interrupt.h"
#include "framing/envelope.h"

namespace bridge::bench {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;  // what libuv offers to each read
// Loading a large module with a cold cache takes gopls tens of seconds.
constexpr std::chrono::seconds kSilenceMax{120};
constexpr timeval kTick{.tv_sec = 0, .tv_usec = 200'000};  // how late an interruption is seen

}  // namespace

LspPeer::LspPeer(kernel::UniqueFd in, kernel::UniqueFd out, std::string name,
                 std::string watched_uri)
    : in_(std::move(in)),
      out_(std::move(out)),
      name_(std::move(name)),
      watched_uri_(std::move(watched_uri)),
      buffer_(2 * kReadBytes, '\0') {
  ::setsockopt(in_.get(), SOL_SOCKET, SO_RCVTIMEO, &kTick, sizeof kTick);
  timeval const silence{.tv_sec = kSilenceMax.count(), .tv_usec = 0};
  ::setsockopt(out_.get(), SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);
}

void LspPeer::close() {
  in_.reset();
  out_.reset();
}

std::string_view LspPeer::request(std::string_view method, std::string_view params) {
  std::string const id = std::to_string(++last_id_);
  body_.assign(R"({"jsonrpc":"2.0","id":)").append(id).append(R"(,"method":")").append(method);
  body_.append(R"(","params":)").append(params).append("}");
  send(body_);
  awaited_ = method;
  for (;;) {
    std::string_view const body = receive();
    framing::Envelope const envelope = framing::read_envelope(body);
    if (envelope.kind == framing::MessageKind::response && envelope.id.in(body) == id) return body;
    take(body);
  }
}

void LspPeer::notify(std::string_view method, std::string_view params) {
  body_.assign(R"({"jsonrpc":"2.0","method":")").append(method).append(R"(","params":)");
  body_.append(params).append("}");
  send(body_);
}

LspPeer::Clock::time_point LspPeer::wait_for_diagnostics() {
  awaited_ = "diagnostics of " + watched_uri_;
  while (!diagnosed_) take(receive());
  return *diagnosed_;
}

// Header and body apart, as VS Code's library writes them.
void LspPeer::send(std::string_view body) {
  header_.assign("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  for (std::string_view rest : {std::string_view(header_), body}) {
    while (!rest.empty()) {
      ssize_t const put = ::send(out_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) throw Broken(name_ + ": writing a message: " + std::strerror(errno));
      rest.remove_prefix(static_cast<std::size_t>(put));
    }
  }
}

// The next message's body. It stays where it is until the next call.
std::string_view LspPeer::receive() {
  for (;;) {
    std::string_view const pending(buffer_.data() + begin_, end_ - begin_);
    framing::Scan const scan = scanner_.next(pending);
    if (scan.kind == framing::Scan::Kind::frame) {
      begin_ += scan.frame_size();
      return pending.substr(scan.header_size, scan.body_size);
    }
    if (scan.kind != framing::Scan::Kind::need_more)
      throw Broken(name_ + " sent what is no frame: " + std::string(to_string(scan.fault)));
    std::size_t const room = std::max(scan.frame_size(), pending.size() + kReadBytes);
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, pending.size());
      end_ -= std::exchange(begin_, 0);
    }
    if (buffer_.size() < room) buffer_.resize(room);
    read_more();
  }
}

void LspPeer::read_more() {
  auto const silent_until = Clock::now() + kSilenceMax;
  for (;;) {
    ssize_t const got = ::recv(in_.get(), buffer_.data() + end_, buffer_.size() - end_, 0);
    if (got > 0) {
      end_ += static_cast<std::size_t>(got);
      return;
    }
    if (got == 0) throw Broken(name_ + " has closed the connection");
    if (errno != EAGAIN && errno != EINTR)
      throw Broken(name_ + ": reading a message: " + std::strerror(errno));
    if (interrupted()) throw Interrupted();
    if (Clock::now() > silent_until)
      throw Broken(name_ + ": nothing came while waiting for " + awaited_);
  }
}

// What the server sends of its own accord.
void LspPeer::take(std::string_view body) {
  framing::Envelope const envelope = framing::read_envelope(body);
  if (envelope.kind == framing::MessageKind::request) {
    answer(body, envelope.id.in(body), envelope.method.in(body));
  } else if (!diagnosed_ && framing::method_is(envelope, body, "textDocument/publishDiagnostics")) {
    auto const now = Clock::now();
    auto const params = nlohmann::json::parse(body).at("params");
    if (params.at("uri") == watched_uri_ && !params.at("diagnostics").empty()) diagnosed_ = now;
  }
}

// As VS Code does where nothing is configured. gopls waits for each of these answers.
void LspPeer::answer(std::string_view body, std::string_view id, std::string_view method) {
  std::string result = "null";
  if (method == "workspace/configuration") {
    auto const items = nlohmann::json::parse(body).at("params").at("items").size();
    result = "[";
    for (std::size_t i = 0; i < items; ++i) result += i == 0 ? "null" : ",null";
    result += "]";
  }
  // `body` and `id` lie in the buffer, which sending leaves alone.
  send(std::string(R"({"jsonrpc":"2.0","id":)").append(id).append(R"(,"result":)") + result + "}");
}

}  // namespace bridge::bench
