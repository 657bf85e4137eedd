// The stderr of a gopls: a file that outlives every reader and the daemon (a pipe without a reader
// would end a Go program by SIGPIPE), and that never grows beyond a bound for long.
#pragma once

#include <cstdint>
#include <string>

#include "proxy/kernel/unique_fd.h"

namespace bridge::daemon {

// What is kept when a file is cut: enough for a Go panic with its goroutines.
inline constexpr std::uint64_t kKeptBytes = 256 * 1024;
inline constexpr std::uint64_t kCappedBytesMax = 1024 * 1024;

class CappedFile {
 public:
  // Made anew (0600) or continued; opened for appending. An empty fd() says that it cannot be.
  explicit CappedFile(std::string path);

  int fd() const noexcept { return file_.get(); }
  const std::string& path() const noexcept { return path_; }
  // To be called when it has grown: beyond the bound its last kKeptBytes go to PATH.old and it
  // begins again. The writer's descriptor, which appends, stays good.
  void cap();
  // Its last line that tells something: of a Go panic its first line, "fatal error: …"; as
  // relay::TellingLine chooses.
  std::string telling_line() const;

 private:
  std::string path_;
  kernel::UniqueFd file_;
};

}  // namespace bridge::daemon
