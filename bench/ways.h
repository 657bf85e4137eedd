// The ways from an editor to a server that are compared: their names, which of them this machine
// has, and what to install for the others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::bench {

enum class Way : std::uint8_t {
  direct,              // the server held by two socketpairs, as VS Code holds gopls: the base
  direct_pipes,        // the server held by two pipes
  direct_socket,       // one connection to a listening server
  direct_tcp,          // over the loopback, TCP_NODELAY
  direct_vsock,        // AF_VSOCK to this machine itself
  bridge_held,         // gopls-bridge holds the server's stdio
  bridge_socket,       // gopls-bridge --connect to a listening server
  bridge_held_buffer,  // the same two with zero_copy=off: every frame through a buffer
  bridge_socket_buffer,
  bridge_held_no_replay,  // replay=false: no journal
  other_held,             // another build, where one is given
  other_socket,
  socat,         // socat - UNIX-CONNECT:…
  socat_64k,     // the same with -b65536
  proxyd,        // systemd-socket-proxyd, between two Unix sockets
  gopls_remote,  // gopls -remote=unix;…, gopls' own forwarder
  lspmux,
};

struct WayName {
  Way way;
  std::string_view row;  // in tables
  std::string_view id;   // of --ways
};
const std::vector<WayName>& all_ways();
std::string_view row_of(Way way);
std::optional<Way> way_of_id(std::string_view id);

// How a way is built.
bool holds_server(Way way);  // its server is on its stdio, started by it
bool is_bridge(Way way);     // ours, of this build or another
bool decodes(Way way);       // reads and writes JSON anew: knows no notification of ours
bool is_direct(Way way);     // nothing is between

struct Programs {
  std::string bridge;
  std::string other_bridge;  // empty: none
  std::string stand_in;      // an executable that is the echo server, whatever its arguments
  std::string gopls;         // empty: none found
  // Found on this machine; empty: not there.
  std::string socat, proxyd, lspmux;
};

// Fills in what is found on PATH.
void find_peers(Programs& programs);

struct Absent {
  Way way;
  std::string why;  // "not installed: apt install socat"
};
struct Ways {
  std::vector<Way> present;
  std::vector<Absent> absent;
};
// `wanted`: ids; empty: all. `direct` is always among them.
Ways ways_here(const Programs& programs, const std::vector<std::string>& wanted);

}  // namespace bridge::bench
