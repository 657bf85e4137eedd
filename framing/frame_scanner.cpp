#include "framing/frame_scanner.h"

#include <algorithm>
#include <array>

namespace bridge::framing {
namespace {

constexpr std::string_view kLengthName = "content-length";
constexpr std::string_view kTypeName = "content-type";
constexpr std::string_view kCanonicalName = "Content-Length: ";
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

// 10 digits hold every length that a 32-bit reader (gopls) knows, and cannot overflow 64 bits.
constexpr std::size_t kLengthDigitsMax = 10;

// What is kept of a text line that is reported in pieces: more than "Content-Length:
// 9999999999\r\n" (28 bytes), so that a header glued to the end of the line is never cut in two.
constexpr std::size_t kTextKeptBytes = 32;
static_assert(kTextKeptBytes > kCanonicalName.size() + kLengthDigitsMax + 2);

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// RFC 7230, 3.2.6: tchar.
constexpr auto kTokenChars = [] {
  std::array<bool, 256> table{};
  for (char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();
bool is_token_char(char c) noexcept { return kTokenChars[static_cast<unsigned char>(c)]; }

bool equal_without_case(std::string_view text, std::string_view lower_case) noexcept {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

// The offset in `line`, which ends in LF, of a "Content-Length: N\r\n" that it ends with.
std::size_t glued_header(std::string_view line) noexcept {
  if (!line.ends_with("\r\n")) return std::string_view::npos;
  std::size_t digits = line.size() - 2;
  while (digits > 0 && line.size() - 2 - digits < kLengthDigitsMax && is_digit(line[digits - 1]))
    --digits;
  if (digits == line.size() - 2 || !line.substr(0, digits).ends_with(kCanonicalName))
    return std::string_view::npos;
  return digits - kCanonicalName.size();
}

}  // namespace

Scan FrameScanner::next(std::string_view pending) noexcept {
  if (fault_ != Fault::none) return refuse(fault_);
  if (at_ == At::header_done) return body(pending);
  if (looked_ == 0 && at_ == At::line_start && take_canonical_header(pending)) {
    if (Fault const fault = length_ended(); fault != Fault::none) return refuse(fault);
    at_ = At::header_done;
    return body(pending);
  }
  if (Fault const fault = walk(pending); fault != Fault::none) return refuse(fault);
  if (at_ == At::header_done) return body(pending);

  bool const at_limit = looked_ == kHeaderBytesMax;
  // A first line so long that its name never ended.
  if (at_limit && at_ == At::name && in_first_line() && bare_text_ == BareText::skip)
    at_ = At::text;
  if (at_ == At::text) {
    if (text_line_ended(pending)) return end_of_text_line(pending);
    if (at_limit) return text(kHeaderBytesMax - kTextKeptBytes, At::text);
  } else if (at_limit && pending.size() > kHeaderBytesMax) {
    return refuse(Fault::header_too_long);
  }
  return need_more(pending);
}

// From looked_ as far as the bytes, the header, the text line or the limit reach.
Fault FrameScanner::walk(std::string_view pending) noexcept {
  std::string_view const block = pending.substr(0, kHeaderBytesMax);
  std::size_t const before = looked_;
  Fault fault = Fault::none;
  while (fault == Fault::none && looked_ < block.size() && at_ != At::header_done &&
         at_ != At::text) {
    fault = step(block, block[looked_]);
    ++looked_;
    // Bytes that change nothing need no step of their own.
    if (at_ == At::name)
      while (looked_ < block.size() && is_token_char(block[looked_])) ++looked_;
    if (at_ == At::other_value)
      while (looked_ < block.size() && block[looked_] != '\r' && block[looked_] != '\n') ++looked_;
  }
  if (at_ == At::text && !text_line_ended(block)) {
    std::size_t const newline = block.find('\n', looked_);
    looked_ = newline == std::string_view::npos ? block.size() : newline + 1;
  }
  bytes_looked_at_ += looked_ - before;
  return fault;
}

bool FrameScanner::text_line_ended(std::string_view pending) const noexcept {
  return looked_ > 0 && pending[looked_ - 1] == '\n';
}

// True if the whole header stands there the way VS Code, gopls and dlv write it; nearly always.
// Sets only length_ and looked_, and nothing if not.
bool FrameScanner::take_canonical_header(std::string_view pending) noexcept {
  if (!pending.starts_with(kCanonicalName)) return false;
  std::size_t at = kCanonicalName.size();
  std::size_t const stop = std::min(pending.size(), at + kLengthDigitsMax);
  std::uint64_t value = 0;
  while (at < stop && is_digit(pending[at]))
    value = value * 10 + static_cast<std::uint64_t>(pending[at++] - '0');
  if (at == kCanonicalName.size() || !pending.substr(at).starts_with(kHeaderEnd)) return false;
  length_ = value;
  looked_ = at + kHeaderEnd.size();
  bytes_looked_at_ += looked_;
  return true;
}

Fault FrameScanner::step(std::string_view pending, char byte) noexcept {
  switch (at_) {
    case At::line_start:
      return line_start(byte);
    case At::name:
      return name(pending, byte);
    case At::blank_after_length_name:
      if (is_blank(byte)) return Fault::none;
      return byte == ':' ? Fault::malformed_header : no_header_line();
    case At::length_blank:
      if (is_blank(byte)) return Fault::none;
      if (byte == '+' || byte == '-') return Fault::signed_length;
      if (!is_digit(byte)) return Fault::malformed_length;
      at_ = At::length_digits;
      return length_digit(byte);
    case At::length_digits:
      if (is_digit(byte)) return length_digit(byte);
      if (!is_blank(byte) && byte != '\r' && byte != '\n') return Fault::malformed_length;
      if (Fault const fault = length_ended(); fault != Fault::none) return fault;
      at_ = At::length_trail;
      [[fallthrough]];
    case At::length_trail:
      if (is_blank(byte)) return Fault::none;
      if (byte != '\r' && byte != '\n') return Fault::malformed_length;
      [[fallthrough]];
    case At::other_value:
      if (byte == '\r') at_ = At::cr;
      if (byte == '\n') {
        at_ = At::line_start;
        line_start_ = looked_ + 1;
      }
      return Fault::none;
    case At::cr:
      if (byte != '\n') return Fault::malformed_header;
      at_ = At::line_start;
      line_start_ = looked_ + 1;
      return Fault::none;
    case At::cr_empty_line:
      if (byte != '\n') return Fault::malformed_header;
      if (!length_seen_) return Fault::missing_length;
      at_ = At::header_done;
      return Fault::none;
    case At::text:
    case At::header_done:
      break;
  }
  return Fault::none;
}

Fault FrameScanner::line_start(char byte) noexcept {
  if (is_token_char(byte)) {
    at_ = At::name;
    return Fault::none;
  }
  if (in_first_line()) return no_header_line();
  if (byte == '\r') {
    at_ = At::cr_empty_line;
    return Fault::none;
  }
  if (byte != '\n') return Fault::malformed_header;
  if (!length_seen_) return Fault::missing_length;
  at_ = At::header_done;
  return Fault::none;
}

Fault FrameScanner::name(std::string_view pending, char byte) noexcept {
  if (is_token_char(byte)) return Fault::none;
  std::string_view const name = pending.substr(line_start_, looked_ - line_start_);
  bool const is_length = equal_without_case(name, kLengthName);
  if (byte != ':') {
    if (!in_first_line() || !is_length || !is_blank(byte)) return no_header_line();
    at_ = At::blank_after_length_name;
    return Fault::none;
  }
  if (is_length) {
    if (length_seen_) return Fault::repeated_length;
    length_seen_ = true;
    at_ = At::length_blank;
    return Fault::none;
  }
  // Text may look like a header ("panic: …"): where text is skipped, only these two names open a
  // header block.
  if (bare_text_ == BareText::skip && in_first_line() && !equal_without_case(name, kTypeName))
    return no_header_line();
  at_ = At::other_value;
  return Fault::none;
}

Fault FrameScanner::length_digit(char byte) noexcept {
  if (++digits_ > kLengthDigitsMax) return Fault::overlong_length;
  length_ = length_ * 10 + static_cast<std::uint64_t>(byte - '0');
  return Fault::none;
}

Fault FrameScanner::length_ended() noexcept {
  if (length_ == 0) return Fault::empty_body;
  return length_ > limits_.body_bytes_max ? Fault::length_over_limit : Fault::none;
}

// The line the walk is in is no header.
Fault FrameScanner::no_header_line() noexcept {
  if (!in_first_line()) return Fault::malformed_header;
  if (bare_text_ == BareText::refuse) return Fault::bare_text;
  at_ = At::text;
  return Fault::none;
}

Scan FrameScanner::end_of_text_line(std::string_view pending) noexcept {
  std::string_view const line = pending.substr(0, looked_);
  std::size_t const glued = glued_header(line);
  if (glued == std::string_view::npos) return text(looked_, At::line_start);
  // A print without a newline, and a frame behind it on the same line? Only the empty line tells.
  std::string_view const behind = pending.substr(looked_, 2);
  if (behind == "\r\n") return text(glued, At::line_start);
  if (behind.empty() || behind == "\r") return need_more(pending);
  return text(looked_, At::line_start);
}

Scan FrameScanner::text(std::size_t size, At next_at) noexcept {
  consumed_ += size;
  at_boundary_ = true;
  start_over(next_at);
  return {.kind = Scan::Kind::text, .text_size = size};
}

Scan FrameScanner::body(std::string_view pending) noexcept {
  Scan scan{.kind = Scan::Kind::frame,
            .header_size = looked_,
            .body_size = static_cast<std::size_t>(length_)};
  if (pending.size() < scan.frame_size()) {
    scan.kind = Scan::Kind::need_more;
    at_boundary_ = false;
    return scan;
  }
  consumed_ += scan.frame_size();
  at_boundary_ = true;
  start_over(At::line_start);
  return scan;
}

void FrameScanner::pass_over_frame() noexcept {
  consumed_ += looked_ + length_;
  at_boundary_ = true;
  start_over(At::line_start);
}

Scan FrameScanner::need_more(std::string_view pending) noexcept {
  at_boundary_ = pending.empty();
  return {};
}

Scan FrameScanner::refuse(Fault fault) noexcept {
  fault_ = fault;
  at_boundary_ = false;
  return {.kind = Scan::Kind::fault, .fault = fault};
}

void FrameScanner::start_over(At at) noexcept {
  at_ = at;
  length_seen_ = false;
  digits_ = 0;
  looked_ = 0;
  line_start_ = 0;
  length_ = 0;
}

}  // namespace bridge::framing
