// Text that others chose (an editor's name, a folder) on a terminal of ours: nothing of it moves
// the cursor, changes colours or turns the line round, and its width is known. Widths are never
// underrated, so that a line of 80 columns has no more.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bridge::cli {

// Control characters, marks of direction and what is no UTF-8 become "?"; variation selectors and
// all but two marks on one letter are dropped.
std::string shown(std::string_view text);

// Of text that is `shown`.
std::size_t columns(std::string_view shown_text);

// `shown`, and at most so many columns: its beginning, or its end (of a path that tells more), with
// "…" for the rest.
std::string clipped(std::string_view text, std::size_t width);
std::string clipped_front(std::string_view text, std::size_t width);

// `clipped`, and filled up with spaces to the width; `right`: the spaces come first.
std::string left(std::string_view text, std::size_t width);
std::string right(std::string_view text, std::size_t width);

}  // namespace bridge::cli
