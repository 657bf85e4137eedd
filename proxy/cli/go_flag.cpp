#include "proxy/cli/go_flag.h"

#include <algorithm>
#include <array>

namespace bridge::cli {

GoArgument read_go_argument(std::string_view text) {
  using Kind = GoArgument::Kind;
  if (text.size() < 2 || text[0] != '-') return {};
  if (text == "--") return {.kind = Kind::end_of_flags, .name = {}, .value = {}};
  text.remove_prefix(text[1] == '-' ? 2 : 1);
  auto const equals = text.find('=');
  // flag.FlagSet: "bad flag syntax" for a third dash and for an empty name.
  if (text.starts_with('-') || equals == 0)
    return {.kind = Kind::malformed, .name = {}, .value = {}};
  GoArgument argument{.kind = Kind::flag, .name = text.substr(0, equals), .value = {}};
  if (equals != std::string_view::npos) argument.value = text.substr(equals + 1);
  return argument;
}

bool is_go_bool(std::string_view text) {
  constexpr std::array<std::string_view, 12> kTexts = {"1", "t", "T", "TRUE",  "true",  "True",
                                                       "0", "f", "F", "FALSE", "false", "False"};
  return std::find(kTexts.begin(), kTexts.end(), text) != kTexts.end();
}

bool is_go_duration(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::array<std::string_view, 8> kUnits = {"ns", "us", "\u00b5s", "\u03bcs",
                                                      "ms", "s",  "m",       "h"};
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return true;
  if (text.empty()) return false;
  while (!text.empty()) {
    auto const number = text.substr(0, text.find_first_not_of("0123456789."));
    if (number.find_first_of(kDigits) == std::string_view::npos ||
        std::count(number.begin(), number.end(), '.') > 1)
      return false;
    text.remove_prefix(number.size());
    auto const unit = text.substr(0, text.find_first_of("0123456789."));
    if (std::find(kUnits.begin(), kUnits.end(), unit) == kUnits.end()) return false;
    text.remove_prefix(unit.size());
  }
  return true;
}

}  // namespace bridge::cli
