#include "proxy/lease/leased_server.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy/kernel/sender_options.h"
#include "proxy/lease/runtime_directory.h"
#include "proxy/lease/session_fingerprint.h"
#include "proxy/lease/state_file.h"
#include "proxy/observe/log.h"

namespace bridge::lease {
namespace {

// The daemon hears of a gopls' end when we do.
constexpr std::chrono::milliseconds kEndPatience{100};
// The daemon answers in well under a millisecond; the editor waits for its `shutdown`.
constexpr std::chrono::milliseconds kParkPatience{200};

}  // namespace

boost::system::result<ServerConnection, AcquireError> LeasedServer::acquire(AcquireReason reason) {
  // Asked one thing and ended again: not worth a place in the pool.
  if (reason == AcquireReason::trial) return own_->acquire(reason);
  if (reason == AcquireReason::suspected) {
    needs_.own_reason = "two shared gopls ended while this session had work with them";
  }
  if (own_for_good_) return acquire_own(reason, own_reason_);
  settings_.key.folders =
      settings_.isolate_workspaces ? needs_.folders : std::vector<std::string>();
  server::ShareKey const key =
      server::make_share_key(settings_.key, server::Environment(::environ));
  if (!key.own_reason.empty()) {
    own_for_good_ = true;
    return acquire_own(reason, key.own_reason);
  }
  environment_ = key.session_environment;
  if (!needs_.own_reason.empty()) return acquire_own(reason, needs_.own_reason);

  SessionFingerprint fingerprint;
  fingerprint.why_not = "park is off";
  if (settings_.park)
    fingerprint = session_fingerprint(needs_, key, server::Environment(::environ));
  why_not_park_ = fingerprint.why_not;
  LeaseRequest request{.key = key.digest,
                       .program = settings_.key.gopls.path,
                       .args = key.server_args,
                       .environment = key.server_environment,
                       .go = key.go,
                       .go_version = key.go_version,
                       .fingerprint = fingerprint.digest,
                       .parker = needs_.parker,
                       .resume = reason == AcquireReason::first,
                       .retire = reason == AcquireReason::stale ? server_ : std::string()};
  auto lease = link_.lease(request);
  std::string state;
  if (lease && lease->state) {
    MappedState const mapped(lease->state.get());
    state = mapped.bytes();
    lease->state.reset();
    if (!mapped.ok()) {
      observe::log(observe::LogLevel::warn, "what was parked cannot be had: " + mapped.complaint());
      request.resume = false;
      lease = link_.lease(request);
    }
  }
  if (!lease) return acquire_own(reason, lease.error().message);
  server_ = lease->server;
  own_reason_.clear();
  if (state.empty() && !fingerprint.digest.empty()) link_environment(fingerprint.digest);
  auto connection = connection_of(std::move(*lease));
  if (connection) connection->parked = std::move(state);
  return connection;
}

std::string LeasedServer::links_directory() const {
  return open_runtime_directory(server::Environment(::environ), settings_.instance).path;
}

// Those that it has keep their names: they lead where this front's environment says anyway.
void LeasedServer::link_environment(const std::string& digest) {
  if (links_.name().empty()) {
    links_ =
        server::SessionLinks(links_directory(), digest, environment_, settings_.links_kept_for);
    if (!links_.lacking().empty()) why_not_park_ = links_.lacking();
  }
  environment_ = links_.applied_to(environment_);
}

boost::system::result<std::vector<std::pair<std::string, std::string>>, AcquireError>
LeasedServer::take_up_links(std::string_view name) {
  std::string error;
  auto links = server::SessionLinks::take_up(links_directory(), name, environment_, error);
  if (!links) return AcquireError{std::move(error)};
  links_ = std::move(*links);
  environment_ = links_.applied_to(environment_);
  return environment_;
}

boost::system::result<ServerConnection, AcquireError> LeasedServer::connection_of(Lease lease) {
  kernel::set_sender_options(lease.socket.get());
  ServerConnection connection;
  connection.write.reset(::fcntl(lease.socket.get(), F_DUPFD_CLOEXEC, 3));
  if (!connection.write) {
    return AcquireError{std::string("no descriptor for the server: ") + std::strerror(errno)};
  }
  connection.read = std::move(lease.socket);
  connection.sharing = Sharing::pooled;
  connection.name = "shared gopls " + lease.server + " (pid " + std::to_string(lease.pid) + ")";
  connection.environment = environment_;
  return connection;
}

boost::system::result<ServerConnection, AcquireError> LeasedServer::acquire_own(
    AcquireReason reason, std::string why) {
  link_.release();
  if (why != own_reason_) {
    observe::log(observe::LogLevel::info, "a gopls of this session's own: " + why);
  }
  own_reason_ = std::move(why);
  why_not_park_ = "it is not shared";
  link_.join();
  auto connection = own_->acquire(reason);
  if (connection) connection->environment = environment_;
  return connection;
}

std::optional<SourceServerEnd> LeasedServer::how_it_ended() {
  auto end = link_.how_it_ended(kEndPatience);
  // Ended with its daemon, in the same moment: that came from outside.
  if (!end && !link_.connected())
    return SourceServerEnd{.words = "its daemon has ended too", .killed = true};
  if (!end) return std::nullopt;
  return SourceServerEnd{.words = std::move(end->words), .killed = end->killed};
}

std::string LeasedServer::why_not_park() const {
  return why_not_park_.empty() && !link_.connected() ? "there is no daemon" : why_not_park_;
}

void LeasedServer::leaving() {
  if (why_not_park_.empty()) link_.leaving();
}

std::string LeasedServer::park(kernel::UniqueFd connection, std::string_view state) {
  if (std::string why = why_not_park(); !why.empty()) return why;
  why_not_park_ = "it was parked already";
  kernel::UniqueFd file = make_state_file(state);
  if (!file) return std::string("no memory for its state: ") + std::strerror(errno);
  std::string why = link_.park(std::move(connection), std::move(file), kParkPatience);
  if (why.empty()) links_.leave();
  return why;
}

}  // namespace bridge::lease
