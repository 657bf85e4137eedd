#include "proxy/session/journal/message_id.h"

#include <algorithm>
#include <string>

#include "framing/json_text.h"

namespace bridge::session {
namespace {

bool is_string(std::string_view raw) { return raw.size() >= 2 && raw.front() == '"'; }

std::string_view between_quotes(std::string_view raw) { return raw.substr(1, raw.size() - 2); }

// Every byte stands for itself.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte < 0x80 && byte != '\\';
  });
}

// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
std::uint32_t hash(std::string_view text, std::uint32_t seed) {
  std::uint32_t value = seed;
  for (char const c : text) {
    value ^= static_cast<unsigned char>(c);
    value *= 16777619U;
  }
  return value;
}

}  // namespace

bool same_id(std::string_view left_raw, std::string_view right_raw) {
  if (left_raw == right_raw) return true;
  if (!is_string(left_raw) || !is_string(right_raw)) {
    // The one number with two spellings.
    auto const is_zero = [](std::string_view raw) { return raw == "0" || raw == "-0"; };
    return is_zero(left_raw) && is_zero(right_raw);
  }
  std::string_view const left = between_quotes(left_raw);
  std::string_view const right = between_quotes(right_raw);
  if (is_plain(left) && is_plain(right)) return false;
  return framing::decode_json_string(left) == framing::decode_json_string(right);
}

std::uint32_t id_hash(std::string_view raw_id) {
  constexpr std::uint32_t kBasis = 2166136261U;
  if (!is_string(raw_id)) return hash(raw_id == "-0" ? "0" : raw_id, kBasis);
  std::string_view const text = between_quotes(raw_id);
  if (is_plain(text)) return hash(text, ~kBasis);
  return hash(framing::decode_json_string(text), ~kBasis);
}

}  // namespace bridge::session
