#include "proxy/session/journal/document_events.h"

#include "proxy/session/journal/json_fields.h"

namespace bridge::session {
namespace {

bool is_null(std::string_view raw) { return raw == "null"; }

// Keeps the worst of what the parts of a message said.
class Outcome {
 public:
  void refuse() {
    if (reading_ == Reading::taken) reading_ = Reading::refused;
  }
  void expect_end(bool ended) {
    if (!ended) reading_ = Reading::unreadable;
  }
  void include(Reading reading) {
    if (reading == Reading::unreadable) reading_ = reading;
    if (reading == Reading::refused) refuse();
  }
  Reading reading() const { return reading_; }

 private:
  Reading reading_ = Reading::taken;
};

void take_string(std::string_view value, std::string_view& out, Outcome& outcome) {
  if (is_string(value)) {
    out = value;
  } else if (!is_null(value)) {
    outcome.refuse();
  }
}

// An object, or null, which fills nothing.
template <class Visit>
void take_object(std::string_view value, Outcome& outcome, Visit visit) {
  if (is_null(value)) return;
  if (!is_object(value)) return outcome.refuse();
  outcome.expect_end(for_each_member(value, visit));
}

void take_position(std::string_view raw, Position& position, Outcome& outcome) {
  static constexpr FieldName kLine("line");
  static constexpr FieldName kCharacter("character");
  take_object(raw, outcome, [&](std::string_view name, std::string_view value) {
    bool const is_line = kLine.is(name);
    if (!is_line && !kCharacter.is(name)) return;
    if (is_null(value)) return;
    auto const number = read_uint32(value);
    if (!number) return outcome.refuse();
    (is_line ? position.line : position.character) = *number;
  });
}

bool is_windows_drive(std::string_view path) {
  auto const is_letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
  return path.size() >= 4 && path[0] == '/' && is_letter(path[1]) && path[2] == ':';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  char const letter = static_cast<char>(c | 0x20);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

}  // namespace

Reading read_document_event(std::string_view params, DocumentEvent& event) {
  static constexpr FieldName kTextDocument("textDocument");
  static constexpr FieldName kContentChanges("contentChanges");
  static constexpr FieldName kUri("uri");
  static constexpr FieldName kVersion("version");
  static constexpr FieldName kLanguageId("languageId");
  static constexpr FieldName kText("text");
  Outcome outcome;
  bool const ended = for_each_member(params, [&](std::string_view name, std::string_view value) {
    if (kTextDocument.is(name)) {
      take_object(value, outcome, [&](std::string_view field_name, std::string_view field_value) {
        if (kUri.is(field_name)) {
          take_string(field_value, event.raw_uri, outcome);
        } else if (kVersion.is(field_name)) {
          if (is_null(field_value)) return;
          auto const version = read_int32(field_value);
          if (!version) return outcome.refuse();
          event.version = *version;
        } else if (kLanguageId.is(field_name)) {
          take_string(field_value, event.raw_language_id, outcome);
        } else if (kText.is(field_name)) {
          take_string(field_value, event.raw_text, outcome);
        }
      });
    } else if (kContentChanges.is(name)) {
      // A second list would be decoded over the elements of the first (golang/go#21092).
      if (!event.changes.empty()) outcome.expect_end(false);
      if (is_array(value)) {
        event.changes = value;
      } else if (!is_null(value)) {
        outcome.refuse();
      }
    }
  });
  outcome.expect_end(ended);
  return outcome.reading();
}

Reading read_content_change(std::string_view raw, ContentChange& change) {
  static constexpr FieldName kRange("range");
  static constexpr FieldName kRangeLength("rangeLength");
  static constexpr FieldName kText("text");
  static constexpr FieldName kStart("start");
  static constexpr FieldName kEnd("end");
  Outcome outcome;
  take_object(raw, outcome, [&](std::string_view name, std::string_view value) {
    if (kRange.is(name)) {
      change.has_range = !is_null(value);
      if (!change.has_range) change.start = change.end = {};
      take_object(value, outcome, [&](std::string_view end_name, std::string_view end_value) {
        if (kStart.is(end_name)) {
          take_position(end_value, change.start, outcome);
        } else if (kEnd.is(end_name)) {
          take_position(end_value, change.end, outcome);
        }
      });
    } else if (kRangeLength.is(name)) {
      change.has_range_length = !is_null(value);
      if (!read_uint32(value)) outcome.refuse();
    } else if (kText.is(name)) {
      take_string(value, change.raw_text, outcome);
    }
  });
  return outcome.reading();
}

void document_key(std::string_view uri, std::string& key) {
  key.clear();
  if (!uri.starts_with("file://")) {
    key = uri;
    return;
  }
  key = "file://";
  if (!uri.starts_with("file:///")) key += '/';  // VS Code sends two slashes (golang/go#39789)
  std::size_t const path = key.size() - (key.ends_with("///") ? 1 : 0);
  for (std::size_t at = 7; at < uri.size(); ++at) {
    int const high = at + 2 < uri.size() && uri[at] == '%' ? hex_digit(uri[at + 1]) : -1;
    int const low = high >= 0 ? hex_digit(uri[at + 2]) : -1;
    if (low >= 0) {
      key += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      key += uri[at];
    }
  }
  if (is_windows_drive(std::string_view(key).substr(path)))
    key[path + 1] = static_cast<char>(key[path + 1] & ~0x20);
}

}  // namespace bridge::session
