// Speaks the control protocol of the bridge's daemon (proxy/lease/CONTROL.md) from outside, as
// little of it as a measurement needs: what a lease costs is measured without a bridge around it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::bench {

class ControlClient {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  // Throws Broken where nobody listens.
  explicit ControlClient(const std::string& path);

  void send(const std::string& verb, const Fields& fields) const;
  struct Message {
    std::string verb;
    Fields fields;
    kernel::UniqueFd descriptor;
    std::string get(const std::string& name) const;
  };
  // Waits for the next one; throws Broken where none comes.
  Message receive() const;

 private:
  kernel::UniqueFd socket_;
};

}  // namespace bridge::bench
