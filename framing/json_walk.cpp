#include "framing/json_walk.h"

#include <bit>
#include <cstdint>

#include "framing/json_blocks.h"

namespace bridge::framing {
namespace {

bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// The end of the object or array that opens at `at`.
std::size_t find_nested_end(std::string_view text, std::size_t at) noexcept {
  BlockStrings strings;
  std::uint64_t depth = 0;
  for (; at < text.size(); at += kBlockBytes) {
    BlockMasks const block = load_block(text.substr(at));
    std::uint64_t const inside = strings.inside(block);
    std::uint64_t const opens = block.opens & ~inside;
    std::uint64_t closes = block.closes & ~inside;
    std::uint64_t const closed = count_bits(closes);
    if (closed >= depth) {  // the end may be in this block
      std::uint64_t closed_before = 0;
      for (; closes != 0; closes &= closes - 1) {
        std::uint64_t const bit = closes & -closes;
        std::uint64_t const opened = count_bits(opens & (bit - 1));
        if (depth + opened == ++closed_before)
          return at + static_cast<std::size_t>(std::countr_zero(bit)) + 1;
      }
    }
    depth += count_bits(opens) - closed;
  }
  return kNotFound;
}

// One code point of a name, escapes decoded. 0xFFFD for what is none: it equals no known name.
char32_t take_code_point(std::string_view raw, std::size_t& at) noexcept {
  constexpr char32_t kNone = 0xFFFD;
  auto const byte = static_cast<unsigned char>(raw[at++]);
  if (byte == '\\') {
    if (at == raw.size()) return kNone;
    char const escape = raw[at++];
    if (escape == '"' || escape == '\\' || escape == '/') return static_cast<char32_t>(escape);
    if (escape != 'u' || raw.size() - at < 4) return kNone;  // \b \f \n \r \t: in no known name
    char32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      char const c = raw[at++];
      char const letter = static_cast<char>(c | 0x20);
      if (c >= '0' && c <= '9')
        value = value * 16 + static_cast<char32_t>(c - '0');
      else if (letter >= 'a' && letter <= 'f')
        value = value * 16 + static_cast<char32_t>(letter - 'a' + 10);
      else
        return kNone;
    }
    return value;  // half a surrogate pair is in no known name either
  }
  if (byte < 0x80) return byte;
  // The two letters outside ASCII that fold into it: U+017F (C5 BF) and U+212A (E2 84 AA).
  if (byte == 0xC5 && raw.substr(at).starts_with('\xBF')) return ++at, char32_t{0x17F};
  if (byte == 0xE2 && raw.substr(at).starts_with("\x84\xAA")) return at += 2, char32_t{0x212A};
  return kNone;
}

char32_t fold(char32_t c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A' + 'a';
  if (c == 0x17F) return 's';   // long s
  if (c == 0x212A) return 'k';  // Kelvin sign
  return c;
}

}  // namespace

std::size_t skip_space(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

std::size_t find_string_end(std::string_view text, std::size_t at) noexcept {
  // Names and short values end within a few bytes.
  std::size_t const near = text.size() - at < 16 ? text.size() : at + 16;
  for (; at < near; ++at) {
    if (text[at] == '"') return at;
    if (text[at] == '\\') break;
  }
  BlockStrings strings = BlockStrings::from_inside();
  for (; at < text.size(); at += kBlockBytes) {
    std::uint64_t const quotes = strings.quotes(load_block(text.substr(at)));
    if (quotes != 0) return at + static_cast<std::size_t>(std::countr_zero(quotes));
  }
  return kNotFound;
}

std::size_t find_value_end(std::string_view text, std::size_t at) noexcept {
  if (at >= text.size()) return kNotFound;
  char const first = text[at];
  if (first == '{' || first == '[') return find_nested_end(text, at);
  if (first == '"') {
    std::size_t const quote = find_string_end(text, at + 1);
    return quote == kNotFound ? kNotFound : quote + 1;
  }
  std::size_t const begin = at;
  while (at < text.size() && !is_space(text[at]) && text[at] != ',' && text[at] != '}' &&
         text[at] != ']')
    ++at;
  return at == begin ? kNotFound : at;
}

bool ObjectWalk::next() noexcept {
  at_ = skip_space(text_, at_);
  if (at_ >= text_.size()) return false;
  if (text_[at_] == '}') {
    closing_brace_ = at_;
    return false;
  }
  if (value_.size != 0) {
    if (text_[at_] != ',') return false;
    at_ = skip_space(text_, at_ + 1);
  }
  if (at_ >= text_.size() || text_[at_] != '"') return false;
  std::size_t const name_end = find_string_end(text_, at_ + 1);
  if (name_end == kNotFound) return false;
  Piece const name{at_ + 1, name_end - at_ - 1};
  at_ = skip_space(text_, name_end + 1);
  if (at_ >= text_.size() || text_[at_] != ':') return false;
  at_ = skip_space(text_, at_ + 1);
  std::size_t const value_end = find_value_end(text_, at_);
  if (value_end == kNotFound) return false;
  name_ = name;
  value_ = {at_, value_end - at_};
  at_ = value_end;
  return true;
}

bool name_is(std::string_view raw, std::string_view name, NameMatch match) noexcept {
  std::size_t at = 0;
  for (char const expected : name) {
    if (at == raw.size()) return false;
    char32_t const c = take_code_point(raw, at);
    if ((match == NameMatch::folded ? fold(c) : c) != static_cast<char32_t>(expected)) return false;
  }
  return at == raw.size();
}

}  // namespace bridge::framing
