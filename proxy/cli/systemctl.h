// `systemctl --user`, where there is a systemd that runs for this user.
#pragma once

#include <string>
#include <vector>

#include "proxy/server/environment.h"

namespace bridge::cli {

class Systemctl {
 public:
  explicit Systemctl(const server::Environment& environment);

  // Empty: it answers. Else why there is none, in words for the user.
  const std::string& absence() const noexcept { return absence_; }

  struct Outcome {
    int code = -1;       // -1: it could not be run, or did not end in time
    std::string output;  // stdout and stderr
  };
  // Waits for at most 30 seconds.
  Outcome run(std::vector<std::string> args) const;

 private:
  std::string program_;
  std::vector<std::string> environment_;
  std::string absence_;
};

}  // namespace bridge::cli
