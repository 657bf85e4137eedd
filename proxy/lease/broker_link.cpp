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
// Two hundred fronts lose their daemon in the same moment.
constexpr long kSpreadMs = 16;

// Who listens: on a socket file of another user's nobody is to be told our environment.
bool is_ours(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::getuid();
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

int BrokerLink::left(TimePoint deadline) {
  auto const time = duration_cast<milliseconds>(deadline - steady_clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(time, 0));
}

bool BrokerLink::poll_readable(int fd, int milliseconds_max) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, milliseconds_max) > 0;
}

}  // namespace bridge::lease
