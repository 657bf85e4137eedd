// The documents that the editor has open, each with its present text and version: what a fresh
// server must be told by didOpen.
//
// Edits are applied as gopls applies them (golang/tools, gopls/internal/server/text_synchronization
// .go and protocol/mapper.go): one that gopls would refuse leaves text and version as they were,
// and with them every other change of that message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/session/journal/document_events.h"
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
  // Each takes the raw params object. False: it could not be read, or names no open document. What
  // gopls would refuse is read all the same: true, and nothing is changed.
  bool open(std::string_view params, std::size_t bytes_max);
  bool change(std::string_view params, std::size_t bytes_max);
  bool save(std::string_view params);
  bool close(std::string_view params);

  // Of all documents, also of those closed since, and also those that changed nothing.
  std::uint64_t events() const noexcept { return events_; }

  // In the order of opening.
  std::size_t size() const noexcept { return documents_.size(); }
  const OpenDocument& at(std::size_t n) const noexcept { return documents_[n]; }
  // By the decoded URI; nullptr: not open.
  const OpenDocument* find(std::string_view uri) const noexcept;

  // The body of a didOpen for the present text. For a lost one `text_on_disk` must be given.
  static std::string did_open(const OpenDocument& document,
                              std::optional<std::string_view> text_on_disk = std::nullopt);

  void set_encoding(PositionEncoding encoding) noexcept { encoding_ = encoding; }

  // Which text the last event lost, and why, in words; empty: none. Said once.
  std::string take_remark();
  std::size_t memory() const noexcept;

  // For a journal that is taken up: documents in their order, then the count of all events.
  void restore(OpenDocument document);
  void restore_events(std::uint64_t events) noexcept { events_ = events; }

 private:
  std::size_t index_of(std::string_view raw_uri);  // size(): not open
  void lose(OpenDocument& document, std::string why);
  void set_text(OpenDocument& document, std::string_view raw_text, std::size_t bytes_max);
  Reading apply(OpenDocument& document, std::string_view changes, std::size_t bytes_max);
  Reading apply_in_turn(OpenDocument& document, std::string_view changes);

  struct Undo {
    TextDocument::Span inserted;
    std::size_t removed = 0;  // bytes at the end of removed_
  };

  std::vector<OpenDocument> documents_;
  std::vector<std::string> keys_;  // document_key() of each
  std::size_t last_ = 0;           // the one found last: edits come in runs
  std::uint64_t events_ = 0;
  PositionEncoding encoding_ = PositionEncoding::utf16;
  std::string remark_;
  // Used again by each event.
  std::string decoded_;
  std::string key_;
  std::string removed_;
  std::vector<Undo> undo_;
};

// The decoded URI of params.textDocument; empty: none.
std::string document_uri(std::string_view params);

}  // namespace bridge::session
