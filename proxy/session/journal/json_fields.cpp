#include "proxy/session/journal/json_fields.h"

#include <charconv>

namespace bridge::session {
namespace {

template <class Number>
std::optional<Number> read_number(std::string_view raw) noexcept {
  if (raw.empty() || raw == "null") return 0;
  Number number = 0;
  auto const [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), number);
  if (error != std::errc{} || end != raw.data() + raw.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::uint32_t> read_uint32(std::string_view raw) noexcept {
  return read_number<std::uint32_t>(raw);
}

std::optional<std::int32_t> read_int32(std::string_view raw) noexcept {
  return read_number<std::int32_t>(raw);
}

}  // namespace bridge::session
