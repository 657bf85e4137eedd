#include "tests/simulation/slow_text.h"

namespace bridge::simulation {
namespace {

bool is_high(char16_t unit) { return unit >= 0xD800 && unit < 0xDC00; }

// Only of valid UTF-8: the simulated editor writes no other.
std::u16string to_units(std::string_view utf8) {
  std::u16string units;
  for (std::size_t i = 0; i < utf8.size();) {
    auto const byte = static_cast<unsigned char>(utf8[i]);
    std::size_t const size = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    std::uint32_t code = size == 1 ? byte : byte & (0xFFU >> (size + 1));
    for (std::size_t k = 1; k < size; ++k) {
      code = code << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3FU);
    }
    i += size;
    if (code < 0x10000) {
      units += static_cast<char16_t>(code);
    } else {
      code -= 0x10000;
      units += static_cast<char16_t>(0xD800 + (code >> 10));
      units += static_cast<char16_t>(0xDC00 + (code & 0x3FF));
    }
  }
  return units;
}

}  // namespace

SlowText::SlowText(std::string_view utf8) : units_(to_units(utf8)) {}

std::string SlowText::utf8() const {
  std::string out;
  auto const put = [&out](std::uint32_t bits) { out += static_cast<char>(bits); };
  for (std::size_t i = 0; i < units_.size(); ++i) {
    std::uint32_t code = units_[i];
    if (is_high(units_[i])) {
      code = 0x10000 + ((code - 0xD800) << 10) + (units_[++i] - 0xDC00);
    }
    if (code < 0x80) {
      put(code);
      continue;
    }
    if (code < 0x800) {
      put(0xC0 | code >> 6);
    } else {
      if (code < 0x10000) {
        put(0xE0 | code >> 12);
      } else {
        put(0xF0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3F));
      }
      put(0x80 | (code >> 6 & 0x3F));
    }
    put(0x80 | (code & 0x3F));
  }
  return out;
}

std::optional<std::size_t> SlowText::find(Place place) const {
  std::size_t at = 0;
  for (std::size_t line = 0; line < place.line; ++line) {
    at = units_.find(u'\n', at);
    if (at == std::u16string::npos) {
      // The line behind the last one has a first column.
      if (line + 1 == place.line && place.character == 0) return units_.size();
      return std::nullopt;
    }
    ++at;
  }
  for (std::size_t column = 0; column < place.character; ++column, ++at) {
    if (at == units_.size() || units_[at] == u'\n') return std::nullopt;
  }
  // Inside of a surrogate pair is before it.
  if (at > 0 && at < units_.size() && is_high(units_[at - 1]) && place.character > 0) --at;
  return at;
}

bool SlowText::apply(const std::vector<Edit>& edits) {
  if (edits.empty()) return false;
  if (edits.size() == 1 && !edits[0].range) {
    units_ = to_units(edits[0].text);
    return true;
  }
  std::u16string const before = units_;
  for (Edit const& edit : edits) {
    auto const start = edit.range ? find(edit.range->first) : std::nullopt;
    auto const end = edit.range ? find(edit.range->second) : std::nullopt;
    if (!start || !end || *end < *start) {
      units_ = before;
      return false;
    }
    units_.replace(*start, *end - *start, to_units(edit.text));
  }
  return true;
}

Place SlowText::place(std::size_t n) const {
  Place place;
  for (std::size_t i = 0; i < n && i < units_.size(); ++i) {
    ++place.character;
    if (units_[i] == u'\n') place = {place.line + 1, 0};
  }
  return place;
}

std::uint64_t SlowText::hash() const {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (char16_t const unit : units_) hash = (hash ^ unit) * 0x100000001B3;
  return hash;
}

}  // namespace bridge::simulation
