#include "proxy/cli/jsonc_edit.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "proxy/cli/jsonc.h"

namespace bridge::cli {
namespace {

using Outcome = JsoncEdit::Outcome;

constexpr std::string_view kIndentation = "    ";  // VS Code's own, where the text shows none

std::string quoted(std::string_view text) { return nlohmann::json(text).dump(); }

std::string_view line_end_of(std::string_view text) {
  auto const at = text.find('\n');
  return at != std::string_view::npos && at > 0 && text[at - 1] == '\r' ? "\r\n" : "\n";
}

// The blanks before `at`, if nothing else is before it on its line.
std::string_view indentation_at(std::string_view text, std::size_t at) {
  auto const line = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;  // npos + 1 is 0
  auto const before = text.substr(line, at - line);
  return before.find_first_not_of(" \t") == std::string_view::npos ? before : std::string_view();
}

bool has_line_end(std::string_view text, std::size_t begin, std::size_t end) {
  return text.substr(begin, end - begin).find('\n') != std::string_view::npos;
}

// `text` with a member more in `object`, behind all others. `write` gets the indentation of the
// member, or nothing where all is on one line.
template <class Write>
std::string with_member(std::string_view text, const JsoncValue& object, std::string_view outside,
                        Write write) {
  auto const closing = object.end - 1;
  auto const* const last = object.members.empty() ? nullptr : &object.members.back();
  auto const value_end = last == nullptr ? object.begin + 1 : last->value.end;
  auto const behind = last != nullptr && last->comma ? *last->comma + 1 : value_end;
  // A comment on the line of the last member is about that one.
  auto const rest_of_line = skip_jsonc_trivia(text, behind, true);
  bool const own_line = has_line_end(text, rest_of_line, closing);
  auto const place = own_line ? rest_of_line : behind;

  std::string result(text.substr(0, value_end));
  if (last != nullptr && !last->comma) result += ',';
  result += text.substr(value_end, place - value_end);
  if (own_line) {
    std::string indentation(last == nullptr ? std::string_view()
                                            : indentation_at(text, last->name_begin));
    if (indentation.empty()) indentation = std::string(outside) + std::string(kIndentation);
    result += std::string(line_end_of(text)) + indentation + write(std::string_view(indentation));
  } else {
    if (last != nullptr) result += ' ';
    result += write(std::string_view());
  }
  // The same at the end as the others: so removing knows which comma was there before.
  if (last != nullptr && last->comma) result += ',';
  return result += text.substr(place);
}

std::string without_member(std::string_view text, const JsoncValue& object,
                           const JsoncMember& member) {
  auto begin = member.name_begin;
  auto const line = begin == 0 ? std::string_view::npos : text.rfind('\n', begin - 1);
  if (line != std::string_view::npos && line > object.begin &&
      text.substr(line, begin - line).find_first_not_of(" \t\n") == std::string_view::npos) {
    begin = line > 0 && text[line - 1] == '\r' ? line - 1 : line;
  } else if (text[begin - 1] == ' ' && &member != &object.members.front()) {
    --begin;
  }
  auto const end = member.comma ? *member.comma + 1 : member.value.end;
  // Between value and comma there may be a comment of the user's.
  std::string_view const kept =
      member.comma ? text.substr(member.value.end, *member.comma - member.value.end)
                   : std::string_view();
  bool const kept_matters = kept.find_first_not_of(" \t\r\n") != std::string_view::npos;
  std::string result(text.substr(0, begin));
  if (!member.comma && &member != &object.members.front())
    result.erase(*(&member - 1)->comma, 1);  // it separated this one from the last that stays
  if (kept_matters) result += kept;
  return result += text.substr(end);
}

// Nothing but blanks between the braces, were `member` not there.
bool is_alone(std::string_view text, const JsoncValue& object, const JsoncMember& member) {
  auto const before = text.substr(object.begin + 1, member.name_begin - object.begin - 1);
  auto const after = text.substr(member.value.end, object.end - 1 - member.value.end);
  return object.members.size() == 1 &&
         before.find_first_not_of(" \t\r\n") == std::string_view::npos &&
         after.find_first_not_of(" \t\r\n,") == std::string_view::npos;
}

JsoncEdit refused(std::string complaint) {
  return {.outcome = Outcome::refused, .text = {}, .value = {}, .complaint = std::move(complaint)};
}
JsoncEdit changed(std::string text) {
  return {.outcome = Outcome::changed, .text = std::move(text), .value = {}, .complaint = {}};
}
JsoncEdit untouched(Outcome outcome, std::string value = {}) {
  return {.outcome = outcome, .text = {}, .value = std::move(value), .complaint = {}};
}

// As it is written, of a value that is no string.
std::string words_of(std::string_view text, const JsoncValue& value) {
  return value.kind == JsoncValue::Kind::string
             ? value.text
             : std::string(text.substr(value.begin, value.end - value.begin));
}

}  // namespace

JsoncEdit set_jsonc_member(std::string_view text, JsoncPlace place, std::string_view value) {
  auto const document = read_jsonc(text);
  if (!document.complaint.empty()) return refused(document.complaint);
  auto const line_end = std::string(line_end_of(text));
  auto const inner = quoted(place.inner) + ": " + quoted(value);
  // The outer member whole, with its own indentation or on one line.
  auto const outer = [&](std::string_view indentation) {
    auto const name = quoted(place.outer) + ": {";
    if (indentation.empty()) return name + inner + "}";
    auto const own = std::string(indentation);  // of one level
    return name + line_end + own + own + inner + line_end + own + "}";
  };
  if (!document.root) {
    bool const needs_line = !text.empty() && text.back() != '\n' && text != kByteOrderMark;
    return changed(std::string(text) + (needs_line ? line_end : "") + "{" + line_end +
                   std::string(kIndentation) + outer(kIndentation) + line_end + "}" + line_end);
  }
  auto const& root = *document.root;
  if (root.kind != JsoncValue::Kind::object) return refused("the settings are no object");
  auto const* const there = root.find(place.outer);
  if (there == nullptr) return changed(with_member(text, root, "", outer));

  auto const& object = there->value;
  if (object.kind != JsoncValue::Kind::object)
    return refused("\"" + std::string(place.outer) + "\" is no object");
  auto const* const present = object.find(place.inner);
  if (present == nullptr)
    return changed(with_member(text, object, indentation_at(text, there->name_begin),
                               [&](std::string_view) -> const std::string& { return inner; }));
  if (present->value.kind == JsoncValue::Kind::string && present->value.text == value)
    return untouched(Outcome::already);
  return untouched(Outcome::other, words_of(text, present->value));
}

JsoncEdit remove_jsonc_member(std::string_view text, JsoncPlace place, std::string_view value) {
  auto const document = read_jsonc(text);
  if (!document.complaint.empty()) return refused(document.complaint);
  if (!document.root || document.root->kind != JsoncValue::Kind::object)
    return untouched(Outcome::already);
  auto const* const outer = document.root->find(place.outer);
  auto const* const inner = outer == nullptr ? nullptr : outer->value.find(place.inner);
  if (inner == nullptr) return untouched(Outcome::already);
  if (inner->value.kind != JsoncValue::Kind::string || inner->value.text != value)
    return untouched(Outcome::other, words_of(text, inner->value));
  return changed(is_alone(text, outer->value, *inner) ? without_member(text, *document.root, *outer)
                                                      : without_member(text, outer->value, *inner));
}

}  // namespace bridge::cli
