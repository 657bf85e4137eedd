// An editor in which somebody types: one Go file that is opened, then a didChange for each key, as
// VS Code writes them (one range, versions that count up). Lines are typed and deleted again, so
// the file stays as long as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/messages.h"

namespace bridge::bench {

class Typing {
 public:
  // Lines of 32 bytes: gopls' own files have 300 of them in the median.
  static constexpr int kLines = 300;

  explicit Typing(const std::string& uri = "file:///home/gopher/module/main.go");

  // To be sent first, once.
  const Message& did_open() const noexcept { return did_open_; }
  // The next key. Valid until the next call.
  const Message& key();

 private:
  Message did_open_;
  std::vector<Message> line_;  // its keys, and the change that deletes them
  std::size_t at_ = 0;
  std::uint32_t version_ = kFirstId;
};

}  // namespace bridge::bench
