// Asks the broker daemon (proxy/lease/CONTROL.md) and waits for its answer. Never starts a daemon:
// a socket that systemd holds is not connected to while no daemon has its lock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/lease/control_message.h"
#include "proxy/server/environment.h"

namespace bridge::cli {

struct DaemonAnswer {
  enum class Kind : std::uint8_t {
    answered,
    none,    // no daemon runs
    silent,  // there is one, and it cannot be reached or does not answer
  };
  Kind kind = Kind::none;
  std::vector<lease::ControlMessage> messages;  // answered: up to the last, which is left out
  lease::ControlMessage last;
  std::string words;           // why there is no answer
  std::string directory;       // of the sockets; empty: none is to be had
  bool systemd_waits = false;  // none: systemd starts one when it is needed
};

// `last`: the verb that ends the answer.
DaemonAnswer ask_daemon(const server::Environment& environment, std::string_view instance,
                        const lease::ControlMessage& question, std::string_view last);

}  // namespace bridge::cli
