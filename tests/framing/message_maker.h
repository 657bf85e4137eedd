// Messages out of a row of choices: random numbers in the tests, the fuzzer's bytes in tests/fuzz.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::framing {

class MessageMaker {
 public:
  // choose(n) gives a number below n, and 0 when it has run dry.
  explicit MessageMaker(std::function<std::size_t(std::size_t)> choose)
      : choose_(std::move(choose)) {}

  // Any JSON object with members that matter, in every spelling: case, escapes, duplicates, wrong
  // types, white space.
  std::string twisted() {
    compact_ = choose_(2) == 0;
    std::string text = space();
    text += "{";
    for (std::size_t i = 0, n = choose_(7); i < n; ++i) {
      if (i != 0) text += ",";
      add(text, space(), name(), space(), ":", space(), any_value(), space());
    }
    return text + space() + "}" + space();
  }

  // A message of which look_at_envelope() promises to be right where it is sure: JSON-RPC as the
  // standard has it, names exact and once each, in any order and spacing.
  std::string standard() {
    enum { kRequest, kNotification, kAnswer, kError, kKinds };
    std::size_t const kind = choose_(kKinds);
    compact_ = choose_(4) != 0;  // as VS Code and gopls write
    std::vector<std::string> members;
    auto const member = [&](std::string_view n, std::string const& value) {
      add(members.emplace_back(), "\"", n, "\"", space(), ":", space(), value);
    };
    if (choose_(4) != 0) member("jsonrpc", "\"2.0\"");
    if (kind == kRequest || kind == kNotification) {
      member("method", method());
      if (choose_(4) != 0) member("params", structure());
    }
    if (kind == kAnswer) member("result", choose_(2) == 0 ? structure() : value(2));
    if (kind == kError) member("error", error());
    if (kind == kError && choose_(4) == 0)
      member("id", "null");  // the standard: an error that no request can be named for
    else if (kind != kNotification)
      member("id", id());
    if (kind == kNotification && choose_(8) == 0) member("id", "null");
    if (choose_(2) == 0)  // else the order of VS Code and gopls
      for (std::size_t i = members.size(); i > 1; --i)
        std::swap(members[i - 1], members[choose_(i)]);
    std::string text = space();
    text += "{";
    for (std::size_t i = 0; i < members.size(); ++i)
      add(text, i == 0 ? "" : ",", space(), members[i], space());
    return text + "}" + space();
  }

  // A DAP message, twisted as well.
  std::string dap() {
    compact_ = choose_(2) == 0;
    std::string text = space();
    text += "{";
    for (std::size_t i = 0, n = choose_(7); i < n; ++i) {
      bool const number = choose_(2) == 0;
      std::string_view const name =
          number ? pick({R"("seq")", R"("request_seq")", R"("\u0073eq")", "\"reque\u017ft_seq\""})
                 : pick({R"("type")", R"("command")", R"("event")", R"("TYPE")", R"("type")"});
      std::string value(number ? pick({"1", "-2", "0", "null", "1"})
                               : pick({R"("request")", R"("response")", R"("event")", R"("launch")",
                                       R"("re\u0071uest")", R"("")", "null"}));
      if (choose_(16) == 0) value = any_value();
      add(text, i == 0 ? "" : ",", space(), name, space(), ":", value, space());
    }
    return text + "}";
  }

  // The initialize request, its path to env present, missing, null, repeated, or something else.
  std::string initialize() {
    compact_ = choose_(2) == 0;
    std::string const env = object_at("\"env\"", "\"build.env\"", env_members());
    std::string const options =
        object_at("\"initializationOptions\"", "\"InitializationOption\u017f\"", env);
    std::string const params = object_at("\"params\"", "\"p\\u0061rams\"", options);
    return wrapped(params);
  }

 private:
  static void add(std::string& text, auto const&... parts) { ((text += parts), ...); }

  static std::string wrapped(std::string const& members) {
    std::string text;
    add(text, "{", members, "}");
    return text;
  }

  std::string error() {
    std::string text;
    add(text, "{\"code\":-1,\"message\":", string(), "}");
    return text;
  }

  std::string_view pick(std::vector<std::string_view> const& from) {
    return from[choose_(from.size())];
  }

  std::string space() {
    if (compact_ || choose_(4) != 3) return "";
    return std::string(pick({" ", "\n", "\t", "\r\n", "   "}));
  }

  std::string name() {
    return std::string(pick({R"("method")",  R"("method")",
                             R"("id")",      R"("id")",
                             R"("params")",  R"("result")",
                             R"("error")",   R"("jsonrpc")",
                             R"("Method")",  R"("METHOD")",
                             R"("ID")",      R"("m\u0065thod")",
                             R"("\u0049d")", R"("\u006D\u0065thod")",
                             R"("me\thod")", R"("method ")",
                             R"("methods")", R"("metho")",
                             R"("")",        R"("i")",
                             R"("id\"")",    R"("\"id")",
                             R"("\\\"")",    "\"meth\u00f6d\"",
                             "\"\u0131d\"",  R"("\ud83d\ude00")"}));
  }

  std::string method() {
    return std::string(pick({R"("exit")", R"("textDocument/hover")", R"("$/cancelRequest")",
                             R"("\u0065xit")", R"("e\\\"xit")", R"("a\/b")", "\"\u00e4\""}));
  }

  std::string id() {
    return std::string(
        pick({"0", "7", "-1", "2147483648", "9223372036854775807", "-9223372036854775808", R"("a")",
              R"("")", R"("a\"b")", R"("7,\"id\":8")", R"("a\\")", R"("\u0041")"}));
  }

  std::string any_value() {
    switch (choose_(6)) {
      case 0:
        return method();
      case 1:
        return id();
      case 2:
        return std::string(pick({"null", "1.5", "1e3", "-0", "9223372036854775808",
                                 "-9223372036854775809", "18446744073709551616", "true", R"("")"}));
      default:
        return value(3);
    }
  }

  // Long texts, so that values pass the borders of 16, 64 and 256 bytes.
  std::string string() {
    static constexpr std::array<std::string_view, 12> kParts = {
        "a", R"(\")", R"(\\)",          R"(\n)",     "{",      "}",
        "[", "]",     ",\\\"id\\\":1}", R"(\u0022)", "\u00e4", ":"};
    std::string text = "\"";
    for (std::size_t n = choose_(8) == 0 ? choose_(120) : choose_(12); n > 0; --n)
      text += kParts[choose_(kParts.size())];
    return text + '"';
  }

  std::string structure() { return choose_(3) == 0 ? array(3) : object(3); }

  std::string value(int depth) {
    switch (choose_(depth > 0 ? 6 : 4)) {
      case 0:
        return string();
      case 1:
        return std::string(pick({"null", "true", "false", "12", "-1.5e3"}));
      case 2:
        return "{}";
      case 3:
        return "[]";
      case 4:
        return array(depth - 1);
      default:
        return object(depth - 1);
    }
  }

  std::string array(int depth) {
    std::string text = "[";
    for (std::size_t i = 0, n = choose_(5); i < n; ++i)
      add(text, i == 0 ? "" : ",", space(), value(depth - 1), space());
    return text + "]";
  }

  std::string object(int depth) {
    std::string text = "{";
    for (std::size_t i = 0, n = choose_(5); i < n; ++i)
      add(text, i == 0 ? "" : ",", space(), name(), ":", value(depth - 1), space());
    return text + "}";
  }

  // Members, among them mostly one called `usual` whose value is mostly the object {inner}.
  std::string object_at(std::string_view usual, std::string_view other, std::string const& inner) {
    std::string text;
    for (std::size_t i = 0, n = choose_(4); i < n; ++i) {
      std::size_t const what = choose_(8);
      std::string_view const name = what == 0 ? "\"x\"" : what == 1 ? other : usual;
      add(text, i == 0 ? "" : ",", space(), name, space(), ":", space());
      std::size_t const which = choose_(8);
      if (which == 0) add(text, "null");
      if (which == 1) add(text, value(2));
      if (which > 1) add(text, "{", inner, space(), "}");
      add(text, space());
    }
    return text;
  }

  std::string env_members() {
    std::string text;
    for (std::size_t i = 0, n = choose_(4); i < n; ++i)
      add(text, i == 0 ? "" : ",", space(), pick({R"("A")", R"("B")", R"("\u0041")", R"("a")"}),
          ":", string());
    return text;
  }

  std::function<std::size_t(std::size_t)> choose_;
  bool compact_ = false;
};

}  // namespace bridge::framing
