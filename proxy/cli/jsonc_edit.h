// Sets and removes a member two levels deep in JSON with comments: {outer: {inner: value}}. All
// other bytes stay as they are: comments, trailing commas, byte order mark, line ends, indentation.
// Removing what was set gives the same bytes again, unless the text has changed in between. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bridge::cli {

struct JsoncPlace {
  std::string_view outer;
  std::string_view inner;
};

struct JsoncEdit {
  enum class Outcome : std::uint8_t {
    changed,  // `text` is the new text
    already,  // it is as asked for
    other,    // the member has another value (`value`), and stays
    refused,  // `complaint` says what is wrong with the text
  };
  Outcome outcome = Outcome::refused;
  std::string text;
  std::string value;  // of a member that is no string: as it is written
  std::string complaint;
};

JsoncEdit set_jsonc_member(std::string_view text, JsoncPlace place, std::string_view value);
// Only if it has this value; what was made for it and is empty then goes too.
JsoncEdit remove_jsonc_member(std::string_view text, JsoncPlace place, std::string_view value);

}  // namespace bridge::cli
