// Fields of LSP objects, read in place as Go's encoding/json fills gopls' structs: names without
// case, the last of repeated ones counts, null leaves the zero value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "framing/json_walk.h"

namespace bridge::session {

// A field's name (ASCII), made for comparing.
class FieldName {
 public:
  template <std::size_t Size>
  consteval FieldName(const char (&name)[Size]) : exact_(name, Size - 1), folded_{} {
    static_assert(Size <= 24);
    for (std::size_t i = 0; i + 1 < Size; ++i)
      folded_[i] = name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] | 0x20) : name[i];
  }
  // `raw`: between the quotes, escapes as sent.
  bool is(std::string_view raw) const noexcept {
    return raw == exact_ ||
           framing::name_is(raw, {folded_.data(), exact_.size()}, framing::NameMatch::folded);
  }

 private:
  std::string_view exact_;
  std::array<char, 24> folded_;
};

inline bool is_object(std::string_view raw) noexcept { return raw.starts_with('{'); }
inline bool is_array(std::string_view raw) noexcept { return raw.starts_with('['); }
inline bool is_string(std::string_view raw) noexcept {
  return raw.size() >= 2 && raw.front() == '"' && raw.back() == '"';
}
inline std::string_view between_quotes(std::string_view raw) noexcept {
  return raw.substr(1, raw.size() - 2);
}

// Calls visit(name, value) for each member. False: `object` is none, or does not end.
template <class Visit>
bool for_each_member(std::string_view object, Visit visit) {
  // A body may begin with white space; what is inside one does not.
  object.remove_prefix(framing::skip_space(object, 0));
  if (!is_object(object)) return false;
  framing::ObjectWalk walk(object, 0);
  while (walk.next()) visit(walk.name().in(object), walk.value().in(object));
  return walk.closing_brace() != framing::kNotFound;
}

// Calls visit(value) for each element until it says false. False: `array` is none, or does not end.
template <class Visit>
bool for_each_element(std::string_view array, Visit visit) {
  if (!is_array(array)) return false;
  std::size_t at = framing::skip_space(array, 1);
  if (at < array.size() && array[at] == ']') return true;
  while (at < array.size()) {
    std::size_t const end = framing::find_value_end(array, at);
    if (end == framing::kNotFound) return false;
    if (!visit(array.substr(at, end - at))) return true;
    at = framing::skip_space(array, end);
    if (at < array.size() && array[at] == ']') return true;
    if (at >= array.size() || array[at] != ',') return false;
    at = framing::skip_space(array, at + 1);
  }
  return false;
}

// The raw value of a member; empty: there is none, or `object` is no object.
inline std::string_view field(std::string_view object, const FieldName& name) {
  std::string_view found;
  for_each_member(object, [&](std::string_view member, std::string_view value) {
    if (name.is(member)) found = value;
  });
  return found;
}

// What Go decodes into a uint32 or an int32; null and nothing are 0. nullopt: neither.
std::optional<std::uint32_t> read_uint32(std::string_view raw) noexcept;
std::optional<std::int32_t> read_int32(std::string_view raw) noexcept;

}  // namespace bridge::session
