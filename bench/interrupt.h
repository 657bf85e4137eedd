// Ctrl-C while measuring: the run stops at the next step and what there is gets printed. A second
// one ends the process at once.
#pragma once

namespace bridge::bench {

void catch_interrupts();  // SIGINT and SIGTERM, from here on
bool interrupted() noexcept;

}  // namespace bridge::bench
