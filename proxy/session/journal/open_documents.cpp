#include "proxy/session/journal/open_documents.h"

#include <utility>

#include "framing/json_text.h"
#include "proxy/session/journal/json_fields.h"

namespace bridge::session {
namespace {

// Memory for decoded text that is kept from one event to the next: an edit's, not a file's.
constexpr std::size_t kKeptBytesMax = 64 * 1024;

void decode(std::string& out, std::string_view raw) {
  out.clear();
  if (out.capacity() > kKeptBytesMax && raw.size() <= kKeptBytesMax) out.shrink_to_fit();
  if (!is_string(raw)) return;
  out.reserve(raw.size());  // it never grows
  framing::append_decoded(out, between_quotes(raw));
}

std::string too_long(std::size_t bytes, std::size_t bytes_max) {
  return "longer than " + std::to_string(bytes_max) + " bytes (" + std::to_string(bytes) + ")";
}

}  // namespace

bool OpenDocuments::open(std::string_view params, std::size_t bytes_max) {
  ++events_;
  DocumentEvent event;
  Reading const reading = read_document_event(params, event);
  if (reading == Reading::unreadable || event.raw_uri.empty()) return false;
  if (reading == Reading::refused) return true;
  std::size_t n = index_of(event.raw_uri);
  if (n == size()) {
    decode(decoded_, event.raw_uri);
    document_key(decoded_, key_);
    keys_.push_back(key_);
    documents_.emplace_back();
    documents_.back().raw_uri = event.raw_uri;
    last_ = n = size() - 1;
  }
  OpenDocument& document = documents_[n];
  document.raw_language_id = event.raw_language_id;
  document.version = event.version;
  document.saved = false;
  ++document.changes;
  set_text(document, event.raw_text, bytes_max);
  return true;
}

// DidChange and changedText of golang/tools, gopls/internal/server/text_synchronization.go.
bool OpenDocuments::change(std::string_view params, std::size_t bytes_max) {
  ++events_;
  DocumentEvent event;
  Reading const reading = read_document_event(params, event);
  std::size_t const n = event.raw_uri.empty() ? size() : index_of(event.raw_uri);
  if (n == size()) return false;
  OpenDocument& document = documents_[n];
  ++document.changes;
  if (reading == Reading::refused) return true;
  switch (reading == Reading::taken ? apply(document, event.changes, bytes_max) : reading) {
    case Reading::taken:
      document.version = event.version;
      document.saved = false;
      return true;
    case Reading::refused:
      return true;
    case Reading::unreadable:
      document.saved = false;
      lose(document, "an edit could not be read");
      return false;
  }
  return true;
}

bool OpenDocuments::save(std::string_view params) {
  DocumentEvent event;
  if (read_document_event(params, event) != Reading::taken || event.raw_uri.empty()) return false;
  std::size_t const n = index_of(event.raw_uri);
  if (n == size()) return false;
  documents_[n].saved = true;
  return true;
}

bool OpenDocuments::close(std::string_view params) {
  ++events_;
  DocumentEvent event;
  if (read_document_event(params, event) != Reading::taken || event.raw_uri.empty()) return false;
  std::size_t const n = index_of(event.raw_uri);
  if (n == size()) return false;
  documents_.erase(documents_.begin() + static_cast<std::ptrdiff_t>(n));
  keys_.erase(keys_.begin() + static_cast<std::ptrdiff_t>(n));
  last_ = 0;
  return true;
}

const OpenDocument* OpenDocuments::find(std::string_view uri) const noexcept {
  std::string key;
  document_key(uri, key);
  for (std::size_t n = 0; n < size(); ++n)
    if (keys_[n] == key) return &documents_[n];
  return nullptr;
}

std::size_t OpenDocuments::index_of(std::string_view raw_uri) {
  if (last_ < size() && documents_[last_].raw_uri == raw_uri) return last_;
  for (std::size_t n = 0; n < size(); ++n)
    if (documents_[n].raw_uri == raw_uri) return last_ = n;
  decode(decoded_, raw_uri);
  document_key(decoded_, key_);
  for (std::size_t n = 0; n < size(); ++n)
    if (keys_[n] == key_) return last_ = n;
  return size();
}

void OpenDocuments::lose(OpenDocument& document, std::string why) {
  document.text = TextDocument{};
  if (document.lost.empty()) remark_ = document.raw_uri + ": text not kept: " + why;
  document.lost = std::move(why);
}

void OpenDocuments::set_text(OpenDocument& document, std::string_view raw_text,
                             std::size_t bytes_max) {
  decode(decoded_, raw_text);
  if (decoded_.size() > bytes_max) {
    lose(document, too_long(decoded_.size(), bytes_max));
  } else {
    document.text.set(decoded_);
    document.lost.clear();
  }
  decode(decoded_, {});
}

Reading OpenDocuments::apply(OpenDocument& document, std::string_view changes,
                             std::size_t bytes_max) {
  ContentChange only;
  Reading first = Reading::taken;
  std::size_t count = 0;
  bool const ended = for_each_element(changes, [&](std::string_view raw) {
    if (count == 0) first = read_content_change(raw, only);
    return ++count < 2;
  });
  if (changes.empty() || (ended && count == 0)) return Reading::refused;  // no content changes
  if (!ended) return Reading::unreadable;
  if (count == 1 && first != Reading::taken) return first;
  if (count == 1 && !only.has_range && !only.has_range_length) {
    set_text(document, only.raw_text, bytes_max);
    return Reading::taken;
  }
  // Whatever an edit did to it, it stays unknown.
  if (!document.lost.empty()) return Reading::taken;
  if (count == 1) {
    if (!only.has_range) return Reading::refused;
    auto const span = document.text.find(only.start, only.end, encoding_);
    if (!span) return Reading::refused;
    decode(decoded_, only.raw_text);
    document.text.replace(*span, decoded_);
  } else {
    Reading const reading = apply_in_turn(document, changes);
    if (reading != Reading::taken) return reading;
  }
  if (document.text.size() > bytes_max) lose(document, too_long(document.text.size(), bytes_max));
  return Reading::taken;
}

Reading OpenDocuments::apply_in_turn(OpenDocument& document, std::string_view changes) {
  undo_.clear();
  removed_.clear();
  Reading reading = Reading::taken;
  bool const ended = for_each_element(changes, [&](std::string_view raw) {
    ContentChange change;
    reading = read_content_change(raw, change);
    if (reading != Reading::taken) return false;
    auto const span =
        change.has_range ? document.text.find(change.start, change.end, encoding_) : std::nullopt;
    if (!span) {
      reading = Reading::refused;
      return false;
    }
    decode(decoded_, change.raw_text);
    document.text.append_bytes(removed_, *span);
    undo_.push_back({{span->offset, decoded_.size()}, span->size});
    document.text.replace(*span, decoded_);
    return true;
  });
  if (!ended) reading = Reading::unreadable;
  if (reading == Reading::refused) {
    for (; !undo_.empty(); undo_.pop_back()) {
      Undo const& undo = undo_.back();
      std::size_t const left = removed_.size() - undo.removed;
      document.text.replace(undo.inserted, std::string_view(removed_).substr(left));
      removed_.resize(left);
    }
  }
  if (removed_.capacity() > kKeptBytesMax) std::string().swap(removed_);
  if (undo_.capacity() * sizeof(Undo) > kKeptBytesMax) std::vector<Undo>().swap(undo_);
  return reading;
}

std::string OpenDocuments::did_open(const OpenDocument& document,
                                    std::optional<std::string_view> text_on_disk) {
  std::string body =
      R"({"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{)";
  body += R"("uri":)" + document.raw_uri;
  if (!document.raw_language_id.empty()) body += R"(,"languageId":)" + document.raw_language_id;
  body += R"(,"version":)" + std::to_string(document.version) + R"(,"text":)";
  if (text_on_disk) {
    framing::append_json_string(body, *text_on_disk);
  } else {
    document.text.append_json(body);
  }
  body += "}}}";
  return body;
}

std::string OpenDocuments::take_remark() { return std::exchange(remark_, {}); }

std::size_t OpenDocuments::memory() const noexcept {
  std::size_t bytes = documents_.capacity() * sizeof(OpenDocument) +
                      keys_.capacity() * sizeof(std::string) + decoded_.capacity() +
                      key_.capacity() + removed_.capacity() + undo_.capacity() * sizeof(Undo);
  for (const OpenDocument& document : documents_)
    bytes += document.text.memory() + document.raw_uri.capacity() +
             document.raw_language_id.capacity() + document.lost.capacity();
  for (const std::string& key : keys_) bytes += key.capacity();
  return bytes;
}

void OpenDocuments::restore(OpenDocument document) {
  decode(decoded_, document.raw_uri);
  document_key(decoded_, key_);
  keys_.push_back(key_);
  documents_.push_back(std::move(document));
}

std::string document_uri(std::string_view params) {
  DocumentEvent event;
  (void)read_document_event(params, event);
  return event.raw_uri.empty() ? std::string()
                               : framing::decode_json_string(between_quotes(event.raw_uri));
}

}  // namespace bridge::session
