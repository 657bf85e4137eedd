#include "proxy/cli/go_duration.h"

#include <array>
#include <cstdint>

namespace bridge::cli {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};
// Both micro signs that Unicode has.
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"\u00b5s", 1'000},
                                         {"\u03bcs", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000}}};
// Go counts in an int64, and takes the one negative value more that it has.
constexpr std::uint64_t kMax = std::uint64_t{1} << 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

const Unit* find_unit(std::string_view name) {
  for (auto const& unit : kUnits)
    if (unit.name == name) return &unit;
  return nullptr;
}

struct Number {
  std::uint64_t whole = 0;
  std::uint64_t fraction = 0;  // of `scale`
  double scale = 1;
  bool valid = false;
};

// The digits at the start of `text`, which lose them.
Number take_number(std::string_view& text) {
  Number number;
  auto const digits = text.find_first_not_of("0123456789");
  auto const whole = text.substr(0, digits);
  for (char const c : whole) {
    if (number.whole > kMax / 10) return {};
    number.whole = number.whole * 10 + static_cast<std::uint64_t>(c - '0');
    if (number.whole > kMax) return {};
  }
  text.remove_prefix(whole.size());
  number.valid = !whole.empty();
  if (!text.starts_with('.')) return number;
  text.remove_prefix(1);
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    number.valid = true;
    if (number.fraction > (kMax - 10) / 10) continue;  // beyond what counts
    number.fraction = number.fraction * 10 + static_cast<std::uint64_t>(text.front() - '0');
    number.scale *= 10;
  }
  return number;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_go_duration(std::string_view text) {
  bool const negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return std::nullopt;
  std::uint64_t sum = 0;
  while (!text.empty()) {
    auto const number = take_number(text);
    if (!number.valid) return std::nullopt;
    auto const name = text.substr(0, text.find_first_of("0123456789."));
    auto const* const unit = find_unit(name);
    if (unit == nullptr || number.whole > kMax / unit->nanoseconds) return std::nullopt;
    text.remove_prefix(name.size());
    double const step = static_cast<double>(unit->nanoseconds) / number.scale;
    sum += number.whole * unit->nanoseconds +
           static_cast<std::uint64_t>(static_cast<double>(number.fraction) * step);
    if (sum > kMax) return std::nullopt;
  }
  if (negative) return std::chrono::nanoseconds(static_cast<std::int64_t>(0 - sum));
  if (sum == kMax) return std::nullopt;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(sum));
}

}  // namespace bridge::cli
