// A table in plain text that fits a width: columns that do not fit go into a further table below,
// with the same rows.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::bench {

inline constexpr std::size_t kTextWidth = 100;

class TextTable {
 public:
  // The first column is the rows' names.
  explicit TextTable(std::vector<std::string> header) : header_(std::move(header)) {}

  // As many cells as the header has; rows whose cells are all empty or "-" are left out.
  void add(std::vector<std::string> row);
  bool empty() const noexcept { return rows_.empty(); }
  std::string str() const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

// Columns on a screen: µ is one.
std::size_t width_of(std::string_view text);
std::string padded(std::string_view text, std::size_t width);          // to the left
std::string padded_on_left(std::string_view text, std::size_t width);  // to the right
// Broken at spaces to fit kTextWidth, all lines but the first indented.
std::string wrapped(std::string_view text, std::size_t indent);

}  // namespace bridge::bench
