#include "bench/contestant.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace bridge::bench {

using kernel::UniqueFd;

namespace {

UniqueFd connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    die("connect " + path);
  }
  return socket;
}

std::vector<std::string> command(Way way, const Programs& programs, const std::string& socket) {
  switch (way) {
    case Way::direct:
      return {programs.echo_server};
    case Way::direct_socket:
      break;
    case Way::bridge_private:
      return {programs.bridge, "--gopls", programs.echo_server};
    case Way::bridge_connect:
      return {programs.bridge, "--connect", socket};
    case Way::other_private:
      return {programs.other_bridge, "--gopls", programs.echo_server};
    case Way::other_connect:
      return {programs.other_bridge, "--connect", socket};
    case Way::socat:
      return {"socat", "-", "UNIX-CONNECT:" + socket};
    case Way::socat_64k:
      return {"socat", "-b65536", "-", "UNIX-CONNECT:" + socket};
  }
  return {};
}

}  // namespace

std::vector<Way> ways_of(const Programs& programs) {
  std::vector<Way> ways{Way::direct, Way::direct_socket, Way::bridge_private, Way::bridge_connect};
  if (!programs.other_bridge.empty()) {
    ways.insert(ways.end(), {Way::other_private, Way::other_connect});
  }
  ways.insert(ways.end(), {Way::socat, Way::socat_64k});
  return ways;
}

std::string_view to_string(Way way) {
  switch (way) {
    case Way::direct:
      return "direct";
    case Way::direct_socket:
      return "direct, one socket";
    case Way::bridge_private:
      return "bridge, held stdio";
    case Way::bridge_connect:
      return "bridge, socket";
    case Way::other_private:
      return "other, held stdio";
    case Way::other_connect:
      return "other, socket";
    case Way::socat:
      return "socat";
    case Way::socat_64k:
      return "socat -b65536";
  }
  return "?";
}

ListeningServer::ListeningServer(const Programs& programs, std::string path, int workers,
                                 bool two_writes)
    : path_(std::move(path)) {
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) die("pipe");
  UniqueFd const read_end(ready[0]);
  UniqueFd const write_end(ready[1]);
  UniqueFd const nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::vector<std::string> argv{programs.echo_server, "--listen-unix", path_, "--workers",
                                std::to_string(workers)};
  if (two_writes) argv.emplace_back("--two-writes");
  process_.emplace(argv, nothing.get(), write_end.get());
  char byte = 0;
  if (::read(read_end.get(), &byte, 1) != 1) die("the echo server does not listen");
}

ListeningServer::~ListeningServer() {
  process_->kill(SIGTERM);
  process_.reset();
  ::unlink(path_.c_str());
}

OpenWay::OpenWay(Way way, const Programs& programs, const ListeningServer& server, bool two_writes)
    : way_(way), listening_server_(server.pid()) {
  if (way == Way::direct_socket) {
    UniqueFd in = connect_to(server.path());
    UniqueFd out(::fcntl(in.get(), F_DUPFD_CLOEXEC, 3));
    editor_.emplace(std::move(in), std::move(out), two_writes);
    return;
  }
  SocketPair to_relay = make_socketpair();
  SocketPair from_relay = make_socketpair();
  // The only way to reach a server that a relay starts.
  if (two_writes) {
    ::setenv("ECHO_TWO_WRITES", "1", 1);
  } else {
    ::unsetenv("ECHO_TWO_WRITES");
  }
  process_.emplace(command(way, programs, server.path()), to_relay.theirs.get(),
                   from_relay.theirs.get());
  editor_.emplace(std::move(from_relay.ours), std::move(to_relay.ours), two_writes);
}

std::optional<pid_t> OpenWay::relay() const {
  if (way_ == Way::direct || way_ == Way::direct_socket) return std::nullopt;
  return process_->pid();
}

std::vector<pid_t> OpenWay::processes() const {
  std::vector<pid_t> all;
  if (process_) {
    all = children_of(process_->pid());
    all.push_back(process_->pid());
  }
  bool const holds_stdio =
      way_ == Way::direct || way_ == Way::bridge_private || way_ == Way::other_private;
  if (!holds_stdio) all.push_back(listening_server_);
  return all;
}

}  // namespace bridge::bench
