// What parking asks of the world: the walk over the files, and the descriptors that are given away.
#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy/server/environment.h"
#include "proxy/session/file_uri.h"
#include "proxy/session/session.h"
#include "proxy/session/session_server.h"

namespace bridge::session {
namespace {

// As `go env GOMODCACHE` finds it; what `go env -w` has set is not read: the fingerprint has the
// file, and modules that lie elsewhere are then not looked at.
std::string module_cache(const server::Environment& environment) {
  if (auto const set = environment.get("GOMODCACHE"); !set.empty()) return std::string(set);
  std::string path(environment.get("GOPATH"));
  path.erase(std::min(path.find(':'), path.size()));
  if (path.empty()) {
    std::string_view const home = environment.get("HOME");
    if (home.empty()) return {};
    path = std::string(home) + "/go";
  }
  return path + "/pkg/mod";
}

}  // namespace

void Session::start_walk(const std::vector<std::string>& folders, const ParkedSession* parked) {
  if (parked == nullptr && !servers_.why_not_park().empty()) return;
  server::Environment const environment(::environ);
  WalkRequest request;
  for (std::string const& uri : folders) {
    if (auto path = path_of_file_uri(uri)) request.folders.push_back(std::move(*path));
  }
  request.gowork = environment.get("GOWORK");
  request.gomodcache = module_cache(environment);
  walk_watch_.reset();
  if (parked != nullptr) {
    walk_.emplace(std::move(request), parked->snapshot, parked->documents);
  } else {
    walk_.emplace(std::move(request), /*in_no_hurry=*/true);
  }
  walk_ready_.readable = [this] {
    auto outcome = walk_->take();
    if (!outcome) return;
    walk_watch_.reset();
    walk_.reset();
    core_->on_walked(std::move(*outcome));
  };
  walk_watch_.emplace(readiness_, walk_->fd(), walk_ready_);
  walk_watch_->want({.readable = true});
}

std::string Session::take_up_links(std::string_view name) {
  if (!server_) return "there is no server";
  auto environment = servers_.take_up_links(name);
  if (!environment) return environment.error().message;
  server_->connection.environment = std::move(*environment);
  return {};
}

std::string Session::park_server(std::string_view state) {
  if (!server_) return "there is no server";
  kernel::UniqueFd connection(::fcntl(server_->source.poll_fd(), F_DUPFD_CLOEXEC, 3));
  if (!connection) return std::string("no descriptor to pass it by: ") + std::strerror(errno);
  // No event of it must come to this process any more.
  server_->source_watch.reset();
  server_->sink_watch.reset();
  return servers_.park(std::move(connection), state);
}

}  // namespace bridge::session
