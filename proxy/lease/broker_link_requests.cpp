// What a broker link says and hears.
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "proxy/lease/broker_link.h"
#include "proxy/lease/control_socket.h"

namespace bridge::lease {
namespace {

using kernel::UniqueFd;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Status = ReceivedControl::Status;

// A lease is not asked for more often, however fast daemons end.
constexpr int kLeaseTriesMax = 8;

ControlMessage message_of(const LeaseRequest& request, std::uint64_t number) {
  ControlMessage message{.verb = "lease", .fields = {}};
  message.add("request", number)
      .add("key", request.key)
      .add("program", request.program)
      .add("go", request.go)
      .add("go_version", request.go_version)
      .add("fingerprint", request.fingerprint)
      .add("parker", request.parker);
  if (request.resume) message.add("resume", 1);
  if (!request.retire.empty()) message.add("retire", request.retire);
  for (std::string const& arg : request.args) message.add("arg", arg);
  for (std::string const& entry : request.environment) message.add("env", entry);
  return message;
}

}  // namespace

// --- messages ------------------------------------------------------------------------------------

bool BrokerLink::send(const ControlMessage& message, int descriptor, int second) {
  if (!socket_) return false;
  auto const error = send_control(socket_.get(), message, descriptor, second);
  // A daemon that does not read is no daemon; EMSGSIZE is the caller's.
  if (error.value() == EAGAIN || error.value() == EPIPE || error.value() == ECONNRESET) lost();
  return !error;
}

bool BrokerLink::hear(std::uint64_t request, Answer* answer) {
  if (!socket_) return false;
  ReceivedControl received = receive_control(socket_.get());
  switch (received.status) {
    case Status::would_block:
      return false;
    case Status::closed:
      lost();
      return false;
    case Status::refused:
      return true;  // of another version; what it answers to us is told by `bad`
    case Status::message:
      break;
  }
  std::string const& verb = received.message.verb;
  bool const answers = verb == "granted" || verb == "refused" || verb == "parked";
  bool const bad = verb == "bad" || verb == "unknown";
  if (answer != nullptr && (bad || (answers && received.message.number("request") == request))) {
    answer->message = std::move(received.message);
    answer->descriptor = std::move(received.descriptor);
    answer->second = std::move(received.second);
  } else {
    take(received.message);
  }
  return true;
}

void BrokerLink::take(const ControlMessage& message) {
  auto const add = [this](Event::Kind kind) { pending_.push_back({kind}); };
  if (message.verb == "report") add(Event::Kind::report);
  if (message.verb == "sleep") add(Event::Kind::sleep);
  if (message.verb == "replace") add(Event::Kind::replace);
  if (message.verb == "goodbye") said_goodbye_ = true;
  if (message.verb == "ended") {
    ended_ = LeasedServerEnd{.server = std::string(message.get("server")),
                             .words = std::string(message.get("words")),
                             .killed = message.get("killed") == "1"};
  }
}

BrokerLink::Answer BrokerLink::wait_for_answer(std::uint64_t request, TimePoint deadline) {
  Answer answer;
  while (socket_ && !answer.message) {
    if (hear(request, &answer) || !socket_) continue;
    if (left(deadline) == 0 || !poll_readable(socket_.get(), left(deadline))) break;
  }
  return answer;
}

// --- lease ---------------------------------------------------------------------------------------

boost::system::result<Lease, LeaseRefusal> BrokerLink::lease(const LeaseRequest& request) {
  wanted_ = true;
  server_.clear();
  server_pid_ = 0;
  ended_.reset();
  TimePoint const deadline = steady_clock::now() + settings_.deadline;
  std::uint64_t const number = ++requests_;
  ControlMessage const message = message_of(request, number);
  // Again where the connection is that to a daemon which has just ended; the socket of one that is
  // ending takes connections for a moment, and so may the next one be.
  for (int tries = 0; tries < kLeaseTriesMax && left(deadline) > 0; ++tries) {
    if (std::string const error = reach(deadline, Start::wait); !error.empty())
      return LeaseRefusal{error};
    if (!send(message)) {
      if (socket_) return LeaseRefusal{"the environment is too large to be passed to the daemon"};
      continue;
    }
    Answer answer = wait_for_answer(number, deadline);
    if (!answer.message && socket_) {
      // Its answer would come to nobody: the connection with it is given up.
      lost();
      return LeaseRefusal{"the daemon did not answer within " +
                          std::to_string(settings_.deadline.count()) + " ms"};
    }
    if (!answer.message) continue;
    ControlMessage const& said = *answer.message;
    if (said.verb == "granted" && answer.descriptor) {
      server_ = said.get("server");
      server_pid_ = said.number("pid").value_or(0);
      fingerprint_ = request.fingerprint;
      parker_ = request.parker;
      return Lease{.socket = std::move(answer.descriptor),
                   .server = server_,
                   .pid = server_pid_,
                   .state = std::move(answer.second)};
    }
    std::string reason(said.get("reason"));
    if (said.verb == "bad") reason.insert(0, "the daemon is of another version; ");
    return LeaseRefusal{reason.empty() ? "the daemon answered " + said.verb : reason};
  }
  return LeaseRefusal{"the daemon closed the connection"};
}

void BrokerLink::join() {
  joined_ = true;
  reach(steady_clock::now(), Start::never);
}

void BrokerLink::release() {
  if (server_.empty()) return;
  server_.clear();
  server_pid_ = 0;
  send({.verb = "release", .fields = {}});
}

void BrokerLink::leaving() {
  if (!server_.empty()) send({.verb = "leaving", .fields = {}});
}

std::string BrokerLink::park(UniqueFd connection, UniqueFd state, milliseconds patience) {
  bool const held = !server_.empty();
  server_.clear();
  server_pid_ = 0;
  if (!socket_) return "there is no daemon";
  if (!held) return "there is no lease";
  std::uint64_t const number = ++requests_;
  ControlMessage message{.verb = "park", .fields = {}};
  message.add("request", number);
  if (!send(message, connection.get(), state.get())) return "the daemon could not be told";
  Answer const answer = wait_for_answer(number, steady_clock::now() + patience);
  // It may have them all the same: a session that is parked and one that is dropped are one to us.
  if (!answer.message && socket_)
    return "the daemon did not answer within " + std::to_string(patience.count()) + " ms";
  if (!answer.message) return "the daemon has ended";
  if (answer.message->verb == "parked") return {};
  std::string reason(answer.message->get("reason"));
  return reason.empty() ? "the daemon answered " + answer.message->verb : reason;
}

std::optional<LeasedServerEnd> BrokerLink::how_it_ended(milliseconds patience) {
  TimePoint const deadline = steady_clock::now() + patience;
  while (socket_ && !ended_) {
    if (hear(0, nullptr)) continue;
    if (!socket_ || left(deadline) == 0 || !poll_readable(socket_.get(), left(deadline))) break;
  }
  return ended_;
}

void BrokerLink::tell(std::vector<std::pair<std::string, std::string>> facts) {
  facts_ = std::move(facts);
  ControlMessage message{.verb = "session", .fields = facts_};
  // For a daemon after the one that granted it.
  if (!server_.empty()) {
    message.add("lease", server_)
        .add("lease_pid", server_pid_)
        .add("fingerprint", fingerprint_)
        .add("parker", parker_);
  }
  send(message);
}

}  // namespace bridge::lease
