#include "bench/text_table.h"

#include <algorithm>

namespace bridge::bench {
namespace {

constexpr std::size_t kGap = 2;

bool has_nothing(const std::string& cell) {
  return cell.find_first_not_of(" -") == std::string::npos;
}

}  // namespace

std::size_t width_of(std::string_view text) {
  constexpr unsigned kContinues = 0x80;  // a byte 10xxxxxx of UTF-8
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != kContinues;
  }));
}

std::string padded(std::string_view text, std::size_t width) {
  std::string result(text);
  result.append(width - std::min(width, width_of(text)), ' ');
  return result;
}

std::string padded_on_left(std::string_view text, std::size_t width) {
  return std::string(width - std::min(width, width_of(text)), ' ').append(text);
}

std::string wrapped(std::string_view text, std::size_t indent) {
  std::string result;
  std::size_t used = 0;
  while (!text.empty()) {
    auto const end = std::min(text.find(' '), text.size());
    std::string_view const word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (used > indent && used + 1 + width_of(word) > kTextWidth) {
      result.append("\n").append(indent, ' ');
      used = indent;
    } else if (!result.empty()) {
      result += ' ';
      ++used;
    }
    result += word;
    used += width_of(word);
  }
  return result + "\n";
}

void TextTable::add(std::vector<std::string> row) {
  if (std::all_of(row.begin() + 1, row.end(), has_nothing)) return;
  rows_.push_back(std::move(row));
}

std::string TextTable::str() const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < header_.size(); ++column) {
    std::size_t width = width_of(header_[column]);
    for (auto const& row : rows_) width = std::max(width, width_of(row[column]));
    widths.push_back(width);
  }
  std::string text;
  for (std::size_t first = 1; first < header_.size();) {
    std::size_t end = first;
    std::size_t used = widths[0];
    while (end < header_.size() && (end == first || used + kGap + widths[end] <= kTextWidth))
      used += kGap + widths[end++];
    auto const add_line = [&](const std::vector<std::string>& cells) {
      std::string line = padded(cells[0], widths[0]);
      for (std::size_t column = first; column < end; ++column)
        line.append(kGap, ' ').append(padded_on_left(cells[column], widths[column]));
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + "\n";
    };
    if (first > 1) text += "\n";
    add_line(header_);
    for (auto const& row : rows_) add_line(row);
    first = end;
  }
  return text;
}

}  // namespace bridge::bench
