// A text edited by LSP ranges, the slow way: every code unit is an element of a list that is copied
// for each edit. Written from LSP and gopls' behaviour (what each rule is taken from stands at it),
// not from TextDocument. For texts that are UTF-8.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/session/journal/text_document.h"

namespace bridge::session {

class NaiveText {
 public:
  NaiveText(std::string_view utf8, PositionEncoding encoding)
      : encoding_(encoding), units_(units_of(utf8)) {}

  bool edit(Position start, Position end, std::string_view utf8) {
    auto const from = index_of(start);
    auto const to = index_of(end);
    if (!from || !to || *from > *to) return false;
    std::vector<Unit> result(units_.begin(), units_.begin() + *from);
    for (const Unit& unit : units_of(utf8)) result.push_back(unit);
    result.insert(result.end(), units_.begin() + *to, units_.end());
    units_ = result;
    return true;
  }

  std::string text() const {
    std::string utf8;
    for (const Unit& unit : units_) utf8 += unit.utf8;
    return utf8;
  }

  // For tests that choose positions: the units of each line, its line end not counted.
  std::vector<std::size_t> line_lengths() const {
    std::vector<std::size_t> lengths(1);
    for (const Unit& unit : units_) {
      if (unit.utf8 == "\n") {
        lengths.push_back(0);
      } else {
        ++lengths.back();
      }
    }
    return lengths;
  }

 private:
  // The first unit of a character has its bytes, the others have none.
  struct Unit {
    std::string utf8;
  };

  std::vector<Unit> units_of(std::string_view utf8) const {
    std::vector<Unit> units;
    for (std::size_t at = 0; at < utf8.size();) {
      auto const lead = static_cast<unsigned char>(utf8[at]);
      std::size_t const bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
      units.push_back({std::string(utf8.substr(at, bytes))});
      std::size_t width = 1;
      if (encoding_ == PositionEncoding::utf8) width = bytes;
      if (encoding_ == PositionEncoding::utf16 && bytes == 4) width = 2;  // a surrogate pair
      units.resize(units.size() + width - 1);
      at += bytes;
    }
    return units;
  }

  std::optional<std::ptrdiff_t> index_of(Position position) const {
    std::size_t at = 0;
    for (std::uint32_t line = 0; line < position.line; ++line) {
      while (at < units_.size() && units_[at].utf8 != "\n") ++at;
      if (at == units_.size()) {
        // The line behind the last is the end of the text, but only its very beginning is.
        if (line + 1 == position.line && position.character == 0)
          return static_cast<std::ptrdiff_t>(at);
        return std::nullopt;
      }
      ++at;
    }
    // gopls refuses a column behind the line's end; LSP would take the end. \r is a character.
    for (std::uint32_t column = 0; column < position.character; ++column, ++at)
      if (at == units_.size() || units_[at].utf8 == "\n") return std::nullopt;
    // Inside a character is before it.
    while (at < units_.size() && units_[at].utf8.empty()) --at;
    return static_cast<std::ptrdiff_t>(at);
  }

  PositionEncoding encoding_;
  std::vector<Unit> units_;
};

}  // namespace bridge::session
