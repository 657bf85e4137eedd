// Texts and edits for random tests: small alphabets of what has gone wrong elsewhere, positions
// that are mostly near what is there and sometimes beyond it.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/journal/naive_text.h"

namespace bridge::session {

struct MadeEdit {
  Position start;
  Position end;
  std::string text;
};

class EditMaker {
 public:
  // choose(n): a number below n.
  using Choose = std::function<std::size_t(std::size_t)>;
  explicit EditMaker(Choose choose) : choose_(std::move(choose)) {}

  std::string text(std::size_t pieces_max) {
    static constexpr std::array<std::string_view, 16> kPieces = {
        "a",     "\n", "\r\n",         "é",    "𝄞",
        "word ", "\t", "\xEF\xBF\xBD", "\n\n", "😀b\n",
        "\r",    "x",  "日本",         "",     "func f() {\n\treturn\n}\n",
        "\"\\"};
    std::string made;
    for (std::size_t n = choose_(pieces_max + 1); n > 0; --n)
      made += kPieces[choose_(kPieces.size())];
    return made;
  }

  MadeEdit edit(const NaiveText& present) {
    auto const lengths = present.line_lengths();
    MadeEdit made;
    made.start = position(lengths);
    // Mostly a little behind the start, as people edit.
    made.end = made.start;
    switch (choose_(4)) {
      case 0:
        break;
      case 1:
        made.end.character += static_cast<std::uint32_t>(choose_(3));
        break;
      case 2:
        made.end = {made.start.line + 1, static_cast<std::uint32_t>(choose_(2))};
        break;
      default:
        made.end = position(lengths);
    }
    made.text = text(3);
    return made;
  }

 private:
  Position position(const std::vector<std::size_t>& lengths) {
    // One line and two columns more than there are.
    std::size_t const line = choose_(lengths.size() + 2);
    std::size_t const length = line < lengths.size() ? lengths[line] : 0;
    return {static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(choose_(length + 3))};
  }

  Choose choose_;
};

}  // namespace bridge::session
