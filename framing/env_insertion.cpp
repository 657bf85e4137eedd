#include "framing/env_insertion.h"

#include <array>
#include <set>

#include "framing/json_text.h"
#include "framing/json_walk.h"

namespace bridge::framing {
namespace {

constexpr std::array<std::string_view, 3> kPath = {"params", "initializationOptions", "env"};
constexpr std::size_t kEnvLevel = 2;

// The first two levels are fields of Go structs: names match without case. Settings are a Go map:
// names match exactly, but gopls looks only at the part behind the last dot ("build.env").
bool is_path_member(std::size_t level, std::string_view raw) {
  if (level == 0) return name_is(raw, "params", NameMatch::folded);
  if (level == 1) return name_is(raw, "initializationoptions", NameMatch::folded);
  std::string const name = decode_json_string(raw);
  return std::string_view(name).substr(name.rfind('.') + 1) == kPath[kEnvLevel];
}

struct Search {
  Piece value;  // of the member that counts; absent if there is none
  bool object_empty = true;
  std::size_t closing_brace = kNotFound;
};

Search search(std::string_view body, std::size_t brace, std::size_t level) {
  Search found;
  bool plain = false;  // found.value is that of a member named "env", without dots
  ObjectWalk walk(body, brace);
  while (walk.next()) {
    found.object_empty = false;
    std::string_view const name = walk.name().in(body);
    if (!is_path_member(level, name)) continue;
    // The last of repeated names counts. "env" beside "build.env" is an error to gopls; it reads
    // both in any order, so either would do.
    bool const is_plain = name_is(name, kPath[kEnvLevel], NameMatch::exact);
    if (plain && !is_plain) continue;
    plain = is_plain;
    found.value = walk.value();
  }
  found.closing_brace = walk.closing_brace();
  return found;
}

std::set<std::string> names_in(std::string_view body, std::size_t brace) {
  std::set<std::string> names;
  for (ObjectWalk walk(body, brace); walk.next();)
    names.insert(decode_json_string(walk.name().in(body)));
  return names;
}

// The members of `values`, and around them the objects of the path below `level`.
std::string nested(std::size_t level, std::string_view members) {
  std::string text = "{";
  for (std::size_t i = level + 1; i < kPath.size(); ++i) {
    append_json_string(text, kPath[i]);
    text += ":{";
  }
  text += members;
  text.append(kPath.size() - level, '}');
  return text;
}

}  // namespace

std::optional<Insertion> insert_env(std::string_view body, std::span<const EnvValue> values,
                                    EnvPrecedence precedence) {
  std::size_t brace = skip_space(body, 0);
  std::size_t level = 0;
  Search found;
  for (; level < kPath.size(); ++level) {
    if (brace >= body.size() || body[brace] != '{') return std::nullopt;
    found = search(body, brace, level);
    if (found.closing_brace == kNotFound) return std::nullopt;
    if (!found.value || found.value.in(body) == "null") break;
    brace = found.value.offset;
  }

  std::set<std::string> taken;
  if (level == kPath.size()) {  // there is an env
    if (body[brace] != '{') return std::nullopt;
    if (precedence == EnvPrecedence::client) taken = names_in(body, brace);
    ObjectWalk walk(body, brace);
    found = {};
    while (walk.next()) found.object_empty = false;
    found.closing_brace = walk.closing_brace();
    if (found.closing_brace == kNotFound) return std::nullopt;
  }

  std::string members;
  for (EnvValue const& value : values) {
    if (taken.contains(std::string(value.name))) continue;
    if (!members.empty()) members += ',';
    append_json_string(members, value.name);
    members += ':';
    append_json_string(members, value.value);
  }
  if (members.empty()) return std::nullopt;

  Insertion insertion;
  if (found.value) {  // null
    insertion.offset = found.value.offset;
    insertion.erased = found.value.size;
    insertion.text = nested(level, members);
    return insertion;
  }
  insertion.offset = found.closing_brace;
  if (!found.object_empty) insertion.text = ",";
  if (level < kPath.size()) {
    append_json_string(insertion.text, kPath[level]);
    insertion.text += ':';
    insertion.text += nested(level, members);
  } else {
    insertion.text += members;  // behind the client's: the last of equal names counts
  }
  return insertion;
}

}  // namespace bridge::framing
