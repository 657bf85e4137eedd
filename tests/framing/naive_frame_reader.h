// A second reader of the format, written from FORMAT.md to be simple: whole lines, no state between
// calls, no fast path. The scanner is held against it. For streams of at most kHeaderBytesMax
// bytes: it knows nothing of the header's limit.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/framing/trace.h"

namespace bridge::framing {

class NaiveFrameReader {
 public:
  NaiveFrameReader(std::string_view stream, Limits limits, BareText bare_text)
      : rest_(stream), limits_(limits), skip_(bare_text == BareText::skip) {}

  Trace read() {
    while (!rest_.empty() && trace_.at_boundary) read_frame_or_text();
    return trace_;
  }

 private:
  static constexpr std::string_view kDigits = "0123456789";

  static bool is_token(std::string_view s) {
    static std::string const chars = std::string(kDigits) +
                                     "!#$%&'*+-.^_`|~abcdefghijklmnopqrstuvwxyz"
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return !s.empty() && s.find_first_not_of(chars) == s.npos;
  }
  static std::string lower(std::string_view s) {
    std::string out(s);
    for (char& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
  }
  static std::string_view up_to(std::string_view s, std::size_t end) { return s.substr(0, end); }
  static std::string_view without_blanks(std::string_view s) {
    return s.substr(std::min(s.find_first_not_of(" \t"), s.size()));
  }

  void read_frame_or_text() {
    length_ = 0;
    for (std::size_t begin = 0;;) {
      std::size_t const lf = rest_.find('\n', begin);
      bool const complete = lf != rest_.npos;
      std::string_view const line = rest_.substr(begin, complete ? lf - begin : lf);
      if (begin != 0 && (line.empty() || line == "\r")) {
        if (!complete) return (void)trace_.unfinished();
        if (length_ == 0) return (void)trace_.refused(Fault::missing_length);
        return take_frame(lf + 1);
      }
      Verdict const verdict = judge_line(line, complete, begin == 0);
      if (verdict.is_text) return take_text();
      if (verdict.fault != Fault::none) return (void)trace_.refused(verdict.fault);
      if (!complete) return (void)trace_.unfinished();
      begin = lf + 1;
    }
  }

  struct Verdict {
    Fault fault = Fault::none;
    bool is_text = false;
  };

  // `line` has no LF; it may be cut short if it is not complete.
  Verdict judge_line(std::string_view line, bool complete, bool first) {
    Verdict const no_header = !first  ? Verdict{Fault::malformed_header}
                              : skip_ ? Verdict{.is_text = true}
                                      : Verdict{Fault::bare_text};
    std::size_t const colon = line.find(':');
    std::string_view const raw_name = up_to(line, colon);
    std::string const name = lower(raw_name);
    bool const length_and_blanks = name.starts_with("content-length") && name.size() > 14 &&
                                   without_blanks(name.substr(14)).empty();
    if (first && length_and_blanks && colon != line.npos) return {Fault::malformed_header};
    if (first && length_and_blanks && !complete) return {};
    if (!is_token(raw_name)) return no_header;
    if (colon == line.npos) return complete ? no_header : Verdict{};

    std::string_view const value = line.substr(colon + 1);
    if (name == "content-length") {
      if (length_ != 0) return {Fault::repeated_length};
      if (Fault const fault = judge_length(value, complete); fault != Fault::none) return {fault};
    } else if (first && skip_ && name != "content-type") {
      return no_header;
    }
    std::size_t const cr = value.find('\r');
    if (cr != value.npos && cr + 1 != value.size()) return {Fault::malformed_header};
    return {};
  }

  Fault judge_length(std::string_view value, bool complete) {
    value = without_blanks(value);
    if (value.empty()) return complete ? Fault::malformed_length : Fault::none;
    if (value[0] == '+' || value[0] == '-') return Fault::signed_length;
    std::string_view const digits = up_to(value, value.find_first_not_of(kDigits));
    if (digits.empty()) return Fault::malformed_length;
    if (digits.size() > 10) return Fault::overlong_length;
    if (digits.size() == value.size() && !complete) return Fault::none;
    std::string_view const behind = value.substr(digits.size());
    if (!behind.empty() && behind.find_first_of(" \t\r") != 0) return Fault::malformed_length;
    length_ = std::stoull(std::string(digits));
    if (length_ == 0) return Fault::empty_body;
    if (length_ > limits_.body_bytes_max) return Fault::length_over_limit;
    std::string_view const trail = without_blanks(behind);
    return trail.empty() || trail[0] == '\r' ? Fault::none : Fault::malformed_length;
  }

  void take_frame(std::size_t header) {
    if (rest_.size() - header < length_) return (void)trace_.unfinished(header, length_);
    trace_.frame(header, length_);
    rest_.remove_prefix(header + length_);
  }

  // A line of text; a frame's header that is glued to its end begins the next frame.
  void take_text() {
    std::size_t const lf = rest_.find('\n');
    if (lf == rest_.npos) return (void)trace_.unfinished();
    std::size_t size = lf + 1;
    std::size_t const glued = up_to(rest_, size).rfind("Content-Length: ");
    if (glued != rest_.npos && rest_.substr(0, size).ends_with("\r\n")) {
      std::string_view const digits = rest_.substr(glued + 16, size - 2 - glued - 16);
      std::string_view const behind = rest_.substr(size, 2);
      if (!digits.empty() && digits.size() <= 10 &&
          digits.find_first_not_of(kDigits) == digits.npos) {
        if (behind.empty() || behind == "\r") return (void)trace_.unfinished();
        if (behind == "\r\n") size = glued;
      }
    }
    trace_.text(size);
    rest_.remove_prefix(size);
  }

  std::string_view rest_;
  Limits limits_;
  bool skip_;
  std::size_t length_ = 0;
  Trace trace_;
};

}  // namespace bridge::framing
