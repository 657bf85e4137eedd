// One argument seen with the eyes of Go's flag package: -x, --x, -x=v are the same flag x; "--"
// ends the flags; "-" and anything else is a word. Which flags take a value is the caller's
// knowledge.
#pragma once

#include <optional>
#include <string_view>

namespace bridge::cli {

struct GoArgument {
  enum class Kind { word, flag, end_of_flags, malformed };
  Kind kind = Kind::word;
  std::string_view name;                  // of a flag, without dashes
  std::optional<std::string_view> value;  // what follows "="; may be empty
};

GoArgument read_go_argument(std::string_view text);

// strconv.ParseBool: nothing where Go would refuse the text.
std::optional<bool> parse_go_bool(std::string_view text);

}  // namespace bridge::cli
