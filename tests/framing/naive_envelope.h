// A second reader of envelopes, on nlohmann's parser: slow, allocating, written from the rules of
// FORMAT.md. It knows only bodies that are JSON.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framing/envelope.h"

namespace bridge::framing {

struct TopLevel {
  enum class Type { null, integer, string, other };
  struct Value {
    Type type = Type::other;
    std::string text;  // of an integer in decimal, of a string decoded
  };
  bool is_object = false;
  bool is_array = false;
  std::vector<std::pair<std::string, Value>> members;  // names folded as Go folds them
  std::vector<std::string> names;                      // the same, not folded
};

class TopLevelReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  // nullopt if the body is no JSON.
  static std::optional<TopLevel> read(std::string_view body) {
    // nlohmann skips a byte order mark and takes a NUL for the end of the text.
    if (body.starts_with("\xEF\xBB\xBF") || body.find('\0') != body.npos) return std::nullopt;
    TopLevelReader reader;
    if (!nlohmann::json::sax_parse(body.begin(), body.end(), &reader)) return std::nullopt;
    return reader.top_;
  }

  bool null() override { return value(TopLevel::Type::null); }
  bool boolean(bool) override { return value(TopLevel::Type::other); }
  bool number_integer(number_integer_t n) override {
    return value(TopLevel::Type::integer, std::to_string(n));
  }
  bool number_unsigned(number_unsigned_t n) override {
    if (n > INT64_MAX) return value(TopLevel::Type::other);
    return value(TopLevel::Type::integer, std::to_string(n));
  }
  bool number_float(number_float_t, string_t const&) override {
    return value(TopLevel::Type::other);
  }
  bool string(string_t& text) override { return value(TopLevel::Type::string, text); }
  bool binary(binary_t&) override { return value(TopLevel::Type::other); }
  bool start_object(std::size_t) override {
    if (depth_ == 0) top_.is_object = true;
    value(TopLevel::Type::other);
    return ++depth_, true;
  }
  bool start_array(std::size_t) override {
    if (depth_ == 0) top_.is_array = true;
    value(TopLevel::Type::other);
    return ++depth_, true;
  }
  bool end_object() override { return --depth_, true; }
  bool end_array() override { return --depth_, true; }
  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    top_.members.emplace_back(folded(name), TopLevel::Value{});
    top_.names.push_back(name);
    return true;
  }
  bool parse_error(std::size_t, std::string const&, nlohmann::detail::exception const&) override {
    return false;
  }

 private:
  bool value(TopLevel::Type type, std::string text = {}) {
    if (depth_ == 1 && top_.is_object) top_.members.back().second = {type, std::move(text)};
    return true;
  }
  static std::string folded(std::string name) {
    for (auto const& [from, to] : {std::pair{"\u017f", "s"}, std::pair{"\u212a", "k"}}) {
      for (std::size_t at = 0; (at = name.find(from)) != name.npos;)
        name.replace(at, std::string_view(from).size(), to);
    }
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return name;
  }

  int depth_ = 0;
  TopLevel top_;
};

// What counts of an envelope, for comparing and printing.
struct Meaning {
  std::string kind = "invalid";
  std::string method{};             // decoded
  std::optional<std::string> id{};  // 7 or "a", decoded
  friend bool operator==(const Meaning&, const Meaning&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Meaning& m) {
    return out << m.kind << " method '" << m.method << "' id " << m.id.value_or("none");
  }
};

inline std::optional<Meaning> naive_meaning(std::string_view body) {
  auto const top = TopLevelReader::read(body);
  if (!top) return std::nullopt;
  if (top->is_array) return Meaning{.kind = "batch"};
  Meaning const invalid{.kind = "invalid"};
  Meaning meaning;
  for (auto const& [name, value] : top->members) {
    if (name == "method" && value.type != TopLevel::Type::null) {
      if (value.type != TopLevel::Type::string) return invalid;
      meaning.method = value.text;
    } else if (name == "id") {
      meaning.id.reset();
      if (value.type == TopLevel::Type::null) continue;
      if (value.type == TopLevel::Type::other) return invalid;
      meaning.id = value.type == TopLevel::Type::string ? '"' + value.text + '"' : value.text;
    }
  }
  if (!meaning.method.empty())
    meaning.kind = meaning.id ? "request" : "notification";
  else if (meaning.id)
    meaning.kind = "response";
  else
    return invalid;
  return meaning;
}

// Whether look_at_envelope() must be right about the body: JSON-RPC as the standard has it, each
// name once. The body must be JSON.
inline bool keeps_json_rpc(std::string_view body) {
  auto const top = TopLevelReader::read(body);
  if (!top || !top->is_object) return false;
  std::set<std::string> seen;
  for (std::string const& name : top->names) {
    static std::set<std::string> const known = {"jsonrpc", "id",     "method",
                                                "params",  "result", "error"};
    if (!known.contains(name) || !seen.insert(name).second) return false;
  }
  for (auto const& [name, value] : top->members) {
    using Type = TopLevel::Type;
    if (name == "id" && value.type == Type::other) return false;
    if (name == "method" && (value.type != Type::string || value.text.empty())) return false;
  }
  return seen.contains("method") != (seen.contains("result") || seen.contains("error"));
}

// What counts of a DAP message, in one line.
inline std::string naive_dap(std::string_view body) {
  auto const top = TopLevelReader::read(body);
  if (!top || !top->is_object) return "invalid";
  std::map<std::string, std::string> found;
  for (auto const& [name, value] : top->members) {
    using Type = TopLevel::Type;
    bool const number = name == "seq" || name == "request_seq";
    bool const string = name == "type" || name == "command" || name == "event";
    if ((!number && !string) || value.type == Type::null) continue;
    if (value.type != (number ? Type::integer : Type::string)) return "invalid";
    found[name] = value.text;
  }
  std::string const start = found["type"] + " seq " + found["seq"];
  if (found["type"] == "request" && !found["command"].empty())
    return start + " command " + found["command"];
  if (found["type"] == "response" && !found["request_seq"].empty())
    return start + " command " + found["command"] + " to " + found["request_seq"];
  if (found["type"] == "event" && !found["event"].empty())
    return start + " event " + found["event"];
  return "invalid";
}

inline std::string decoded(std::string_view raw_string) {
  return nlohmann::json::parse(raw_string).get<std::string>();
}

// The same of our envelope. The body must be JSON.
inline Meaning meaning_of(Envelope const& envelope, std::string_view body) {
  Meaning meaning{.kind = std::string(to_string(envelope.kind))};
  if (envelope.method) {
    meaning.method = decoded(body.substr(envelope.method.offset - 1, envelope.method.size + 2));
  }
  if (envelope.id) {
    std::string_view const raw = envelope.id.in(body);
    meaning.id = raw.starts_with('"')
                     ? '"' + decoded(raw) + '"'
                     : std::to_string(nlohmann::json::parse(raw).get<std::int64_t>());
  }
  return meaning;
}

inline std::string meaning_of(DapEnvelope const& envelope, std::string_view body) {
  auto const text = [&](Piece piece) {
    // With the quotes around it.
    return piece ? decoded(body.substr(piece.offset - 1, piece.size + 2)) : "";
  };
  auto const number = [&](Piece piece) {
    return piece ? std::to_string(nlohmann::json::parse(piece.in(body)).get<std::int64_t>()) : "";
  };
  std::string const seq = " seq " + number(envelope.seq);
  switch (envelope.kind) {
    case DapKind::request:
      return "request" + seq + " command " + text(envelope.command);
    case DapKind::response:
      return "response" + seq + " command " + text(envelope.command) + " to " +
             number(envelope.request_seq);
    case DapKind::event:
      return "event" + seq + " event " + text(envelope.event);
    case DapKind::invalid:
      break;
  }
  return "invalid";
}

}  // namespace bridge::framing
