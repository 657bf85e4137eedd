#include "proxy/lease/broker_link.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "proxy/lease/control_socket.h"
#include "proxy/lease/start_daemon.h"

namespace bridge::lease {
namespace {

using kernel::UniqueFd;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Status = ReceivedControl::Status;

// When a daemon is lost another is looked for after so many ms, each time four times as many; then
// only when one shows itself, or the session needs one. Nobody waits for it: it is for `status`,
// and so that the next daemon knows which gopls is in use.
constexpr int kTriesMax = 6;
constexpr long kFirstTryMs = 10;
// A daemon looks after its sockets 50 ms after they were deleted.
constexpr int kRebindPauseMs = 5;
constexpr int kRebindTriesMax = 40;
// A lease is not asked for more often, however fast daemons end.
constexpr int kLeaseTriesMax = 8;
// Two hundred fronts lose their daemon in the same moment.
constexpr long kSpreadMs = 16;

int left(steady_clock::time_point deadline) {
  auto const time = duration_cast<milliseconds>(deadline - steady_clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(time, 0));
}

bool poll_readable(int fd, int milliseconds_max) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, milliseconds_max) > 0;
}

// Who listens: on a socket file of another user's nobody is to be told our environment.
bool is_ours(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::getuid();
}

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
  for (std::string const& arg : request.args) message.add("arg", arg);
  for (std::string const& entry : request.environment) message.add("env", entry);
  return message;
}

}  // namespace

BrokerLink::BrokerLink(Settings settings) : settings_(std::move(settings)) {
  events_.reset(::epoll_create1(EPOLL_CLOEXEC));
  timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (timer_) watch(timer_.get());
}

BrokerLink::~BrokerLink() = default;

bool BrokerLink::watch(int fd) const {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  return ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

// --- reaching a daemon ---------------------------------------------------------------------------

// Empty where there is a connection; else why not.
std::string BrokerLink::reach(TimePoint deadline, Start start) {
  if (socket_) return {};
  server::Environment const environment(::environ);
  RuntimeDirectory const directory = open_runtime_directory(environment, settings_.instance);
  if (directory.path.empty()) {
    return "there is no directory for the daemon's socket" +
           (directory.complaints.empty() ? std::string() : ": " + directory.complaints.back());
  }
  auto const try_both = [&] {
    std::string error = connect_to(directory.path + '/' + kControlSocket);
    return error.empty() ? error : connect_to(directory.path + '/' + kDaemonSocket);
  };
  std::string error = try_both();
  if (error.empty() || start == Start::never || settings_.daemon_command.empty()) return error;

  UniqueFd const lock =
      take_start_lock(directory, start == Start::wait ? deadline : steady_clock::now());
  if (!lock) return "another one is starting a daemon, and it takes too long";
  // Somebody may have started one while we waited.
  error = try_both();
  if (error.empty()) return error;
  StartedDaemon const daemon = start_daemon(settings_.daemon_command);
  if (!daemon.error.empty()) return daemon.error;
  if (start == Start::only_begin) return "a daemon is starting";
  if (!poll_readable(daemon.ready.get(), left(deadline)))
    return "the daemon that was started does not listen in time";
  // It ends at once where another one lives, whose sockets were deleted and are bound anew shortly.
  error = try_both();
  for (int tries = 0; tries < kRebindTriesMax && !error.empty() && left(deadline) > 0; ++tries) {
    ::poll(nullptr, 0, kRebindPauseMs);
    error = try_both();
  }
  return error;
}

std::string BrokerLink::connect_to(const std::string& path) {
  ConnectedControl connected = connect_control(path);
  if (!connected.socket) return "no daemon at " + path + ": " + connected.error.message();
  if (!is_ours(connected.socket.get())) return "the daemon at " + path + " is another user's";
  introduce(std::move(connected.socket));
  return {};
}

void BrokerLink::introduce(UniqueFd socket) {
  socket_ = std::move(socket);
  watch(socket_.get());
  here_.reset();
  tries_ = 0;
  said_goodbye_ = false;
  itimerspec const never{};
  ::timerfd_settime(timer_.get(), 0, &never, nullptr);
  if (!facts_.empty()) tell(std::exchange(facts_, {}));
}

void BrokerLink::lost() {
  socket_.reset();
  if (!wanted_ && !joined_) return;
  server::Environment const environment(::environ);
  RuntimeDirectory const directory = open_runtime_directory(environment, settings_.instance);
  here_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (here_ && !directory.path.empty()) {
    ::inotify_add_watch(here_.get(), directory.path.c_str(), IN_MOVED_TO | IN_ONLYDIR);
    watch(here_.get());
  }
  tries_ = 0;
  // One that ended in order is not to be started again for nothing.
  if (wanted_ && !said_goodbye_) look_for_daemon();
}

// Arms the timer for the next look.
void BrokerLink::look_for_daemon() {
  if (tries_ >= kTriesMax) return;
  long const wait = (kFirstTryMs << (2 * tries_)) + ::getpid() % kSpreadMs;
  ++tries_;
  itimerspec const once{.it_interval = {},
                        .it_value = {.tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1'000'000}};
  ::timerfd_settime(timer_.get(), 0, &once, nullptr);
}

std::vector<BrokerLink::Event> BrokerLink::on_readable() {
  std::array<epoll_event, 4> ready{};
  int const count = ::epoll_wait(events_.get(), ready.data(), ready.size(), 0);
  for (int i = 0; i < count; ++i) {
    int const fd = ready.at(static_cast<std::size_t>(i)).data.fd;
    std::array<char, 4096> bytes{};
    if (socket_ && fd == socket_.get()) {
      while (hear(0, nullptr)) {
      }
    } else if (here_ && fd == here_.get()) {
      while (here_ && ::read(here_.get(), bytes.data(), bytes.size()) > 0) {
        reach(steady_clock::now(), Start::never);  // the mark says that one is there
      }
    } else if (timer_ && fd == timer_.get()) {
      if (::read(timer_.get(), bytes.data(), bytes.size()) <= 0) continue;
      if (!socket_ && !reach(steady_clock::now(), Start::only_begin).empty()) look_for_daemon();
    }
  }
  return std::exchange(pending_, {});
}

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
