#include "bench/open_way.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "bench/echo_server.h"
#include "bench/variable.h"

namespace bridge::bench {

using kernel::UniqueFd;

namespace {

// Our own, and not in the user's configuration: the bridge is measured as it comes, but for this.
constexpr const char* kZeroCopyVariable = "GOPLS_BRIDGE_ZERO_COPY";
constexpr const char* kReplayVariable = "GOPLS_BRIDGE_REPLAY";

std::vector<std::string> command(Way way, const Programs& programs, const std::string& socket) {
  switch (way) {
    case Way::direct:
    case Way::direct_pipes:
      return {programs.bridge, "bench-echo-server"};
    case Way::bridge_held:
    case Way::bridge_held_buffer:
    case Way::bridge_held_no_replay:
      return {programs.bridge, "--gopls", programs.stand_in};
    case Way::bridge_socket:
    case Way::bridge_socket_buffer:
      return {programs.bridge, "--connect", socket};
    case Way::other_held:
      return {programs.other_bridge, "--gopls", programs.stand_in};
    case Way::other_socket:
      return {programs.other_bridge, "--connect", socket};
    case Way::socat:
      return {programs.socat, "-", "UNIX-CONNECT:" + socket};
    case Way::socat_64k:
      return {programs.socat, "-b65536", "-", "UNIX-CONNECT:" + socket};
    case Way::gopls_remote:
      return {programs.gopls, "-remote=unix;" + socket};
    default:
      return {};
  }
}

}  // namespace

UniqueFd open_null() {
  UniqueFd fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!fd) fail("/dev/null");
  return fd;
}

std::string fresh_path(const TempDir& directory, std::string_view name) {
  static int serial = 0;
  return directory.path() + "/" + std::string(name) + std::to_string(++serial);
}

std::optional<Address::Kind> server_kind(Way way) {
  if (holds_server(way) || way == Way::lspmux) return std::nullopt;
  if (way == Way::direct_tcp) return Address::Kind::tcp;
  if (way == Way::direct_vsock) return Address::Kind::vsock;
  return Address::Kind::unix_path;
}

ListeningServer::ListeningServer(const Programs& programs, const TempDir& directory,
                                 Options options)
    : address_{options.kind, {}, 0} {
  std::vector<std::string> argv{programs.bridge, "bench-echo-server"};
  if (options.kind == Address::Kind::unix_path) {
    address_.path = fresh_path(directory, "s");
    argv.insert(argv.end(), {"--unix", address_.path});
  } else {
    argv.emplace_back(options.kind == Address::Kind::tcp ? "--tcp" : "--vsock");
  }
  argv.insert(argv.end(), {"--workers", std::to_string(options.workers)});
  if (options.two_writes) argv.emplace_back("--two-writes");
  SocketPair ready = make_pipe(/*we_read=*/true);
  UniqueFd const nothing = open_null();
  process_.emplace(argv, nothing.get(), ready.theirs.get());
  ready.theirs.reset();
  std::array<char, 32> line{};  // all bytes but the last stay zero
  if (::read(ready.ours.get(), line.data(), line.size() - 1) <= 0)
    throw Broken("the echo server does not listen");
  address_.port = static_cast<unsigned int>(std::strtoul(line.data(), nullptr, 10));
}

ListeningServer::~ListeningServer() {
  if (process_) process_->kill(SIGTERM);
  process_.reset();
  if (!address_.path.empty()) ::unlink(address_.path.c_str());
}

OpenWay::OpenWay(Way way, const Programs& programs, const TempDir& directory,
                 const ListeningServer* server, bool two_writes)
    : way_(way), server_(server), started_(std::chrono::steady_clock::now()) {
  switch (way) {
    case Way::direct_socket:
    case Way::direct_tcp:
    case Way::direct_vsock:
      open_connection(server->address(), two_writes);
      return;
    case Way::proxyd:
      open_proxyd(programs, directory, two_writes);
      return;
    case Way::lspmux:
      open_lspmux(programs, directory, two_writes);
      return;
    default:
      break;
  }
  bool const buffer_only = way == Way::bridge_held_buffer || way == Way::bridge_socket_buffer;
  Variable const zero_copy(kZeroCopyVariable, buffer_only ? "off" : nullptr);
  Variable const replay(kReplayVariable, way == Way::bridge_held_no_replay ? "false" : nullptr);
  auto const argv =
      command(way, programs, server != nullptr ? server->address().path : std::string());
  if (way == Way::direct_pipes)
    open_pipes(argv, two_writes);
  else
    hold(argv, two_writes, /*quiet=*/!is_bridge(way) && !is_direct(way));
  if (!is_direct(way)) relays_.push_back(process_->pid());
}

OpenWay::~OpenWay() {
  editor_.reset();
  // proxyd and lspmux serve the next one; the others end by themselves.
  if (peer_) peer_->kill(SIGTERM);
}

void OpenWay::hold(const std::vector<std::string>& argv, bool two_writes, bool quiet) {
  SocketPair to_relay = make_socketpair();
  SocketPair from_relay = make_socketpair();
  // The only way to reach a server that a relay starts.
  Variable const writes(kTwoWritesVariable, two_writes ? "1" : nullptr);
  // What peers say at their end (gopls: "remote disconnected") is of no interest.
  UniqueFd const nothing = quiet ? open_null() : UniqueFd();
  process_.emplace(
      argv, Process::Descriptors{
                .in = to_relay.theirs.get(), .out = from_relay.theirs.get(), .err = nothing.get()});
  editor_.emplace(std::move(from_relay.ours), std::move(to_relay.ours), two_writes);
}

void OpenWay::open_pipes(const std::vector<std::string>& argv, bool two_writes) {
  SocketPair to_server = make_pipe(/*we_read=*/false);
  SocketPair from_server = make_pipe(/*we_read=*/true);
  Variable const writes(kTwoWritesVariable, two_writes ? "1" : nullptr);
  process_.emplace(argv, to_server.theirs.get(), from_server.theirs.get());
  editor_.emplace(std::move(from_server.ours), std::move(to_server.ours), two_writes);
}

void OpenWay::open_connection(const Address& address, bool two_writes) {
  UniqueFd in = connect_to(address);
  UniqueFd out(::fcntl(in.get(), F_DUPFD_CLOEXEC, 3));
  editor_.emplace(std::move(in), std::move(out), two_writes);
}

// It takes its socket from systemd: as descriptor 3, with LISTEN_PID naming it.
void OpenWay::open_proxyd(const Programs& programs, const TempDir& directory, bool two_writes) {
  Address const address{Address::Kind::unix_path, fresh_path(directory, "p"), 0};
  Listener const listener = listen_at(address);
  UniqueFd const nothing = open_null();
  // The idle time ends it if we are killed.
  peer_.emplace(
      std::vector<std::string>{"/bin/sh", "-c",
                               R"(LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" --exit-idle-time=10s "$1")",
                               programs.proxyd, server_->address().path},
      Process::Descriptors{.in = nothing.get(),
                           .out = nothing.get(),
                           .err = nothing.get(),
                           .third = listener.socket.get()});
  open_connection(address, two_writes);
  relays_.push_back(peer_->pid());
}

std::vector<pid_t> OpenWay::processes() const {
  std::vector<pid_t> all = relays_;
  for (auto const* process : {&process_, &peer_}) {
    if (!*process) continue;
    auto const children = children_of((*process)->pid());
    all.insert(all.end(), children.begin(), children.end());
    if (std::find(all.begin(), all.end(), (*process)->pid()) == all.end())
      all.push_back((*process)->pid());
  }
  if (server_ != nullptr) all.push_back(server_->pid());
  return all;
}

}  // namespace bridge::bench
