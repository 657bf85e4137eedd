// Frames as the models read and write them: slow, strict, and not by the code under test.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace bridge::simulation {

using Json = nlohmann::json;

inline std::string framed(std::string_view body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

class FrameReader {
 public:
  void feed(std::string_view bytes) { pending_ += bytes; }
  // The next whole body. nullopt: more is needed, or bad().
  std::optional<std::string> next() {
    std::size_t const end = pending_.find("\r\n\r\n");
    if (end == std::string::npos) {
      bad_ = bad_ || pending_.size() > 200;
      return std::nullopt;
    }
    constexpr std::string_view kName = "Content-Length: ";
    std::size_t const at = pending_.substr(0, end).find(kName);
    if (at == std::string::npos) {
      bad_ = true;
      return std::nullopt;
    }
    std::size_t const size = std::strtoull(pending_.c_str() + at + kName.size(), nullptr, 10);
    if (pending_.size() < end + 4 + size) return std::nullopt;
    std::string body = pending_.substr(end + 4, size);
    pending_.erase(0, end + 4 + size);
    return body;
  }
  bool at_boundary() const noexcept { return pending_.empty(); }
  bool bad() const noexcept { return bad_; }

 private:
  std::string pending_;
  bool bad_ = false;
};

}  // namespace bridge::simulation
