// JSON with comments and trailing commas, as VS Code keeps its settings: where each value and
// member stands in the text. Nothing is copied or changed; an edit is made in the text itself
// (jsonc_edit.h). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::cli {

inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

struct JsoncMember;

struct JsoncValue {
  enum class Kind : std::uint8_t { object, array, string, other };
  Kind kind = Kind::other;
  std::size_t begin = 0;             // of its first byte
  std::size_t end = 0;               // behind its last one
  std::string text;                  // of a string, decoded
  std::vector<JsoncMember> members;  // of an object, in their order

  // The last of that name, which is the one that counts in VS Code; nullptr: none.
  const JsoncMember* find(std::string_view name) const noexcept;
};

struct JsoncMember {
  std::string name;
  std::size_t name_begin = 0;
  JsoncValue value;
  std::optional<std::size_t> comma;  // behind it
};

struct JsoncDocument {
  // nullopt with an empty complaint: the text has no value, only blanks and comments.
  std::optional<JsoncValue> root;
  std::string complaint;  // "line 3: …"
};

JsoncDocument read_jsonc(std::string_view text);

// Behind blanks and comments from `at` on. A comment that is not closed is none. `same_line`: stops
// before the end of the line.
std::size_t skip_jsonc_trivia(std::string_view text, std::size_t at, bool same_line = false);

}  // namespace bridge::cli
