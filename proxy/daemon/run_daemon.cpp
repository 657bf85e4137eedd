#include "proxy/daemon/run_daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "proxy/daemon/daemon.h"
#include "proxy/daemon/daemon_lock.h"
#include "proxy/daemon/reexecute.h"
#include "proxy/exit_codes.h"
#include "proxy/lease/control_socket.h"
#include "proxy/observe/log.h"
#include "proxy/server/own_program.h"

namespace bridge::daemon {
namespace {

using kernel::UniqueFd;
using observe::log;
using observe::LogLevel;

// For the one before us to end after it was asked to.
constexpr int kTakeOverTries = 100;
constexpr int kTakeOverPauseMs = 20;

// A connection takes one descriptor, a gopls five.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// systemd's sockets are where fronts look first, so a daemon that was started on demand before the
// units were there makes room for systemd's.
UniqueFd take_over_lock(const lease::RuntimeDirectory& directory) {
  auto const old = lease::connect_control(directory.path + '/' + lease::kDaemonSocket);
  if (old.socket) lease::send_control(old.socket.get(), {.verb = "stop", .fields = {}});
  for (int tries = 0; tries < kTakeOverTries; ++tries) {
    ::poll(nullptr, 0, kTakeOverPauseMs);
    if (UniqueFd lock = take_daemon_lock(directory)) return lock;
  }
  return {};
}

}  // namespace

int run_daemon(const DaemonSettings& settings) {
  // A process that inherits sockets is waited for by whoever passed them; that is systemd, or
  // ourselves before we were executed anew.
  if (settings.forks_away && std::getenv("LISTEN_PID") == nullptr) {
    pid_t const child = ::fork();
    if (child < 0) return kExitInternal;
    if (child > 0) ::_exit(kExitOk);
    ::setsid();
  }
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);
  ::sigaction(SIGHUP, &ignore, nullptr);
  raise_descriptor_limit();

  server::Environment const environment(::environ);
  Daemon::Place place;
  std::vector<InheritedSocket> inherited = take_inherited_sockets();
  for (InheritedSocket& one : inherited) {
    if (one.name == kLockName) place.lock = std::move(one.fd);
  }
  std::erase_if(inherited, [](InheritedSocket const& one) { return !one.fd; });
  place.sockets = sort_inherited(std::move(inherited));
  place.directory = lease::open_runtime_directory(environment, settings.instance);
  if (place.directory.path.empty()) {
    std::string why;
    for (std::string const& one : place.directory.complaints) why += "; " + one;
    log(LogLevel::error, "there is no directory for the daemon's sockets" + why);
    return kExitInternal;
  }
  if (!place.lock) place.lock = take_daemon_lock(place.directory);
  if (!place.lock && errno == EWOULDBLOCK) {
    bool const by_systemd = !place.sockets.empty();
    if (by_systemd) place.lock = take_over_lock(place.directory);
    if (!place.lock) {
      log(by_systemd ? LogLevel::error : LogLevel::info,
          "another daemon runs in " + place.directory.path);
      return by_systemd ? kExitInternal : kExitOk;
    }
  }
  if (!place.lock) {
    log(LogLevel::error, "cannot lock " + place.directory.path + '/' + lease::kDaemonLock + ": " +
                             std::strerror(errno));
    return kExitInternal;
  }
  place.program = server::own_program_path();
  // By its file, not by where it was started: the directory must not be kept from being unmounted.
  if (::chdir("/") != 0) log(LogLevel::warn, "cannot change to /");

  try {
    std::string const program = place.program;
    Daemon daemon(settings, std::move(place));
    int const exit_code = daemon.run();
    if (!daemon.wants_reexecution()) return exit_code;
    std::string const error =
        reexecute(program, daemon.sockets(), daemon.lock(), daemon.manager().variables());
    // Whoever starts the next one finds the new program.
    log(LogLevel::error, "cannot run the new " + program + ": " + error + "; the daemon ends");
  } catch (const boost::system::system_error& error) {
    log(LogLevel::error, std::string("the daemon cannot go on: ") + error.what());
  }
  return kExitInternal;
}

}  // namespace bridge::daemon
