// Frames for the tests: a writer and a strict reader that share nothing with framing/, so that a
// fault there cannot hide behind the same fault here. Accepts only what gopls and VS Code write:
// `Content-Length: N\r\n\r\n` and N bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bridge::rigs {

// The body with its header in front.
std::string frame(std::string_view body);

class FrameReader {
 public:
  void feed(std::string_view bytes) { pending_ += bytes; }

  // The body of the next whole frame. Throws std::runtime_error, with the bytes in question, where
  // the stream is anything but frames.
  std::optional<std::string> next();

  // Bytes that are not yet part of a whole frame.
  std::string_view rest() const { return pending_; }

 private:
  std::string pending_;
};

}  // namespace bridge::rigs
