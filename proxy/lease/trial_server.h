// Asks a server that was just acquired one thing, an `initialize` as a rule, hears its answer, and
// ends it: what would the program that is on disk now say to this session?
//
// Asynchronous: waited for by one descriptor, driven by on_readable(). Of a server that is a
// process of ours it kills that; of another it closes the connection. Other messages and text
// between frames are passed over, what it writes to its stderr too, but for the last line.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "framing/frame_scanner.h"
#include "proxy/kernel/unique_fd.h"
#include "proxy/lease/server_source.h"

namespace bridge::lease {

class TrialServer {
 public:
  struct Outcome {
    std::optional<std::string> answer;  // the body of the response
    std::string error;                  // why there is none, in words
  };
  // gopls answers `initialize` with 7 KB.
  static constexpr std::size_t kAnswerBytesMax = std::size_t{1024} * 1024;

  // `frame`: a request, header and body. No answer within `patience` is an error.
  TrialServer(ServerConnection connection, std::string frame, std::chrono::milliseconds patience);
  // Ends the server. A process that was killed is reaped here: milliseconds.
  ~TrialServer();
  TrialServer(const TrialServer&) = delete;
  TrialServer& operator=(const TrialServer&) = delete;

  // Readable when on_readable() is to be called; the first time is at once. -1: out of descriptors,
  // and on_readable() says so.
  int fd() const noexcept { return events_.get(); }
  // The outcome, once there is one; from then on always the same.
  const std::optional<Outcome>& on_readable();

 private:
  bool watch(int fd, std::uint32_t events);
  void write();
  void read();
  bool take_frames();
  void read_errors();
  void fail(std::string what);

  ServerConnection connection_;
  std::string frame_;
  std::size_t written_ = 0;
  std::string_view id_;  // of the request, in frame_
  framing::FrameScanner scanner_;
  std::string received_;
  std::string errors_;
  kernel::UniqueFd events_;
  kernel::UniqueFd timer_;
  std::optional<Outcome> outcome_;
};

}  // namespace bridge::lease
