#include "tests/rigs/frames.h"

#include <charconv>
#include <stdexcept>

namespace bridge::rigs {
namespace {

constexpr std::string_view kName = "Content-Length: ";
constexpr std::string_view kEnd = "\r\n\r\n";

[[noreturn]] void refuse(std::string_view pending) {
  throw std::runtime_error("not a frame: " + std::string(pending.substr(0, 200)));
}

}  // namespace

std::string frame(std::string_view body) {
  return std::string(kName) + std::to_string(body.size()) + std::string(kEnd) + std::string(body);
}

std::optional<std::string> FrameReader::next() {
  auto const compared = std::min(pending_.size(), kName.size());
  if (pending_.compare(0, compared, kName, 0, compared) != 0) refuse(pending_);
  auto const end = pending_.find(kEnd);
  if (end == std::string::npos) {
    if (pending_.size() > kName.size() + 20) refuse(pending_);
    return std::nullopt;
  }
  std::size_t size = 0;
  auto const* const last = pending_.data() + end;
  auto const parsed = std::from_chars(pending_.data() + kName.size(), last, size);
  if (parsed.ec != std::errc() || parsed.ptr != last) refuse(pending_);
  auto const start = end + kEnd.size();
  if (pending_.size() - start < size) return std::nullopt;
  auto body = pending_.substr(start, size);
  pending_.erase(0, start + size);
  return body;
}

}  // namespace bridge::rigs
