// The documents that the editor has open, each with its present text and version: what a fresh
// server must be told by didOpen.
//
// Edits are applied as gopls applies them (golang/tools, gopls/internal/server/text_synchronization
// .go and protocol/mapper.go): one that gopls would refuse leaves text and version as they were,
// and with them every other change of that message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/session/journal/text_document.h"

namespace bridge::session {

struct OpenDocument {
  std::string raw_uri;          // JSON string, with quotes, as sent with didOpen
  std::string raw_language_id;  // JSON string; empty: didOpen had none
  std::int64_t version = 0;
  TextDocument text;
  // The text is not known: too long, or an edit could not be read. `lost` says why; empty: known.
  // A full text that fits makes it known again.
  std::string lost;
  // While `lost`: the editor saved after the last edit, so the file on disk is the text.
  bool saved = false;
  // A counter of events (didOpen, didChange, didClose) that touched it.
  std::uint64_t changes = 0;
};

class OpenDocuments {
 public:
  // Each takes the raw params object. False: it could not be read, or names no open document.
  bool open(std::string_view params, std::size_t bytes_max);
  bool change(std::string_view params, std::size_t bytes_max);
  bool save(std::string_view params);
  bool close(std::string_view params);

  // Of all documents, also of those closed since.
  std::uint64_t events() const noexcept;

  // In the order of opening.
  std::size_t size() const noexcept;
  const OpenDocument& at(std::size_t n) const noexcept;
  // By the decoded URI; nullptr: not open.
  const OpenDocument* find(std::string_view uri) const noexcept;

  // The body of a didOpen for the present text. For a lost one `text_on_disk` must be given.
  static std::string did_open(const OpenDocument& document,
                              std::optional<std::string_view> text_on_disk = std::nullopt);

  void set_encoding(PositionEncoding encoding) noexcept;
};

// The decoded URI of params.textDocument; empty: none.
std::string document_uri(std::string_view params);

}  // namespace bridge::session
