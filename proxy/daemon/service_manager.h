// What systemd gives to a service and wants to hear from it: sockets, state, signs of life
// (sd_listen_fds(3), sd_notify(3)). The protocol is two environment variables and datagrams; their
// library cannot be linked statically.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::daemon {

struct InheritedSocket {
  std::string name;  // of FileDescriptorName=; "unknown" where there is none
  kernel::UniqueFd fd;
};

// Takes the sockets that were passed to this process, close-on-exec; none if they were not for it
// (LISTEN_PID). Removes the variables from the environment: no child may take them for its own.
std::vector<InheritedSocket> take_inherited_sockets();

class ServiceManager {
 public:
  // Reads and removes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  ServiceManager();

  bool present() const noexcept { return !address_.empty(); }
  // "READY=1\nSTATUS=…". Without a manager, or where it does not take it: nothing happens. Never
  // blocks, but for a READY=1, which is not said again: that waits for at most a second.
  void notify(std::string_view state) const;
  // How often WATCHDOG=1 is to be said (half of what systemd allows); nullopt: not asked for.
  std::optional<std::chrono::milliseconds> watchdog_interval() const noexcept { return watchdog_; }
  // What was read, as NAME=value: for a program that this process becomes (an upgrade), which is
  // then the service.
  const std::vector<std::string>& variables() const noexcept { return variables_; }

 private:
  bool connect() const;

  std::string address_;
  std::vector<std::string> variables_;
  kernel::UniqueFd socket_;
  std::optional<std::chrono::milliseconds> watchdog_;
};

}  // namespace bridge::daemon
