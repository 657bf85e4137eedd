#include "proxy/cli/jsonc.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace bridge::cli {
namespace {

constexpr int kDepthMax = 100;  // settings have five or six; bounds the recursion

std::size_t end_of_line_comment(std::string_view text, std::size_t at) {
  return std::min(text.find_first_of("\r\n", at), text.size());
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  JsoncDocument read() {
    JsoncDocument document;
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
    skip();
    if (at_ < text_.size() && complaint_.empty()) {
      JsoncValue root;
      if (read_value(root, 0)) {
        skip();
        if (at_ < text_.size()) complain("something follows the closing brace");
        document.root = std::move(root);
      }
    }
    if (!complaint_.empty()) document.root.reset();
    document.complaint = std::move(complaint_);
    return document;
  }

 private:
  void skip() { at_ = skip_jsonc_trivia(text_, at_); }

  bool complain(std::string_view what) {
    if (complaint_.empty()) {
      auto const before = text_.substr(0, std::min(at_, text_.size()));
      complaint_ = "line " + std::to_string(1 + std::count(before.begin(), before.end(), '\n')) +
                   ": " + std::string(what);
    }
    return false;
  }
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  // at_ is at the value's first byte; afterwards behind its last.
  bool read_value(JsoncValue& value, int depth) {
    if (depth > kDepthMax) return complain("too deep");
    value.begin = at_;
    bool good = false;
    switch (here()) {
      case '{':
        value.kind = JsoncValue::Kind::object;
        good = read_object(value, depth);
        break;
      case '[':
        value.kind = JsoncValue::Kind::array;
        good = read_array(depth);
        break;
      case '"':
        value.kind = JsoncValue::Kind::string;
        good = read_string(value.text);
        break;
      default:
        good = read_word();
    }
    value.end = at_;
    return good && complaint_.empty();
  }

  bool read_object(JsoncValue& object, int depth) {
    ++at_;
    for (;;) {
      skip();
      if (here() == '}') break;
      JsoncMember member;
      member.name_begin = at_;
      if (here() != '"') return complain("the name of a setting or } is expected");
      if (!read_string(member.name)) return false;
      skip();
      if (here() != ':') return complain("a colon is expected");
      ++at_;
      skip();
      if (!read_value(member.value, depth + 1)) return false;
      skip();
      if (here() == ',') member.comma = at_++;
      object.members.push_back(std::move(member));
      if (object.members.back().comma) continue;
      if (here() != '}') return complain("a comma or } is expected");
    }
    ++at_;
    return true;
  }

  bool read_array(int depth) {
    ++at_;
    for (;;) {
      skip();
      if (here() == ']') break;
      JsoncValue element;
      if (!read_value(element, depth + 1)) return false;
      skip();
      if (here() == ',') {
        ++at_;
      } else if (here() != ']') {
        return complain("a comma or ] is expected");
      }
    }
    ++at_;
    return true;
  }

  bool read_string(std::string& decoded) {
    auto const begin = at_++;
    while (here() != '"') {
      if (at_ >= text_.size() || here() == '\n') return complain("a text is not closed");
      at_ += here() == '\\' ? 2 : 1;
    }
    ++at_;
    auto const parsed = nlohmann::json::parse(text_.substr(begin, at_ - begin), nullptr,
                                              /*allow_exceptions=*/false);
    if (!parsed.is_string()) return complain("this text is no JSON string");
    decoded = parsed.get<std::string>();
    return true;
  }

  bool read_word() {
    auto const begin = at_;
    auto const end = text_.find_first_of(" \t\r\n,]}/:\"[{", at_);
    at_ = std::min(end, text_.size());
    auto const parsed = nlohmann::json::parse(text_.substr(begin, at_ - begin), nullptr,
                                              /*allow_exceptions=*/false);
    if (!parsed.is_discarded()) return true;
    at_ = begin;
    return complain("a value is expected");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string complaint_;
};

}  // namespace

const JsoncMember* JsoncValue::find(std::string_view name) const noexcept {
  auto const found = std::find_if(members.rbegin(), members.rend(),
                                  [&](const auto& member) { return member.name == name; });
  return found == members.rend() ? nullptr : &*found;
}

std::size_t skip_jsonc_trivia(std::string_view text, std::size_t at, bool same_line) {
  std::string_view const blanks = same_line ? " \t" : " \t\r\n";
  for (;;) {
    at = std::min(text.find_first_not_of(blanks, at), text.size());
    auto const two = text.substr(at, 2);
    if (two == "//") {
      at = end_of_line_comment(text, at);
    } else {
      auto const end = two == "/*" ? text.find("*/", at + 2) : std::string_view::npos;
      if (end == std::string_view::npos) return at;
      at = end + 2;
    }
  }
}

JsoncDocument read_jsonc(std::string_view text) { return Reader(text).read(); }

}  // namespace bridge::cli
