// What gopls reads of the settings' env in an initialize request: on nlohmann's parser, slow, from
// the rules of FORMAT.md. And a check of an insertion by it.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framing/env_insertion.h"

namespace bridge::framing {

using Env = std::map<std::string, std::string>;  // a value that is no string stands as its JSON

// A tree that keeps repeated names in their order.
struct Tree {
  nlohmann::json scalar;
  bool is_object = false;
  bool is_array = false;
  std::vector<std::string> names;  // of the members; empty for an array
  std::vector<Tree> children;
};

class TreeReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  // nullopt if the text is no JSON.
  static std::optional<Tree> read(std::string_view text) {
    // nlohmann skips a byte order mark and takes a NUL for the end of the text.
    if (text.starts_with("\xEF\xBB\xBF") || text.find('\0') != text.npos) return std::nullopt;
    TreeReader reader;
    Tree root;
    reader.open_ = {&root};
    root.is_array = true;
    if (!nlohmann::json::sax_parse(text.begin(), text.end(), &reader)) return std::nullopt;
    return root.children.front();
  }

  bool null() override { return scalar(nullptr); }
  bool boolean(bool b) override { return scalar(b); }
  bool number_integer(number_integer_t n) override { return scalar(n); }
  bool number_unsigned(number_unsigned_t n) override { return scalar(n); }
  bool number_float(number_float_t n, string_t const&) override { return scalar(n); }
  bool string(string_t& s) override { return scalar(s); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open().is_object = true; }
  bool start_array(std::size_t) override { return open().is_array = true; }
  bool end_object() override { return open_.pop_back(), true; }
  bool end_array() override { return open_.pop_back(), true; }
  bool key(string_t& name) override {
    open_.back()->names.push_back(name);
    return true;
  }
  bool parse_error(std::size_t, std::string const&, nlohmann::detail::exception const&) override {
    return false;
  }

 private:
  Tree& slot() { return open_.back()->children.emplace_back(); }
  bool scalar(nlohmann::json value) { return slot().scalar = std::move(value), true; }
  Tree& open() {
    Tree& tree = slot();
    open_.push_back(&tree);
    return tree;
  }

  std::vector<Tree*> open_;
};

struct EnvReading {
  enum class Place { none, missing, null, object } place = Place::none;
  Env env;  // where place is object
};

inline bool folds_to(std::string name, std::string_view lower) {
  for (std::size_t at = 0; (at = name.find("\u017f")) != name.npos;) {
    name.erase(at, 1);
    name[at] = 's';
  }
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return name == lower;
}

// place none: gopls refuses the settings.
inline EnvReading read_env(std::string_view body) {
  using Place = EnvReading::Place;
  auto const root = TreeReader::read(body);
  if (!root) return {};
  Tree const* at = &*root;
  for (std::string_view field : {"params", "initializationoptions"}) {
    if (!at->is_object) return {};
    Tree const* last = nullptr;
    for (std::size_t i = 0; i < at->names.size(); ++i)
      if (folds_to(at->names[i], field)) last = &at->children[i];
    if (last == nullptr) return {.place = Place::missing, .env = {}};
    if (!last->is_object && !last->is_array && last->scalar.is_null())
      return {.place = Place::null, .env = {}};
    at = last;
  }
  if (!at->is_object) return {};
  Tree const* env = nullptr;
  bool plain = false;
  for (std::size_t i = 0; i < at->names.size(); ++i) {
    std::string const& name = at->names[i];
    bool const dotted = name.ends_with(".env");
    if (name != "env" && !dotted) continue;
    if (plain && dotted) continue;
    env = &at->children[i];
    plain = !dotted;
  }
  if (env == nullptr) return {.place = Place::missing, .env = {}};
  if (!env->is_object && !env->is_array && env->scalar.is_null())
    return {.place = Place::null, .env = {}};
  if (!env->is_object) return {};
  EnvReading reading{.place = Place::object, .env = {}};
  for (std::size_t i = 0; i < env->names.size(); ++i) {
    Tree const& value = env->children[i];
    reading.env[env->names[i]] = value.scalar.is_string() ? value.scalar.get<std::string>()
                                 : value.is_object || value.is_array ? "(structure)"
                                                                     : value.scalar.dump();
  }
  return reading;
}

inline Env env_of(std::string_view body) { return read_env(body).env; }

inline std::string with_insertion(Insertion const& insertion, std::string_view body) {
  return std::string(body.substr(0, insertion.offset)) + insertion.text +
         std::string(body.substr(insertion.offset + insertion.erased));
}

// "" if the insertion is right, else what is wrong. The body must be JSON, the values ASCII.
inline std::string check_insertion(std::string_view body, std::span<EnvValue const> values,
                                   EnvPrecedence precedence,
                                   std::optional<Insertion> const& insertion) {
  using Place = EnvReading::Place;
  EnvReading const before = read_env(body);
  Env expected = before.env;
  for (EnvValue const& value : values) {
    std::string const name(value.name);
    if (precedence == EnvPrecedence::client && before.env.contains(name)) continue;
    expected[name] = value.value;
  }
  bool const nothing_to_set = precedence == EnvPrecedence::client && expected == before.env;
  if (before.place == Place::none || nothing_to_set || values.empty())
    return insertion ? "an insertion where there is nothing to do" : "";
  if (!insertion) return "no insertion";
  if (insertion->offset + insertion->erased > body.size()) return "behind the end";
  if (insertion->erased != 0 && body.substr(insertion->offset, insertion->erased) != "null")
    return "bytes were lost";
  std::string const result = with_insertion(*insertion, body);
  EnvReading const reading = read_env(result);
  if (reading.place != Place::object) return "the result has no env: " + result;
  if (reading.env != expected) return "the result has another env: " + result;
  return "";
}

}  // namespace bridge::framing
