#include "proxy/cli/terminal_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace bridge::cli {
namespace {

constexpr std::string_view kEllipsis = "…";
constexpr int kMarksMax = 2;

struct Range {
  char32_t first;
  char32_t last;
};
// Unicode 15, DerivedBidiClass and general category Cf, Zl, Zp: they turn or hide what follows.
constexpr std::array<Range, 8> kFormat = {{{0x00AD, 0x00AD},
                                           {0x061C, 0x061C},
                                           {0x180E, 0x180E},
                                           {0x200B, 0x200F},
                                           {0x2028, 0x202E},
                                           {0x2060, 0x206F},
                                           {0xFEFF, 0xFEFF},
                                           {0xFFF9, 0xFFFB}}};
// Variation selectors and tags: a terminal may make a letter wider for them.
constexpr std::array<Range, 2> kDropped = {{{0xFE00, 0xFE0F}, {0xE0000, 0xE0FFF}}};
// Marks of Latin, Greek, Cyrillic and symbols. Those of other scripts count as a column each.
constexpr std::array<Range, 5> kMarks = {
    {{0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE20, 0xFE2F}}};
// EastAsianWidth W and F, and blocks of symbols whole where a part of them is.
constexpr std::array<Range, 14> kWide = {{{0x1100, 0x115F},
                                          {0x231A, 0x232A},
                                          {0x23E9, 0x23F3},
                                          {0x25FD, 0x27BF},
                                          {0x2B1B, 0x2B55},
                                          {0x2E80, 0xA4CF},
                                          {0xA960, 0xA97F},
                                          {0xAC00, 0xD7A3},
                                          {0xF900, 0xFAFF},
                                          {0xFE10, 0xFE19},
                                          {0xFE30, 0xFE6F},
                                          {0xFF00, 0xFF60},
                                          {0xFFE0, 0xFFE6},
                                          {0x16FE0, 0x3FFFF}}};

template <std::size_t kSize>
bool in(const std::array<Range, kSize>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return range.first <= c && c <= range.last; });
}

struct Letter {
  std::string_view bytes;
  char32_t code = 0;
  bool valid = false;
};

// The first of a text that is not empty; a byte that begins none is a letter that is not valid.
Letter first_letter(std::string_view text) {
  auto const byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  Letter letter{.bytes = text.substr(0, 1), .code = byte(0), .valid = byte(0) < 0x80};
  std::size_t size = 0;
  if (byte(0) >= 0xC2 && byte(0) < 0xE0) size = 2;
  if (byte(0) >= 0xE0 && byte(0) < 0xF0) size = 3;
  if (byte(0) >= 0xF0 && byte(0) < 0xF5) size = 4;
  if (size == 0 || text.size() < size) return letter;
  char32_t code = byte(0) & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return letter;
    code = code << 6 | (byte(i) & 0x3FU);
  }
  bool const overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (overlong || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return letter;
  return {.bytes = text.substr(0, size), .code = code, .valid = true};
}

std::size_t columns(const Letter& letter) {
  if (in(kMarks, letter.code)) return 0;
  return in(kWide, letter.code) ? 2 : 1;
}

}  // namespace

std::string shown(std::string_view text) {
  std::string out;
  int marks = 0;
  while (!text.empty()) {
    Letter const letter = first_letter(text);
    text.remove_prefix(letter.bytes.size());
    bool const control = letter.code < 0x20 || (letter.code >= 0x7F && letter.code < 0xA0);
    if (in(kDropped, letter.code)) continue;
    bool const mark = in(kMarks, letter.code);
    marks = mark ? marks + 1 : 0;
    if (marks > kMarksMax) continue;
    // A mark at the beginning would sit on what stands before the text.
    if (!letter.valid || control || in(kFormat, letter.code) || (mark && out.empty())) {
      out += '?';
    } else {
      out += letter.bytes;
    }
  }
  return out;
}

std::size_t columns(std::string_view shown_text) {
  std::size_t sum = 0;
  while (!shown_text.empty()) {
    Letter const letter = first_letter(shown_text);
    shown_text.remove_prefix(letter.bytes.size());
    sum += columns(letter);
  }
  return sum;
}

std::string clipped(std::string_view text, std::size_t width) {
  std::string out = shown(text);
  if (columns(out) <= width) return out;
  std::size_t used = 1;  // the ellipsis
  std::size_t bytes = 0;
  for (std::string_view rest = out; !rest.empty();) {
    Letter const letter = first_letter(rest);
    used += columns(letter);
    if (used > width) break;
    bytes += letter.bytes.size();
    rest.remove_prefix(letter.bytes.size());
  }
  out.resize(bytes);
  return width == 0 ? std::string() : out.append(kEllipsis);
}

std::string clipped_front(std::string_view text, std::size_t width) {
  std::string whole = shown(text);
  std::size_t have = columns(whole);
  if (have <= width) return whole;
  std::string_view rest = whole;
  // A letter goes with the marks on it.
  while (!rest.empty() && (have + 1 > width || columns(first_letter(rest)) == 0)) {
    Letter const letter = first_letter(rest);
    rest.remove_prefix(letter.bytes.size());
    have -= columns(letter);
  }
  return width == 0 ? std::string() : std::string(kEllipsis).append(rest);
}

std::string left(std::string_view text, std::size_t width) {
  std::string out = clipped(text, width);
  return out.append(width - columns(out), ' ');
}

std::string right(std::string_view text, std::size_t width) {
  std::string const out = clipped(text, width);
  return std::string(width - columns(out), ' ').append(out);
}

}  // namespace bridge::cli
