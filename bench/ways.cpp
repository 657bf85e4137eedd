#include "bench/ways.h"

#include <algorithm>

#include "bench/addresses.h"
#include "bench/process.h"

namespace bridge::bench {

const std::vector<WayName>& all_ways() {
  static const std::vector<WayName> ways = {
      {Way::direct, "direct", "direct"},
      {Way::direct_pipes, "direct, pipes", "pipes"},
      {Way::direct_socket, "direct, Unix socket", "unix"},
      {Way::direct_tcp, "direct, TCP loopback", "tcp"},
      {Way::direct_vsock, "direct, AF_VSOCK", "vsock"},
      {Way::bridge_held, "bridge, held stdio", "held"},
      {Way::bridge_socket, "bridge, socket", "socket"},
      {Way::bridge_held_buffer, "bridge, held, buffer", "held-buffer"},
      {Way::bridge_socket_buffer, "bridge, socket, buffer", "socket-buffer"},
      {Way::bridge_held_no_replay, "bridge, held, no replay", "held-no-replay"},
      {Way::other_held, "other, held stdio", "other-held"},
      {Way::other_socket, "other, socket", "other-socket"},
      {Way::socat, "socat", "socat"},
      {Way::socat_64k, "socat -b65536", "socat-64k"},
      {Way::proxyd, "systemd-socket-proxyd", "proxyd"},
      {Way::gopls_remote, "gopls -remote", "gopls-remote"},
      {Way::lspmux, "lspmux", "lspmux"},
  };
  return ways;
}

std::string_view row_of(Way way) { return all_ways()[static_cast<std::size_t>(way)].row; }

std::optional<Way> way_of_id(std::string_view id) {
  for (auto const& name : all_ways()) {
    if (name.id == id) return name.way;
  }
  return std::nullopt;
}

bool holds_server(Way way) {
  return way == Way::direct || way == Way::direct_pipes || way == Way::bridge_held ||
         way == Way::bridge_held_buffer || way == Way::bridge_held_no_replay ||
         way == Way::other_held;
}

bool is_bridge(Way way) { return way >= Way::bridge_held && way <= Way::other_socket; }
bool is_direct(Way way) { return way <= Way::direct_vsock; }
bool decodes(Way way) { return way == Way::gopls_remote || way == Way::lspmux; }

void find_peers(Programs& programs) {
  programs.socat = find_program("socat");
  // systemd keeps it out of PATH.
  programs.proxyd = find_program("systemd-socket-proxyd", {"/usr/lib/systemd/systemd-socket-proxyd",
                                                           "/lib/systemd/systemd-socket-proxyd"});
  programs.lspmux = find_program("lspmux");
}

namespace {

// Empty: it can be measured here.
std::string why_absent(Way way, const Programs& programs) {
  switch (way) {
    case Way::direct_vsock:
      return has_vsock_loopback() ? ""
                                  : "the kernel has no loopback for it: modprobe vsock_loopback";
    case Way::socat:
    case Way::socat_64k:
      return programs.socat.empty() ? "not installed: apt install socat" : "";
    case Way::proxyd:
      return programs.proxyd.empty() ? "not installed: apt install systemd" : "";
    case Way::gopls_remote:
      return programs.gopls.empty() ? "not installed: go install golang.org/x/tools/gopls@latest"
                                    : "";
    case Way::lspmux:
      return programs.lspmux.empty() ? "not installed: cargo install lspmux" : "";
    default:
      return "";
  }
}

// Ways that one has to ask for; nobody misses them.
bool exists(Way way, const Programs& programs) {
  if (way == Way::other_held || way == Way::other_socket) return !programs.other_bridge.empty();
  return true;
}

}  // namespace

Ways ways_here(const Programs& programs, const std::vector<std::string>& wanted) {
  Ways ways;
  for (auto const& name : all_ways()) {
    bool const is_wanted = wanted.empty() || name.way == Way::direct ||
                           std::find(wanted.begin(), wanted.end(), name.id) != wanted.end();
    if (!is_wanted || !exists(name.way, programs)) continue;
    auto why = why_absent(name.way, programs);
    if (why.empty())
      ways.present.push_back(name.way);
    else
      ways.absent.push_back({name.way, std::move(why)});
  }
  return ways;
}

}  // namespace bridge::bench
