// Fronts as the daemon sees them, played by the test: they ask, leave, park and take up over the
// control socket, and speak LSP over what they get.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "proxy/session/park/parked_session.h"
#include "tests/broker/broker_fixture.h"

namespace bridge::broker {

// What a front says of itself when it asks.
struct Asks {
  std::string parker = "1:1";
  std::string fingerprint = "f";
  std::string key = "k";
  bool resume = true;
};

class PlayedFront {
 public:
  explicit PlayedFront(const std::string& control) : control_(control) {}

  void ask(const std::string& program, const Asks& asks);
  // Until there is an answer. One that was granted has a server from here on.
  lease::ControlMessage answer();
  // Both, and initialize where the connection is fresh; fails the test where it is refused.
  void begin(const std::string& program, const Asks& asks);
  // With this connection and this state, or those that it has.
  lease::ControlMessage park();
  lease::ControlMessage park(int connection, int state);
  void say(const std::string& verb) const { control_.send({.verb = verb, .fields = {}}); }
  void say(const lease::ControlMessage& message) const { control_.send(message); }

  bool resumed() const { return resumed_.has_value(); }
  const session::ParkedSession& taken_up() const { return *resumed_; }
  SocketClient& server() { return *server_; }
  pid_t pid() const { return pid_; }
  const ControlClient& control() const { return control_; }
  // What the next park() leaves.
  session::ParkedSession state;

 private:
  ControlClient control_;
  std::uint64_t requests_ = 0;
  std::optional<SocketClient> server_;
  std::optional<session::ParkedSession> resumed_;
  pid_t pid_ = 0;
};

class ParkedSessions : public Broker {
 protected:
  // A daemon of the test's own.
  void start_daemon(const std::vector<std::string>& settings = {});
  void TearDown() override;
  std::unique_ptr<PlayedFront> front() const { return std::make_unique<PlayedFront>(control); }
  std::unique_ptr<PlayedFront> begun(const Asks& asks) {
    auto one = front();
    one->begin(program, asks);
    return one;
  }
  // A session with a document open that is then parked, and its gopls.
  pid_t leave_parked(const Asks& asks = {});
  // Whether it is the session that leave_parked() left.
  static bool has_its_document(PlayedFront& front);
  std::size_t parked() const;
  void wait_for_parked(std::size_t count) const;
  // What the daemon has logged.
  std::string log() const;
  std::size_t daemon_descriptors() const;

  std::unique_ptr<StdioChild> daemon_;
};

}  // namespace bridge::broker
