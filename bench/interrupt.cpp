#include "bench/interrupt.h"

#include <signal.h>

namespace bridge::bench {
namespace {

volatile sig_atomic_t seen = 0;

void on_signal(int) { seen = 1; }

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  // The first one resets the handler; reads and writes in flight go on.
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() noexcept { return seen != 0; }

}  // namespace bridge::bench
