#include "tests/simulation/staged_session.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace bridge::simulation {

using relay::Transfer;

struct StagedSession::End final : relay::Source, relay::Sink {
  explicit End(std::function<void(const std::string&)> on_body) : got(std::move(on_body)) {}
  Transfer read_some(std::span<char> room) noexcept override {
    if (pending.empty()) return ended ? Transfer::ended() : Transfer::blocked();
    std::size_t const size = std::min(room.size(), pending.size());
    std::copy_n(pending.data(), size, room.data());
    pending.erase(0, size);
    return Transfer::moved(size);
  }
  Transfer write_some(std::string_view bytes) noexcept override {
    if (ended) return Transfer::failure(EPIPE);
    frames.feed(bytes);
    while (auto const body = frames.next()) got(*body);
    return Transfer::moved(bytes.size());
  }
  bool splices() const noexcept override { return false; }
  int poll_fd() const noexcept override { return -1; }
  bool ready() const { return !pending.empty() || ended; }

  std::function<void(const std::string&)> got;
  std::string pending;
  bool ended = false;
  FrameReader frames;
};

StagedSession::StagedSession(session::SessionCore::Settings settings)
    : editor_(std::make_unique<End>([this](const std::string& body) {
        write_down("editor gets " + in_brief(Json::parse(body)));
      })) {
  make_server();
  core_.emplace(*editor_, *editor_, ends(), static_cast<session::World&>(*this), settings);
  settle();
}

StagedSession::~StagedSession() = default;

session::ServerEnds StagedSession::ends() {
  return {.source = server_.get(), .sink = server_.get(), .name = name()};
}

void StagedSession::make_server() {
  ++servers_;
  server_ = std::make_unique<End>([this](const std::string& body) {
    write_down(name() + " gets " + in_brief(Json::parse(body)));
  });
}

std::string StagedSession::play(const std::string& text) {
  out_.clear();
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == ' ') continue;
    out_ += line + "\n";
    act(line);
    settle();
  }
  return out_;
}

void StagedSession::act(const std::string& line) {
  if (over_) return write_down("the session is over");
  if (line == "server dies") return lose_server(/*killed=*/false);
  if (line == "server is killed") return lose_server(/*killed=*/true);
  if (line == "no server can be started") return void(failing_starts_ = 1000);
  if (line == "servers can be started") return void(failing_starts_ = 0);
  if (line == "the program changes") return core_->on_program_changed();
  if (line.starts_with("wait ")) {
    Time const end = timeline_.now() + milliseconds(std::stoi(line.substr(5)));
    while (!over_ && timeline_.step(end)) {
    }
    return;
  }
  Json const message = message_of(line);
  End* const end = line.starts_with("server ") ? server_.get() : editor_.get();
  if (message.is_null() || end == nullptr) return write_down("the script makes no sense");
  end->pending += framed(message.dump());
}

void StagedSession::lose_server(bool killed) {
  killed_ = killed;
  if (server_) server_->ended = true;
}

void StagedSession::settle() {
  core_->settle();
  for (bool moved = true; moved && !over_;) {
    moved = false;
    if (core_->wants_editor_source() && editor_->ready()) {
      core_->on_editor_source_ready();
      moved = true;
    }
    if (server_ && core_->wants_server_source() && server_->ready()) {
      core_->on_server_source_ready();
      moved = true;
    }
    core_->settle();
  }
}

boost::system::result<session::ServerEnds, lease::AcquireError> StagedSession::start_server(
    lease::AcquireReason /*reason*/) {
  if (failing_starts_ > 0) {
    write_down("no server starts");
    return lease::AcquireError{"no such file"};
  }
  make_server();
  write_down(name() + " starts");
  return ends();
}

void StagedSession::drop_server(bool /*kill*/) { server_.reset(); }

void StagedSession::try_program(const std::string& frame) {
  FrameReader reader;
  reader.feed(frame);
  Json const asked = Json::parse(reader.next().value_or("{}"));
  write_down("the new program gets " + in_brief(asked));
  Json const answer = {{"jsonrpc", "2.0"}, {"id", asked["id"]}, {"result", {{"capabilities", {}}}}};
  timeline_.after(milliseconds(1), [this, text = answer.dump()] {
    core_->on_program_tried(text, "");
    settle();
  });
}

void StagedSession::arm(session::SessionTimer timer, milliseconds delay) {
  disarm(timer);
  auto& ticket = timers_[static_cast<std::size_t>(timer)];
  ticket = timeline_.after(delay, [this, timer, &ticket] {
    ticket.reset();
    core_->on_timer(timer);
    settle();
  });
}

void StagedSession::disarm(session::SessionTimer timer) {
  auto& ticket = timers_[static_cast<std::size_t>(timer)];
  if (ticket) timeline_.cancel(*ticket);
  ticket.reset();
}

void StagedSession::finish(int exit_code, const std::string& /*reason*/) {
  over_ = true;
  write_down("the session ends with " + std::to_string(exit_code));
}

}  // namespace bridge::simulation
