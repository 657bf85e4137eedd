// Writes and reads the pieces of a serialised journal: numbers of fixed width, little-endian, and
// texts with their length in front. The format is in FORMAT.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bridge::session {

class RecordWriter {
 public:
  void put_u8(std::uint8_t value) { out_ += static_cast<char>(value); }
  void put_u32(std::uint32_t value) { put(value, 4); }
  void put_u64(std::uint64_t value) { put(value, 8); }
  void put_text(std::string_view text) {
    put_u64(text.size());
    out_ += text;
  }
  std::string& bytes() noexcept { return out_; }

 private:
  void put(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) out_ += static_cast<char>(value >> (8 * i));
  }
  std::string out_;
};

// After a read beyond the end, everything reads as zero or empty, and ok() says so.
class RecordReader {
 public:
  explicit RecordReader(std::string_view bytes) : bytes_(bytes) {}
  std::uint8_t take_u8() { return static_cast<std::uint8_t>(take(1)); }
  std::uint32_t take_u32() { return static_cast<std::uint32_t>(take(4)); }
  std::uint64_t take_u64() { return take(8); }
  std::string_view take_text() { return take_bytes(take_u64()); }
  // 0 or 1; anything else is a fault.
  bool take_flag() {
    std::uint8_t const value = take_u8();
    if (value > 1) fail();
    return value == 1;
  }
  std::string_view take_bytes(std::uint64_t size) {
    if (size > bytes_.size()) {
      fail();
      return {};
    }
    std::string_view const taken = bytes_.substr(0, static_cast<std::size_t>(size));
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  void fail() {
    ok_ = false;
    bytes_ = {};
  }
  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return bytes_.empty(); }

 private:
  std::uint64_t take(std::size_t size) {
    std::uint64_t value = 0;
    int shift = 0;
    for (char const c : take_bytes(size)) {
      value |= std::uint64_t{static_cast<unsigned char>(c)} << shift;
      shift += 8;
    }
    return value;
  }
  std::string_view bytes_;
  bool ok_ = true;
};

// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): against torn and mixed-up bytes,
// not against an enemy.
inline std::uint64_t checksum(std::string_view bytes) noexcept {
  std::uint64_t value = 14695981039346656037U;
  for (char const c : bytes) {
    value ^= static_cast<unsigned char>(c);
    value *= 1099511628211U;
  }
  return value;
}

}  // namespace bridge::session
