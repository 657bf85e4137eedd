#include "framing/json_text.h"

#include <cstddef>

#include "framing/utf8.h"

namespace bridge::framing {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

void append_utf8(std::string& out, char32_t c) {
  auto const continued = [&](unsigned shift) {
    out += static_cast<char>(0x80 | ((c >> shift) & 0x3F));
  };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    continued(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    continued(6);
    continued(0);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    continued(12);
    continued(6);
    continued(0);
  }
}

// The value of \uXXXX at `at`; 0 and more than 16 bits long if there is none.
constexpr char32_t kNoHex = 0x110000;
char32_t hex_escape(std::string_view raw, std::size_t at) noexcept {
  if (raw.size() < at + 6 || raw[at] != '\\' || raw[at + 1] != 'u') return kNoHex;
  char32_t value = 0;
  for (char const c : raw.substr(at + 2, 4)) {
    auto const letter = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9')
      value = value * 16 + static_cast<char32_t>(c - '0');
    else if (letter >= 'a' && letter <= 'f')
      value = value * 16 + static_cast<char32_t>(letter - 'a' + 10);
    else
      return kNoHex;
  }
  return value;
}

char unescaped(char letter) noexcept {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;  // " \ /
  }
}

// How many bytes from `at` on stand for themselves in JSON: printable ASCII but for \" and \\.
std::size_t plain_run(std::string_view text, std::size_t at) noexcept {
  auto const is_plain = [](unsigned char c) {
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
  };
  std::size_t const begin = at;
  while (at < text.size() && is_plain(static_cast<unsigned char>(text[at]))) ++at;
  return at - begin;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const run = plain_run(text, at);
    out += text.substr(at, run);
    at += run;
    if (at == text.size()) break;
    std::size_t const size = utf8_size(text, at);
    auto const byte = static_cast<unsigned char>(text[at]);
    if (size == 0) {
      out += "\\ufffd";
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[at];
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xF];
    } else {
      out += text.substr(at, size);
    }
    at += size == 0 ? 1 : size;
  }
  out += '"';
}

std::string decode_json_string(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  append_decoded(out, raw);
  return out;
}

void append_decoded(std::string& out, std::string_view raw) {
  for (std::size_t at = 0; at < raw.size();) {
    std::size_t const run = plain_run(raw, at);
    out += raw.substr(at, run);
    at += run;
    if (at == raw.size()) break;
    if (raw[at] != '\\') {
      std::size_t const size = utf8_size(raw, at);
      if (size == 0)
        append_utf8(out, kReplacement);
      else
        out += raw.substr(at, size);
      at += size == 0 ? 1 : size;
      continue;
    }
    char32_t c = hex_escape(raw, at);
    if (c == kNoHex) {
      if (at + 1 < raw.size()) out += unescaped(raw[at + 1]);
      at += 2;
      continue;
    }
    at += 6;
    if (c >= 0xD800 && c < 0xE000) {
      char32_t const low = c < 0xDC00 ? hex_escape(raw, at) : kNoHex;
      if (low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        at += 6;
      } else {
        c = kReplacement;
      }
    }
    append_utf8(out, c);
  }
}

}  // namespace bridge::framing
