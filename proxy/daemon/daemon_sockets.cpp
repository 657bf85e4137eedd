// The daemon's sockets, its directory, and the raw clients.
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "proxy/daemon/daemon.h"
#include "proxy/daemon/daemon_lock.h"
#include "proxy/observe/log.h"

namespace bridge::daemon {

using observe::log;
using observe::LogLevel;
using std::chrono::milliseconds;

namespace {

using kernel::UniqueFd;

constexpr int kAcceptsPerTurn = 32;
// With all descriptors in use the pending connection stays ready: waiting is all there is to do.
constexpr std::chrono::seconds kNoDescriptorsPause{1};
// Who deletes a directory deletes what is in it first.
constexpr milliseconds kSettle{50};
// Until the place that should be taken can be had.
constexpr std::chrono::seconds kDirectoryRetry{2};

// The environment of a raw client, and empty where it is not to be read.
std::vector<std::string> environment_of(pid_t pid) {
  std::vector<std::string> environment;
  UniqueFd const fd(
      ::open(("/proc/" + std::to_string(pid) + "/environ").c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> piece{};
  ssize_t size = 0;
  while (fd && (size = ::read(fd.get(), piece.data(), piece.size())) > 0)
    text.append(piece.data(), static_cast<std::size_t>(size));
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const end = std::min(text.find('\0', at), text.size());
    if (end > at) environment.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return environment;
}

std::string directory_of(pid_t pid) {
  std::array<char, 4096> path{};
  ssize_t const size =
      ::readlink(("/proc/" + std::to_string(pid) + "/cwd").c_str(), path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : std::string("/");
}

}  // namespace

// --- listening -----------------------------------------------------------------------------------

bool Daemon::listen() {
  for (ListeningSocket& one : std::exchange(place_.sockets, {})) add(std::move(one));
  bool const has_control = std::any_of(listening_.begin(), listening_.end(),
                                       [](auto const& one) { return !one.socket.raw; });
  if (!has_control && !bind_own()) return false;
  watch_directory();
  mark_here();
  if (settings_.ready_fd >= 0) {
    [[maybe_unused]] ssize_t const written = ::write(settings_.ready_fd, "", 1);
    // It may be one of 0 to 2, which must stay open for what is opened later not to become one.
    UniqueFd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    ::dup2(null.get(), settings_.ready_fd);
    settings_.ready_fd = -1;
  }
  return true;
}

// Sockets of ours where none of a kind is to be found; false where one cannot be.
bool Daemon::bind_own() {
  struct Kind {
    const char* name;
    bool raw;
  };
  for (Kind const kind : {Kind{lease::kDaemonSocket, false}, Kind{lease::kDaemonLspSocket, true}}) {
    bool const there = std::any_of(listening_.begin(), listening_.end(), [kind](auto const& one) {
      return !one.gone && one.socket.raw == kind.raw && is_bound_there(one.socket);
    });
    if (there) continue;
    std::string error;
    ListeningSocket bound = bind_socket(place_.directory, kind.name, kind.raw, error);
    if (!bound.fd) {
      log(LogLevel::error, error);
      return false;
    }
    add(std::move(bound));
  }
  return true;
}

void Daemon::add(ListeningSocket socket) {
  Listening& one = listening_.emplace_back();
  one.socket = std::move(socket);
  one.ready.readable = [this, &one] { accept(one); };
  one.watch.emplace(readiness_, one.socket.fd.get(), one.ready);
  one.watch->want({.readable = true});
}

std::vector<ListeningSocket*> Daemon::sockets() {
  std::vector<ListeningSocket*> all;
  for (Listening& one : listening_) all.push_back(&one.socket);
  return all;
}

void Daemon::accept(Listening& listening) {
  // Asked first: an inherited socket may block, and its flags are shared with whoever passed it. A
  // connection that waits does not go away again.
  pollfd waiting{listening.socket.fd.get(), POLLIN, 0};
  for (int taken = 0; taken<kAcceptsPerTurn&& ::poll(&waiting, 1, 0)> 0; ++taken) {
    UniqueFd socket(::accept4(listening.socket.fd.get(), nullptr, nullptr,
                              SOCK_CLOEXEC | (listening.socket.raw ? 0 : SOCK_NONBLOCK)));
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN) return;
      log(LogLevel::error,
          "cannot take a connection at " + listening.socket.path + ": " + std::strerror(errno));
      listening.watch->want({});
      after(accept_timer_, kNoDescriptorsPause, [this] {
        for (Listening& one : listening_) one.watch->want({.readable = true});
      });
      return;
    }
    Peer peer = look_at_peer(socket.get());
    if (peer.uid != ::getuid()) {
      log(LogLevel::warn, "closed a connection of user " + std::to_string(peer.uid));
      continue;
    }
    if (listening.socket.raw) {
      accept_raw(std::move(socket), peer);
      continue;
    }
    FrontId const id = ++last_front_;
    fronts_.emplace(id, std::make_unique<Front>(id, std::move(socket), std::move(peer), readiness_,
                                                static_cast<Front::Listener&>(*this)));
  }
}

// A front of its own serves it: what it says and hears does not pass through us.
void Daemon::accept_raw(UniqueFd socket, const Peer& peer) {
  if (!peer.refusal.empty()) {
    log(LogLevel::warn, "closed a raw connection: " + peer.refusal);
    return;
  }
  server::ChildCommand command{.path = place_.program,
                               .args = {},
                               .environment = environment_of(peer.pid),
                               .directory = directory_of(peer.pid),
                               .outlives_us = true,
                               .umask = peer.umask};
  if (command.environment.empty()) {
    log(LogLevel::warn, "the environment of pid " + std::to_string(peer.pid) +
                            " cannot be read; its session gets the daemon's");
    command.environment = server::own_environment();
  }
  if (!settings_.instance.empty())
    command.environment.push_back("GOPLS_BRIDGE_INSTANCE=" + settings_.instance);
  auto child = server::ChildProcess::start(command, {socket.get(), socket.get(), STDERR_FILENO});
  if (!child || child->exit_fd() < 0) {
    log(LogLevel::error, "cannot start " + place_.program + " for a raw client: " +
                             (child ? "no pidfd" : child.error().message()));
    return;
  }
  RawFront& front = raw_fronts_.emplace_back(std::move(*child));
  front.ready.readable = [&front] {
    front.ended = front.process.exit_status().has_value();
    if (front.ended) front.watch->want({});
  };
  front.watch.emplace(readiness_, front.process.exit_fd(), front.ready);
  front.watch->want({.readable = true});
}

// --- the directory -------------------------------------------------------------------------------

// Fronts that lost a daemon wait for this file to appear anew.
void Daemon::mark_here() {
  std::string const path = place_.directory.path + '/' + lease::kHereMark;
  std::string const fresh = path + ".new";
  UniqueFd const fd(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  std::string const text = std::to_string(::getpid()) + '\n';
  bool const written =
      fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (!written || ::rename(fresh.c_str(), path.c_str()) != 0)
    log(LogLevel::warn, "cannot write " + path + ": " + std::strerror(errno));
}

void Daemon::watch_directory() {
  directory_watch_.reset();
  directory_news_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  std::string const servers = place_.directory.path + '/' + lease::kServersDirectory;
  ::mkdir(servers.c_str(), 0700);
  if (directory_news_) {
    ::inotify_add_watch(directory_news_.get(), place_.directory.path.c_str(),
                        IN_DELETE_SELF | IN_MOVE_SELF | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR);
    // What gopls writes on its stderr.
    ::inotify_add_watch(directory_news_.get(), servers.c_str(), IN_MODIFY | IN_ONLYDIR);
    directory_ready_.readable = [this] {
      bool lost = false;
      bool written = false;
      alignas(inotify_event) std::array<char, 4096> events{};
      ssize_t size = 0;
      while ((size = ::read(directory_news_.get(), events.data(), events.size())) > 0) {
        for (ssize_t at = 0; at < size;) {
          auto const* const event = reinterpret_cast<const inotify_event*>(events.data() + at);
          at += static_cast<ssize_t>(sizeof *event + event->len);
          (event->mask == IN_MODIFY ? written : lost) = true;
        }
      }
      if (written) {
        for (auto& [id, server] : servers_) server.process->errors().cap();
      }
      if (lost) after(directory_timer_, kSettle, [this] { check_directory(); });
    };
    directory_watch_.emplace(readiness_, directory_news_.get(), directory_ready_);
    directory_watch_->want({.readable = true});
  }
  if (mounts_) return;
  // A mount over the directory is seen by nothing else. Changes are told as EPOLLPRI | EPOLLERR.
  mounts_.reset(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
  if (!mounts_) return;
  mounts_ready_.hangup = [this] {
    after(directory_timer_, kSettle, [this] { check_directory(); });
    mounts_watch_->want_hangup();
  };
  mounts_watch_.emplace(readiness_, mounts_.get(), mounts_ready_);
  mounts_watch_->want_hangup();
}

// Is the directory still the one that fronts will find, and are our sockets still in it?
void Daemon::check_directory() {
  server::Environment const environment(::environ);
  auto found = lease::open_runtime_directory(environment, settings_.instance);
  if (found.path.empty()) {
    log(LogLevel::warn, "no runtime directory is to be had: " +
                            (found.complaints.empty() ? std::string() : found.complaints.back()));
    after(directory_timer_, kDirectoryRetry, [this] { check_directory(); });
    return;
  }
  bool const same = found.path == place_.directory.path && lease::is_still_there(place_.directory);
  bool const bound = std::all_of(listening_.begin(), listening_.end(),
                                 [](auto const& one) { return is_bound_there(one.socket); });
  if (!same || !bound) come_into(std::move(found));
  // In a makeshift: until the place we began in is back.
  if (place_.directory.path != first_directory_) {
    after(directory_timer_, kDirectoryRetry, [this] { check_directory(); });
  }
}

void Daemon::come_into(lease::RuntimeDirectory directory) {
  log(LogLevel::warn,
      "the sockets in " + place_.directory.path + " are gone; listening in " + directory.path);
  bool const same_directory =
      directory.path == place_.directory.path && lease::is_still_there(place_.directory);
  if (!same_directory) {
    UniqueFd lock = take_daemon_lock(directory);
    if (!lock) {
      log(LogLevel::error, "another daemon has " + directory.path + "; new sessions are its");
      return;
    }
    place_.lock = std::move(lock);
    place_.directory = std::move(directory);
    for (auto& [id, server] : servers_) {
      if (server.serving) server.process->move_to(place_.directory);
    }
  }
  // Ours are made anew; systemd's cannot be: we listen beside them.
  for (Listening& one : listening_) {
    if (!one.socket.ours || is_bound_there(one.socket)) continue;
    one.watch->want({});
    one.gone = true;
  }
  bind_own();
  watch_directory();
  mark_here();
}

}  // namespace bridge::daemon
