// The params of textDocument/didOpen, didChange, didSave and didClose, read in place.
//
// Three outcomes, because gopls has three: it takes the message; it refuses the message and goes on
// as if there had been none (a wrong type, a change it cannot apply); or the text is no JSON, which
// ends its connection, and nothing can be said of what it would have read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/session/journal/text_document.h"

namespace bridge::session {

enum class Reading : std::uint8_t { taken, refused, unreadable };

struct DocumentEvent {
  std::string_view raw_uri;          // JSON string with quotes; empty: none
  std::string_view raw_language_id;  // the same
  std::string_view raw_text;         // didOpen
  std::string_view changes;          // didChange: the raw list
  std::int32_t version = 0;
};

Reading read_document_event(std::string_view params, DocumentEvent& event);

struct ContentChange {
  bool has_range = false;
  bool has_range_length = false;
  Position start;
  Position end;
  std::string_view raw_text;  // JSON string with quotes; empty: the empty text
};

Reading read_content_change(std::string_view raw, ContentChange& change);

// What makes two document URIs one to gopls (ParseDocumentURI of gopls/internal/protocol/uri.go):
// "file:///" and the path with percent escapes decoded. Another scheme's URI is left as it is.
// `uri` is decoded JSON.
void document_key(std::string_view uri, std::string& key);

}  // namespace bridge::session
