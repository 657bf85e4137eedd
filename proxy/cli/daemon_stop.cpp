#include "proxy/cli/daemon_stop.h"

#include <poll.h>

#include <chrono>

#include "proxy/lease/control_socket.h"
#include "proxy/lease/runtime_directory.h"

namespace bridge::cli {
namespace {

constexpr std::chrono::milliseconds kPatience{2000};

}  // namespace

bool stop_on_demand_daemon(const server::Environment& environment) {
  auto const directory = lease::open_runtime_directory(environment, "");
  if (directory.path.empty()) return false;
  auto const connected = lease::connect_control(directory.path + "/" + lease::kDaemonSocket);
  if (!connected.socket) return false;
  if (lease::send_control(connected.socket.get(), {.verb = "stop", .fields = {}})) return false;
  // Whatever it says, or its end, is the answer.
  pollfd one{connected.socket.get(), POLLIN, 0};
  return ::poll(&one, 1, static_cast<int>(kPatience.count())) == 1;
}

}  // namespace bridge::cli
