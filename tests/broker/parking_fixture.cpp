#include "tests/broker/parking_fixture.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "proxy/lease/state_file.h"

namespace bridge::broker {

using lease::ControlMessage;

void PlayedFront::ask(const std::string& program, const Asks& asks) {
  ControlMessage message{.verb = "lease", .fields = {}};
  message.add("request", ++requests_)
      .add("key", asks.key)
      .add("program", program)
      .add("env", "PATH=/usr/bin:/bin")
      .add("fingerprint", asks.fingerprint)
      .add("parker", asks.parker);
  if (asks.resume) message.add("resume", 1);
  control_.send(message);
}

ControlMessage PlayedFront::answer() {
  for (;;) {
    auto received = control_.read();
    if (received.message.number("request") != requests_) continue;  // `ended` and its like
    if (received.message.verb != "granted") return received.message;
    pid_ = static_cast<pid_t>(received.message.number("pid").value_or(0));
    server_.emplace(std::move(received.descriptor));
    resumed_.reset();
    if (!received.second) return received.message;
    lease::MappedState const mapped(received.second.get());
    EXPECT_TRUE(mapped.ok()) << mapped.complaint();
    std::string error;
    resumed_ = session::parse_parked(mapped.bytes(), error);
    EXPECT_TRUE(resumed_) << error;
    return received.message;
  }
}

void PlayedFront::begin(const std::string& program, const Asks& asks) {
  ask(program, asks);
  auto const got = answer();
  ASSERT_EQ(got.verb, "granted") << got.get("reason");
  if (!resumed_) server_->initialize();
}

ControlMessage PlayedFront::park() {
  auto const file = lease::make_state_file(session::serialise(state));
  auto got = park(server_->fd(), file.get());
  server_.reset();
  return got;
}

ControlMessage PlayedFront::park(int connection, int its_state) {
  ControlMessage message{.verb = "park", .fields = {}};
  message.add("request", ++requests_);
  EXPECT_FALSE(lease::send_control(control_.fd(), message, connection, its_state));
  return answer();
}

void ParkedSessions::start_daemon(const std::vector<std::string>& settings) {
  write_program();
  auto variables = editor_environment();
  variables.insert(variables.end(), settings.begin(), settings.end());
  daemon_ = std::make_unique<StdioChild>(
      rigs::ChildSettings{.argv = {BRIDGE_BINARY, "daemon"}, .env = variables, .wait_max = kBound});
  wait_until("the daemon listens",
             [this] { return static_cast<bool>(lease::connect_control(control).socket); });
}

void ParkedSessions::TearDown() {
  Broker::TearDown();
  if (daemon_) daemon_->wait_exit();
}

pid_t ParkedSessions::leave_parked(const Asks& asks) {
  auto const one = begun(asks);
  one->server().send_frame(
      R"({"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":)"
      R"({"uri":"file:///m/a.go","languageId":"go","version":1,"text":"package a"}}})");
  EXPECT_EQ(one->server().request("fake/echo", 1)["result"], 1) << "all before has arrived";
  auto const got = one->park();
  EXPECT_EQ(got.verb, "parked") << got.get("reason");
  return one->pid();
}

bool ParkedSessions::has_its_document(PlayedFront& front) {
  return front.server().request("fake/documents", nullptr)["result"].contains("file:///m/a.go");
}

std::size_t ParkedSessions::parked() const { return status().parked.size(); }

void ParkedSessions::wait_for_parked(std::size_t count) const {
  wait_for_status(std::to_string(count) + " parked",
                  [count](auto const& it) { return it.parked.size() == count; });
}

std::string ParkedSessions::log() const {
  return rigs::read_file(home + "/state/gopls-bridge/daemon.jsonl");
}

std::size_t ParkedSessions::daemon_descriptors() const {
  auto const path = "/proc/" + std::to_string(daemon_->pid()) + "/fd";
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
}

}  // namespace bridge::broker
