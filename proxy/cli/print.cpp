#include "proxy/cli/print.h"

#include <unistd.h>

#include <cerrno>

#include "proxy/exit_codes.h"

namespace bridge::cli {

int print(std::string_view text) {
  while (!text.empty()) {
    ssize_t const written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return kExitInternal;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return kExitOk;
}

}  // namespace bridge::cli
