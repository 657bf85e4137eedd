#include "proxy/cli/go_flag.h"

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

std::optional<bool> parse_go_bool(std::string_view text) {
  for (auto const* const yes : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == yes) return true;
  for (auto const* const no : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == no) return false;
  return std::nullopt;
}

}  // namespace bridge::cli
