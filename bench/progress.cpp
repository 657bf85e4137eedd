#include "bench/progress.h"

#include <unistd.h>

#include <cstdio>

namespace bridge::bench {

Progress::Progress() : on_terminal_(::isatty(STDERR_FILENO) == 1) {}
Progress::~Progress() { end(); }

void Progress::round(const std::string& text) {
  if (on_terminal_)
    step(text);
  else
    std::fprintf(stderr, "bench: %s\n", text.c_str());
}

void Progress::step(const std::string& text) {
  if (!on_terminal_) return;
  // To column 1, the text, and the rest of the line erased.
  std::fprintf(stderr, "\r%.78s\x1b[K", text.c_str());
  line_used_ = true;
}

void Progress::end() {
  if (line_used_) std::fprintf(stderr, "\r\x1b[K");
  line_used_ = false;
}

}  // namespace bridge::bench
